import json

from exchange.formats import FILE_FORMATS
from tests.exchange.formats.span_files import ABOUT, item, span, value, written

FORMAT = FILE_FORMATS["doccano"]


def test_written_as_doccano_has_it() -> None:
    label = value(
        "Ann, Bob", span(0, 3, id="a"), span(5, 8, id="b"), relations=[{"from": "b", "to": "a", "label": "part of"}]
    )
    other = item("Ann", value("Ann", span(0, 3)), metadata={"text": "hidden", "entities": 5, "page": 1})
    first, second, third = map(json.loads, written("doccano", item("Ann, Bob", label), other, item("x")).splitlines())
    assert first == {
        "id": 7,
        "text": "Ann, Bob",
        "external_id": "letter-7",
        "entities": [
            {"id": 1, "label": "PER", "start_offset": 0, "end_offset": 3},
            {"id": 2, "label": "PER", "start_offset": 5, "end_offset": 8},
        ],
        "relations": [{"id": 3, "from_id": 2, "to_id": 1, "type": "part of"}],
    }
    assert (second["page"], second["text"]) == (1, "Ann")
    assert [one["id"] for one in second["entities"]] == [4]
    assert "entities" not in third
    kept_back = value("Ann", span(0, 3, attributes={"sure": "yes"}))
    assert FORMAT.losses(item("Ann", kept_back), ABOUT) == ["Span 1, 'Ann' (id 1): its attributes are left out, sure."]
