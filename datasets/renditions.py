"""Renditions of files for viewers, created in the background after an import.
Nobody waits for them: until one exists, pages show the file itself. Renditions are stored with the media under their
own hash, so backups and `verify` include them; a lost one is created again."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from datasets.extents import asset_facts
from datasets.item_kinds import ITEM_KINDS
from datasets.media import image_files
from datasets.models import Asset, Rendition
from ground.errors import InvalidInput
from work import doorbell, jobs, leasing
from work.heartbeats import Heartbeat
from work.models import State


def facts_of(asset: Asset) -> dict[str, Any]:
    """The facts of a file for its item kind."""
    return asset_facts(asset.width, asset.height, asset.facts) | {"size": asset.size, "media_type": asset.media_type}


def names_for(item_kind: str, asset: Asset | None) -> tuple[str, ...]:
    """Names of the file's renditions for that kind; none if the kind is not installed."""
    kind = ITEM_KINDS.get(item_kind)
    return tuple(kind.renditions(facts_of(asset))) if kind and asset else ()


def offer_for(item_kind: str, assets: Iterable[Asset]) -> int:
    """Queue the renditions of newly stored files; returns how many. The caller holds the transaction."""
    rows = [
        Rendition(asset=asset, item_kind=item_kind, name=name)
        for asset in assets
        for name in names_for(item_kind, asset)
    ]
    if rows:
        # Several imports may contain the same file.
        Rendition.objects.bulk_create(sorted(rows, key=lambda row: row.asset_id), ignore_conflicts=True)
        doorbell.ring(JOB.task)
    return len(rows)


def made(item_kind: str, asset: Asset, name: str) -> tuple[Path, Rendition] | None:
    """The path of a rendition; None if it does not exist yet or is lost, in which case it is created again."""
    row = Rendition.objects.filter(asset=asset, item_kind=item_kind, name=name, state=State.DONE).first()
    if row is None:
        return None
    path = image_files.path_of(row.sha256)
    if path.is_file():
        return path, row
    _again(Rendition.objects.filter(pk=row.pk, state=State.DONE))
    return None


def failed() -> tuple[int, str]:
    """How many could not be created, and the last reason."""
    rows = Rendition.objects.filter(state=State.FAILED)
    last = rows.order_by("-finished_at").first()
    return rows.count(), last.error if last else ""


def retry_failed() -> int:
    """Retry the failed ones; returns how many."""
    return _again(Rendition.objects.filter(state=State.FAILED))


def _again(rows: Any) -> int:
    count = int(rows.update(state=State.PENDING, crash_count=0, finished_at=None, next_at=None, error=""))
    if count:
        doorbell.ring(JOB.task)
    return count


def work_one_rendition() -> bool:
    """Create one; False if there is none to create."""
    return jobs.work_job(Rendition, _make)


def _make(row: Rendition, heart: Heartbeat) -> None:
    kind = ITEM_KINDS.get(row.item_kind)
    if kind is None:
        raise InvalidInput(f"The item kind {row.item_kind!r} is not installed here. Install it, then try again.")
    try:
        found = kind.render(row.name, image_files.path_of(row.asset_id))
    except FileNotFoundError:
        raise InvalidInput("The media file is missing. Restore it from a backup, then try again.") from None
    heart.check()
    sha256 = image_files.store(found.data)
    values = {"sha256": sha256, "media_type": found.media_type, "size": len(found.data)}
    # A worker that took over writes the same bytes; the lease holder closes the row.
    Rendition.objects.filter(pk=row.pk, fence=row.fence, state=State.RUNNING).update(**values)
    leasing.finish(row, State.DONE)


JOB = jobs.JobKind("rendition", Rendition, "Renditions of files", work_one_rendition, owner="")
