"""Pages travel compressed; what programs and files are sent stays as it is."""

import gzip

import pytest
from django.test import Client

from tests.filling import Said, fill
from tests.people import Cast

pytestmark = pytest.mark.django_db
TAKES_IT = {"accept-encoding": "gzip, br"}


def test_a_page_is_compressed_for_whoever_takes_it(cast: Cast) -> None:
    fill(cast.dataset, [Said("a text that stands in the page", ["card"], confidence=0.3)])
    client: Client = cast.client(cast.reviewer)
    plain = client.get("/datasets/letters/review/next/?count=1")
    small = client.get("/datasets/letters/items/", headers=TAKES_IT)
    assert "Content-Encoding" not in plain
    assert small["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in small["Vary"]
    assert b"a text that stands in the page" in gzip.decompress(small.content)
    assert len(small.content) * 2 < len(gzip.decompress(small.content))


def test_answers_of_one_page_differ_in_length(cast: Cast) -> None:
    """Else their length would tell whether a guess at a secret beside it was right."""
    client = cast.client(cast.reviewer)
    lengths = {len(client.get("/datasets/letters/items/", headers=TAKES_IT).content) for _ in range(12)}
    assert len(lengths) > 1


@pytest.mark.parametrize("path", ["/api/v1/schema/", "/metrics"])
def test_nothing_else_is(cast: Cast, path: str) -> None:
    assert "Content-Encoding" not in cast.client(cast.admin).get(path, headers=TAKES_IT)
