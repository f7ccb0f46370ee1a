"""The encoding of a text file: named by its mark, proven by its bytes, or guessed."""

import subprocess
import sys
from pathlib import Path

import pytest

from exchange.formats.encodings import NAMES, encoding_of
from tests.servers import ROOT

TEXTS = {
    "cp1252": "id,text\n1,café crème à la carte\n2,Größe über alles\n",
    "cp1250": "id,text\n1,Příliš žluťoučký kůň úpěl ďábelské ódy\n2,Zażółć gęślą jaźń\n",
    "cp932": "id,text\n1,返金してください\n2,カードはどこですか\n",
    "gb18030": "id,text\n1,我要退款谢谢\n2,我的卡丢了怎么办\n",
    "big5": "id,text\n1,我要退款謝謝\n2,我的卡丟了怎麼辦\n",
    "cp949": "id,text\n1,환불을 원해요\n2,제 카드가 어디에 있나요\n",
    "cp874": "id,text\n1,ฉันต้องการคืนเงิน\n2,บัตรของฉันอยู่ที่ไหน\n",
    "mac_roman": "id,text\n1,café crème à la carte, s'il vous plaît\n",
    "cp1254": "id,text\n1,İade istiyorum şimdi, lütfen\n2,Çok teşekkürler güzel değil mi, İstanbul\n",
    "utf-16-le": "id,text\n1,返金してください 漢字\n2,kort\n",
    "utf-16-be": "id,text\n1,hello\n2,größer\n",
    "utf-32-le": "id,text\n1,hello\n",
    "utf-32-be": "id,text\n1,hello 🙂\n",
    "utf-8": "id,text\n1,öffnet 漢字 🙂\n",
    "utf-8-sig": "id,text\n1,öffnet\n",
    "utf-16": "id,text\n1,öffnet\n",
    "utf-32": "id,text\n1,öffnet\n",
}


@pytest.mark.parametrize("encoding", TEXTS)
def test_tells_the_encoding(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(TEXTS[encoding].encode(encoding))
    found = encoding_of(path)
    assert found in NAMES
    assert TEXTS[encoding].encode(encoding).decode(found).removeprefix("\ufeff") == TEXTS[encoding]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"plain",
        # A NUL in UTF-8 makes no other encoding of it.
        b"text\na\x00b\nhello there\n",
        # A few wrong bytes among many right ones, also far behind; and halves of letters.
        ("größer und schöner\n" * 50).encode() + b"\xff\n",
        ("text\n" + "ä" * 3_000_000 + "\n").encode() + b"caf\xe9\n",
        b"text\nemoji \xed\xa0\xbc\xed\xbd\x95 here\n",
    ],
    ids=["nothing", "ascii", "nul", "slip", "far", "halves"],
)
def test_is_utf_8_where_nothing_speaks_against_it(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    assert encoding_of(path) == "utf-8"


def test_what_is_wrong_far_behind_is_seen_only_where_the_whole_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"text\n" + b"plain words\n" * 200_000 + "café crème\n".encode("cp1252") * 100)
    assert encoding_of(path, whole=False) == "utf-8"
    assert encoding_of(path) == "cp1252"


def test_libraries_of_few_files_are_loaded_by_the_first_that_needs_them() -> None:
    program = (
        "import sys, exchange.formats.own\n"
        "print([name for name in ('pyarrow', 'python_calamine', 'charset_normalizer', 'spacy') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
