"""Media files against the hashes in their names."""

import hashlib
from collections.abc import Iterator

from django.db import connection

from datasets.media.image_files import path_of
from datasets.models import Dataset
from operating.verifying.difference import Difference

_ASSETS = """
SELECT a.sha256, a.size FROM labeling_asset AS a WHERE a.sha256 > %(after)s
  AND EXISTS (SELECT FROM labeling_item AS i WHERE i.dataset_id = %(dataset)s AND i.asset_id = a.sha256)
ORDER BY a.sha256 LIMIT 1000
"""


def media_differences(dataset: Dataset) -> Iterator[Difference]:
    """Files of the dataset's items that are missing, unreadable or modified."""
    after = ""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_ASSETS, {"after": after, "dataset": dataset.pk})
            assets = cursor.fetchall()
        if not assets:
            return
        for sha256, size in assets:
            if wrong := _wrong(sha256, size):
                yield Difference("media", f"file {sha256}", f"{wrong}; restore it from a backup")
        after = assets[-1][0]


def _wrong(sha256: str, size: int) -> str:
    try:
        with path_of(sha256).open("rb") as file:
            found = hashlib.file_digest(file, "sha256")
            length = file.tell()
    except FileNotFoundError:
        return "it is missing"
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    if length != size:
        return f"it has {length:,} bytes, expected {size:,}"
    return "" if found.hexdigest() == sha256 else "its content does not match its hash"
