import json
import zipfile
from pathlib import Path

from exchange.formats import FILE_FORMATS
from kinds import LabelValue
from tests.exchange.formats.carrying import REGIONS, about_of, item, written


def test_attributes_that_are_just_set_are_flags_and_the_others_are_lost(tmp_path: Path) -> None:
    region = {"id": "1", "label": "PER", "box": [10, 20, 30, 40], "occluded": True}
    value: LabelValue = {"regions": [region | {"attributes": {"difficult": "true"}}]}
    other: LabelValue = {"regions": [region | {"attributes": {"difficult": "true", "note": "red"}}]}
    losses = FILE_FORMATS["labelme"].losses
    assert list(losses(item(1, REGIONS, value), about_of(REGIONS))) == []
    assert list(losses(item(1, REGIONS, other), about_of(REGIONS))) == ["Attributes of 1 region are left out."]
    with zipfile.ZipFile(written("labelme", tmp_path, REGIONS, [item(1, REGIONS, other)])) as archive:
        (shape,) = json.loads(archive.read("1.json"))["shapes"]
    assert shape["flags"] == {"difficult": True, "occluded": True}
    assert shape["points"] == [[10, 20], [40, 60]]
