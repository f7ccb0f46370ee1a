"""What machines have said, and by which rule it was routed, is append-only."""

from typing import ClassVar

from django.db import migrations

from ground.sql.guards import append_only, checked, kept


class Migration(migrations.Migration):
    """Triggers."""

    dependencies: ClassVar = [("labeling", "0001_initial"), ("datasets", "0003_guards")]

    operations: ClassVar = [
        append_only("labeling_prelabel"),
        append_only("labeling_modelversion"),
        kept("labeling_run"),
        checked(
            "labeling_prelabel",
            {
                "item_id": "labeling_item",
                "run_id": "labeling_run",
                "model_version_id": "labeling_modelversion",
            },
        ),
    ]
