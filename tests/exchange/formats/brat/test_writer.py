import zipfile
from pathlib import Path

from exchange.formats import FILE_FORMATS
from tests.exchange.formats.span_files import ABOUT, item, kept, span, value, written

FORMAT = FILE_FORMATS["brat"]
TEXT = "Ann met Bob and\nEve Lee in Rome."


def members(data: bytes, folder: Path) -> dict[str, str]:
    with zipfile.ZipFile(kept(folder, "written.zip", data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_written_as_brat_reads_it(tmp_path: Path) -> None:
    label = value(
        TEXT,
        span(12, 23, id="x", attributes={"sure": "yes"}),
        span(0, 3, "a name, of two", id="T7"),
        relations=[{"id": "r", "from": "T7", "to": "x", "label": "part of"}],
    )
    told = members(written("brat", item(TEXT, label, external_id="docs/a"), item("none", external_id="b")), tmp_path)
    assert told == {
        "docs/a.txt": TEXT,
        "docs/a.ann": (
            "T7\ta_name__of_two 0 3\tAnn\n"
            "T1\tPER 12 15;16 23\tand Eve Lee\nA1\tsure T1 yes\n"
            "R1\tpart_of Arg1:T7 Arg2:T1\t\n"
        ),
        "b.txt": "none",
        "annotation.conf": (
            "[entities]\nPER\nLOC\na_name__of_two\n\n[relations]\n"
            "<OVERLAP>\tArg1:<ENTITY>, Arg2:<ENTITY>, <OVL-TYPE>:<ANY>\n"
            "knows\tArg1:<ENTITY>, Arg2:<ENTITY>\npart_of\tArg1:<ENTITY>, Arg2:<ENTITY>\n\n[events]\n\n"
            "[attributes]\nsure\tArg:<ENTITY>, Value:yes|no\nnote\tArg:<ENTITY>\ndifficult\tArg:<ENTITY>\n"
            "truncated\tArg:<ENTITY>\n"
        ),
    }
    assert FORMAT.losses(item(TEXT, label), ABOUT) == [
        "Span 1, 'Ann' (id T7): its class 'a name, of two' is written 'a_name__of_two'.",
        "Relation 1, part of (id r): it is written 'part_of'.",
    ]
