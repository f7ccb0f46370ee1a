"""Importing and exporting take no more memory for ten times the rows."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.db import connection

from datasets.making import NewClass, create_dataset
from exchange import exporting, importing
from exchange.models import Export, Import
from tests import servers
from tests.people import Cast, make_cast
from work.models import State

pytestmark = [pytest.mark.slow, pytest.mark.chaos, pytest.mark.timeout(600), pytest.mark.django_db(transaction=True)]
FEW, MANY = 20_000, 200_000
MOST_GROWTH_KB = 100_000


def lines(count: int) -> Iterator[bytes]:
    """Rows of about 300 bytes."""
    filling = "word " * 50
    for number in range(count):
        yield b'{"id": "i%d", "text": "card question %d %s"}\n' % (number, number, filling.encode())


def peak(cast: Cast, count: int, *words: str) -> int:
    """kB that a process takes at most that imports so many rows and exports them again."""
    dataset = create_dataset(name=f"{count} rows", item_kind="text", creator=cast.admin, classes=[NewClass("a")])
    importing.create_import(
        dataset=dataset, actor=cast.admin, file_name="rows.jsonl", chunks=lines(count), format="jsonl",
        mapping={"external_id": "id", "text": "text"}, then_run=False,
    )  # fmt: skip
    exporting.start_export(dataset=dataset, actor=cast.admin, format="jsonl", include={"unlabelled": True})
    answer = subprocess.run(
        [sys.executable, "-m", "tests.chaos.memory", *words], check=True, capture_output=True, text=True,
        cwd=servers.ROOT,
        env=dict(os.environ) | {
            "DJANGO_SETTINGS_MODULE": "config.settings.testing",
            "COUNTERSIGN_TEST_DATABASE": str(connection.settings_dict["NAME"]),
        },
    )  # fmt: skip
    assert Import.objects.latest("pk").accepted == Export.objects.latest("pk").rows == count
    assert Export.objects.latest("pk").state == State.DONE
    return int(answer.stdout)


def test_memory_does_not_grow_with_the_rows() -> None:
    cast = make_cast()
    few, many = peak(cast, FEW), peak(cast, MANY)
    assert many - few < MOST_GROWTH_KB, (few, many)


def test_the_check_finds_an_import_that_reads_the_whole_file() -> None:
    cast = make_cast()
    few, many = peak(cast, FEW, "--all-at-once"), peak(cast, MANY, "--all-at-once")
    assert many - few > MOST_GROWTH_KB, (few, many)
