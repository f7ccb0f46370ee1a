"""Files in parts, as players ask for them."""

from pathlib import Path

import pytest
from django.http import HttpResponseBase
from django.test import RequestFactory

from ground.web.ranges import file_response

DATA = bytes(range(256)) * 1_000


def asked(tmp_path: Path, part: str = "") -> tuple[HttpResponseBase, bytes]:
    path = tmp_path / "file"
    path.write_bytes(DATA)
    headers = {"Range": part} if part else {}
    answer = file_response(RequestFactory().get("/", headers=headers), path, media_type="video/mp4")
    content = b"".join(answer) if answer.streaming else answer.content
    return answer, content


def test_the_whole_file_says_that_parts_can_be_asked_for(tmp_path: Path) -> None:
    answer, content = asked(tmp_path)
    assert (answer.status_code, content) == (200, DATA)
    assert (answer["Content-Length"], answer["Accept-Ranges"]) == (str(len(DATA)), "bytes")
    assert answer["Content-Type"] == "video/mp4"


@pytest.mark.parametrize(
    ("part", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=100-199", 100, 199),
        ("bytes=200000-", 200_000, 255_999),
        ("bytes=-10", 255_990, 255_999),
        ("bytes=255000-999999", 255_000, 255_999),
        ("bytes=-999999999", 0, 255_999),
    ],
)
def test_one_part(tmp_path: Path, part: str, first: int, last: int) -> None:
    answer, content = asked(tmp_path, part)
    assert content == DATA[first : last + 1]
    whole = (first, last) == (0, len(DATA) - 1)
    assert answer.status_code == (200 if whole else 206)
    assert answer.get("Content-Range") == (None if whole else f"bytes {first}-{last}/256000")


@pytest.mark.parametrize("part", ["bytes=256000-", "bytes=5-4", "bytes=-0"])
def test_a_part_that_is_not_there(tmp_path: Path, part: str) -> None:
    answer, content = asked(tmp_path, part)
    assert (answer.status_code, answer["Content-Range"], content) == (416, "bytes */256000", b"")


@pytest.mark.parametrize("part", ["bytes=-", "bytes=0-1,5-6", "lines=1-2", "bytes=a-b", "bytes=" + "9" * 400 + "-"])
def test_what_is_not_understood_gives_the_whole(tmp_path: Path, part: str) -> None:
    answer, content = asked(tmp_path, part)
    assert (answer.status_code, content) == (200, DATA)


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        file_response(RequestFactory().get("/"), tmp_path / "gone", media_type="image/png")
