"""Media files that are not what was stored are named by `manage.py verify`."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from datasets.media import image_files
from datasets.models import Asset
from operating.verifying import media_differences
from tests.filling import Said, fill
from tests.people import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def photo(cast: Cast) -> Path:
    """The file of the dataset's only item."""
    data = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(data, "PNG")
    sha256 = image_files.store(data.getvalue())
    asset = Asset.objects.create(sha256=sha256, media_type="image/png", size=len(data.getvalue()), width=8, height=8)
    fill(cast.dataset, [Said("", ["card"], 0.4, asset=asset)])
    return image_files.path_of(sha256)


def test_a_whole_file_is_no_difference(cast: Cast, photo: Path) -> None:
    assert list(media_differences(cast.dataset)) == []


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda file: file.unlink(), "it is missing"),
        (lambda file: file.write_bytes(b"<script>"), "it has 8 bytes"),
        (
            lambda file: file.write_bytes(bytes([file.read_bytes()[0] ^ 1]) + file.read_bytes()[1:]),
            "does not match its hash",
        ),
    ],
)
def test_a_harmed_file_is_named(cast: Cast, photo: Path, harm: object, said: str) -> None:
    harm(photo)  # type: ignore[operator]
    (found,) = media_differences(cast.dataset)
    assert photo.name in found.where
    assert said in found.what
    with pytest.raises(CommandError, match="1 differences"):
        call_command("verify")
    call_command("verify", "--without-media")
