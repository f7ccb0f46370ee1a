from pathlib import Path

from exchange.formats import FILE_FORMATS, RawSaid
from tests.exchange.formats.span_files import ABOUT, item, kept, read, span, value, written

FORMAT = FILE_FORMATS["conll"]


def test_written_as_iob2_with_places_of_tokens() -> None:
    text = "Ann Lee, of Acme."
    label = value(text, span(0, 7), span(12, 16, "LOC"))
    assert written("conll", item(text, label)).decode().splitlines() == [
        "-DOCSTART- -X- O O",
        "",
        "Ann\t0\t3\tB-PER",
        "Lee\t4\t7\tI-PER",
        ",\t7\t8\tO",
        "of\t9\t11\tO",
        "Acme\t12\t16\tB-LOC",
        ".\t16\t17\tO",
        "",
    ]


def test_what_is_lost_is_told_with_its_name(tmp_path: Path) -> None:
    text = "Ann Lee of Acme\n"
    label = value(
        text,
        span(0, 7, id="a", attributes={"sure": "yes"}),
        span(4, 7, id="b"),
        span(7, 8, id="c"),
        span(10, 15, "LOC", id="d"),
        relations=[{"id": "r", "from": "a", "to": "d", "label": "knows"}],
    )
    told = FORMAT.losses(item(text, label), ABOUT)
    assert told == [
        "Span 1, 'Ann Lee' (id a): its attributes are left out, sure.",
        "Span 2, 'Lee' (id b): it overlaps with another, and is left out.",
        "Span 3, ' ' (id c): it covers no token, and is left out.",
        "Span 4, ' Acme' (id d): the blanks at its ends are left out, it becomes 'Acme'.",
        "Relation 1, knows (id r): the format has none, it is left out.",
        "Line ends and tabs become blanks, and blanks at the end of the text are left out.",
    ]
    within = FORMAT.losses(item("Newcastle", value("Newcastle", span(0, 3))), ABOUT)
    assert within == ["Span 1, 'New' (id 1): it begins or ends within a word, which becomes two tokens there."]
    assert FORMAT.losses(item(text), ABOUT) != []
    data = written("conll", item(text, label), item("left out"))
    (record,), errors = read("conll", kept(tmp_path, "a.conll", data))
    assert errors == []
    assert record.text == "Ann Lee of Acme"
    assert record.label == RawSaid({"spans": [span(0, 7), span(11, 15, "LOC")]})
