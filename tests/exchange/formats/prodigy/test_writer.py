import json

from exchange.formats import FILE_FORMATS, Predicted
from tests.exchange.formats.span_files import ABOUT, item, span, value, written

FORMAT = FILE_FORMATS["prodigy"]


def test_written_as_prodigy_has_it() -> None:
    text = "Ann, Bob"
    label = value(
        text, span(0, 3, id="a"), span(5, 8, id="b"), relations=[{"from": "b", "to": "a", "label": "part of"}]
    )
    said = Predicted(value(text, span(5, 8)), 0.75, [0.5])
    first, second = map(json.loads, written("prodigy", item(text, label, said), item("x")).splitlines())
    tokens = [(one["text"], one["start"], one["end"], one["id"], one["ws"]) for one in first["tokens"]]
    assert tokens == [("Ann", 0, 3, 0, False), (",", 3, 4, 1, True), ("Bob", 5, 8, 2, False)]
    ann = {"start": 0, "end": 3, "label": "PER", "token_start": 0, "token_end": 0}
    bob = {"start": 5, "end": 8, "label": "PER", "token_start": 2, "token_end": 2}
    assert first["spans"] == [ann, bob]
    assert first["relations"] == [{"head": 2, "child": 0, "head_span": bob, "child_span": ann, "label": "part of"}]
    assert first["answer"] == "accept"
    assert first["predicted"] == {"spans": [bob | {"score": 0.5}], "relations": [], "score": 0.75}
    assert "answer" not in second
    assert FORMAT.losses(item("a b", value("a b", span(1, 2))), ABOUT)[0].startswith("Span 1, ' ' (id 1): it covers no")
