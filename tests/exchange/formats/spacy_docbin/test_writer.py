from typing import Any

import spacy
from spacy.tokens import Doc, DocBin
from spacy.training import biluo_tags_to_offsets, offsets_to_biluo_tags
from spacy.training.converters import conll_ner_to_docs

from exchange.formats import FILE_FORMATS, ExportItem
from tests.exchange.formats.samples import SAMPLES
from tests.exchange.formats.span_files import ABOUT, elements_of, item, read, span, task_of, value, written

FORMAT = FILE_FORMATS["spacy"]
ENGLISH = spacy.blank("en")


def documents(data: bytes) -> list[Doc]:
    return list(DocBin().from_bytes(data).get_docs(ENGLISH.vocab))


def test_written_so_that_spacy_finds_entities_and_spans() -> None:
    text = "Ann  Lee, Newcastle\n"
    label = value(text, span(0, 8), span(0, 3, "LOC"), span(10, 13, "a name, of two"), span(3, 5), span(19, 20))
    (document, nobody) = documents(written("spacy", item(text, label), item("Ann")))
    assert document.text == text
    assert document.user_data["external_id"] == "letter-7"
    assert [(one.start_char, one.end_char, one.label_) for one in document.spans["sc"]] == [
        (one["start"], one["end"], one["label"]) for one in label["spans"]
    ]
    assert [(one.text, one.label_) for one in document.ents] == [
        ("Ann  Lee", "PER"),
        ("New", "a name, of two"),
        ("\n", "PER"),
    ]
    assert not nobody.has_annotation("ENT_IOB")
    ann, lee = span(0, 3, id="a", attributes={"sure": "yes"}), span(5, 8, id="b")
    more = value(text, ann, lee, relations=[{"from": "a", "to": "b", "label": "part of"}])
    assert FORMAT.losses(item(text, more), ABOUT) == [
        "Span 1, 'Ann' (id a): its attributes are left out, sure.",
        "Relation 1, part of (id r1): the format has none, it is left out.",
    ]


def tokens_of(lines: str) -> tuple[list[str], list[str]]:
    rows = [line.split("\t") for line in lines.splitlines()[2:] if line]
    return [row[0] for row in rows], [row[3] for row in rows]


def test_tags_of_our_conll_mean_the_same_to_spacy() -> None:
    text = "Ann Lee of Acme, Newcastle and Bob Bob"
    label: Any = value(text, span(0, 7), span(11, 15, "LOC"), span(17, 26, "PER"), span(31, 34), span(35, 38))
    words, tags = tokens_of(written("conll", item(text, label)).decode())
    document = Doc(ENGLISH.vocab, words=words, spaces=[True, True, True, False, True, True, True, True, False])
    assert document.text == text
    entities = [(one["start"], one["end"], one["label"]) for one in label["spans"]]
    biluo = offsets_to_biluo_tags(document, entities)
    assert [tag.replace("U-", "B-").replace("L-", "I-") for tag in biluo] == tags
    assert biluo_tags_to_offsets(document, biluo) == entities


def test_spacy_converts_real_and_our_own_conll_to_the_same_spans() -> None:
    real = SAMPLES / "wnut17" / "dev.conll"
    records, _ = read("conll", real)
    made = [item(one.text, one.label and dict(one.label.value)) for one in records]
    # spaCy tells entities by tokens that it joins with blanks: they are compared by their letters.
    ours = [
        ("".join(record.text[one["start"] : one["end"]].split()), one["label"])
        for record in records
        for one in elements_of(record.label)
    ]
    for data in (real.read_text(), written("conll", *map(normal, made)).decode()):
        found = conll_ner_to_docs(data, n_sents=1, no_print=True)
        assert [("".join(one.text.split()), one.label_) for document in found for one in document.ents] == ours
    assert len(ours) > 50


def normal(one: ExportItem) -> ExportItem:
    task = task_of("person", "location", "group", "creative-work", "corporation", "product")
    assert one.value is not None
    return item(one.text, value(one.text, *one.value["spans"], task=task))
