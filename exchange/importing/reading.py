"""Read-ahead: while one chunk is written, a thread reads and validates the next, without queries."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace

from datasets.item_kinds import ITEM_KINDS
from datasets.making import label_task
from datasets.models import Split
from datasets.policies import current_policy
from exchange.formats import Entries, Entry, RowError
from exchange.importing.chunks import UNEXPECTED, ChunkReader
from exchange.importing.staged_rows import Staged
from exchange.models import Import
from labeling.policies.editions import edition_of, rule_in_force
from labeling.policies.routing import RuleInForce

TEXT_CHUNK = 5_000
FILE_CHUNK = 50
# Labels of items that are there already are decisions one by one; nobody else decides those items meanwhile.
KNOWN_CHUNK = 500
# A chunk ends early after so many bytes of its file: two of them are held at a time.
MOST_BYTES = 16_000_000


@dataclass(frozen=True)
class Chunk:
    """Entries of a file, validated and routed under the policy of that moment."""

    entries: Sequence[Entry]
    bytes_read: int
    reader: ChunkReader
    policy: RuleInForce
    staged: Staged
    errors: Sequence[RowError]

    def under(self, policy: RuleInForce) -> tuple[Staged, Sequence[RowError]]:
        """The valid rows, routed by this policy, and the errors of the others."""
        if policy == self.policy:
            return self.staged, self.errors
        return self.reader.read(self.entries, policy)

    def halves(self) -> Iterator["Chunk"]:
        """The chunk in two halves, each read again; the second keeps the reading position."""
        middle = len(self.entries) // 2
        for entries in (self.entries[:middle], self.entries[middle:]):
            staged, errors = self.reader.read(entries, self.policy)
            yield replace(self, entries=entries, staged=staged, errors=errors)

    def refused(self, reason: str) -> "Chunk":
        """A chunk of one entry that could not be written."""
        (entry,) = self.entries
        error = RowError(entry.number, "", reason, UNEXPECTED)
        return replace(self, entries=[error], staged=Staged.of([]), errors=[error])


def chunks_of(job: Import, entries: Entries) -> Iterator[Chunk]:
    """The entries in chunks, one read ahead. Errors of the entries are raised after the chunks before them."""
    size = FILE_CHUNK if ITEM_KINDS[job.dataset.item_kind].stores == "file" else TEXT_CHUNK
    if job.mapping.get("attach_labels"):
        size = min(size, KNOWN_CHUNK)
    splits = set(Split.objects.filter(dataset=job.dataset).values_list("name", flat=True))
    edition = edition_of(labeler=job.labeler, model=None, config={}).pk if job.labeler else None
    with ThreadPoolExecutor(1, thread_name_prefix="reader") as thread:

        def begin() -> Future[Chunk | None]:
            # Classes and policy may have changed since the last chunk.
            reader = ChunkReader(
                job.dataset, label_task(job.dataset), job.mapping, job.labeler_id, splits, edition=edition
            )
            policy = rule_in_force(current_policy(job.dataset))
            return thread.submit(copy_context().run, _read, entries, size, reader, policy)

        coming = begin()
        while chunk := coming.result():
            coming = begin()
            yield chunk


def _read(entries: Entries, size: int, reader: ChunkReader, policy: RuleInForce) -> Chunk | None:
    """The next chunk; None at the end of the file."""
    taken = _taken(entries, size)
    if not taken:
        return None
    staged, errors = reader.read(taken, policy)
    return Chunk(taken, entries.bytes_read, reader, policy, staged, errors)


def _taken(entries: Entries, size: int) -> list[Entry]:
    before = entries.bytes_read
    taken = []
    for entry in entries:
        taken.append(entry)
        if len(taken) == size or entries.bytes_read - before > MOST_BYTES:
            break
    return taken
