"""XML that declares entities is refused as the member that it is, in words; nothing of it is expanded or fetched."""

import json
from typing import Any

import pytest

from datasets.models import Item
from exchange import importing
from tests.exchange.element_datasets import dataset_for
from tests.exchange.formats.test_malformed import archive, images
from tests.loops import work_imports
from tests.people import Cast

pytestmark = pytest.mark.django_db

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
DOCTYPES = {
    "billion laughs": f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>',
    "a file of the server": '<!DOCTYPE x [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>',
    "a parameter": '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p; <!ENTITY l9 "x">]>',
}
BOX = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox>"


def voc(name: str, doctype: str = "", label: str = "PER") -> str:
    return (
        f"{doctype}<annotation><filename>{name}.png</filename><object><name>{label}</name>{BOX}</object></annotation>"
    )


def cvat(doctype: str = "", label: str = "PER") -> str:
    box = f'<box label="{label}" xtl="1" ytl="1" xbr="9" ybr="9"></box>'
    return f'{doctype}<annotations><image id="0" name="a.png" width="120" height="90">{box}</image></annotations>'


def imported(cast: Cast, data: bytes) -> Any:
    job = importing.create_import(
        dataset=dataset_for(cast, "regions", None),
        actor=cast.manager,
        file_name="a.zip",
        chunks=[data],
        mapping={"annotations": "label", "new_classes": True},
    )
    work_imports()
    job.refresh_from_db()
    return job


@pytest.mark.parametrize("doctype", DOCTYPES.values(), ids=list(DOCTYPES))
def test_of_voc_the_image_with_that_member_is_refused_and_the_others_are_taken(doctype: str, cast: Cast) -> None:
    members = {"a.xml": voc("a", doctype, "&l9;"), "b.xml": voc("b"), "c.xml": voc("c")}
    job = imported(cast, archive({**images(""), **members}))
    assert (job.format, job.state, job.accepted, job.rejected) == ("voc", "done", 2, 1)
    reason = job.issues.get().reason
    assert reason.startswith("a.png: a.xml, it is rejected because it declares entities")
    assert set(Item.objects.values_list("status", flat=True)) == {"reviewed"}


@pytest.mark.parametrize("doctype", DOCTYPES.values(), ids=list(DOCTYPES))
def test_the_only_member_of_voc_is_refused_as_itself(doctype: str, cast: Cast) -> None:
    job = imported(cast, archive({"a.png": images("")["a.png"], "a.xml": voc("a", doctype, "&l9;")}))
    assert (job.format, job.accepted, job.rejected) == ("voc", 0, 1)
    assert "it declares entities" in job.issues.get().reason


@pytest.mark.parametrize("doctype", DOCTYPES.values(), ids=list(DOCTYPES))
def test_of_cvat_the_file_of_annotations_is_refused_as_itself(doctype: str, cast: Cast) -> None:
    job = imported(cast, archive(images("") | {"annotations.xml": cvat(doctype, "&l9;")}))
    assert (job.format, job.state, job.rejected) == ("cvat", "done", 1)
    assert (
        "annotations.xml cannot be read to its end: it is rejected because it declares entities"
        in job.issues.get().reason
    )
    # Nobody said anything of its images.
    assert set(Item.objects.values_list("status", flat=True)) == {"pending"}
    assert "root:" not in json.dumps(list(Item.objects.values("text", "metadata")))
