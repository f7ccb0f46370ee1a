"""Importing a folder of images on the server: nothing is uploaded, files are read in place."""

from pathlib import PurePosixPath
from typing import Any

from accounts.models import User
from datasets.item_kinds import ITEM_KINDS
from datasets.models import Dataset
from exchange.formats import FOLDER, folder_reader
from exchange.importing.beginning import begin_import
from exchange.models import Import
from ground.errors import InvalidInput


def create_folder_import(
    *,
    dataset: Dataset,
    actor: User,
    path: str,
    mapping: dict[str, Any] | None = None,
    confirmed: bool = True,
    then_run: bool = True,
    idempotency_key: str | None = None,
) -> Import:
    """Create the import of the folder `path` (relative to the server's import folder), to be started at once or (not
    `confirmed`) by `confirm_import`.
    Raises InvalidInput if this is off, for a dataset of texts, a missing folder or one outside, or a mapping to missing
    columns."""
    reader = folder_reader()
    if ITEM_KINDS[dataset.item_kind].stores != reader.holds:
        raise InvalidInput(f"A folder of images cannot hold {dataset.item_kind} items.", field="format")
    if not path.strip() or PurePosixPath(path).is_absolute():
        raise InvalidInput("Name the folder relative to the server's import folder, or . for all of it.", field="path")
    folder = reader.root / path
    return begin_import(
        dataset=dataset,
        actor=actor,
        reader=reader,
        at=folder,
        mapping=mapping,
        confirmed=confirmed,
        path=path,
        size=reader.size(folder),
        file_name=path[:300],
        format=FOLDER,
        then_run=then_run,
        idempotency_key=idempotency_key,
    )
