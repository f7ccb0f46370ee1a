"""Forms of a dataset."""

from datasets.forms import NewDatasetForm


def test_no_dataset_is_made_with_more_classes_than_the_api_takes() -> None:
    lines = "\n".join(f"class {number}" for number in range(5_001))
    form = NewDatasetForm({"name": "n", "item_kind": "text", "task": "classification", "classes": lines})
    assert "at most 5,000 classes" in str(form.errors["classes"])
