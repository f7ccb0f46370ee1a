"""The report of an import: rows rejected or changed, with remedies."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from exchange.formats import RowError
from exchange.formats.csv.records import DOUBTFUL
from exchange.importing.mapping import BY_MACHINE, NO_PREDICTION
from exchange.importing.staging import Duplicate
from exchange.models import Import, ImportIssue

# Rows listed per kind; further ones are counted.
MAX_ISSUES = 10_000
# Fields of duplicates whose content was not used.
_BOTH = "label, prediction"
_CONTENT = "content"
_UNUSED = ("label", "prediction", _BOTH, _CONTENT)


def unused_of(job: Import) -> int:
    """How many of the listed duplicates have a label, prediction or other content that was not used."""
    return job.issues.filter(kind="duplicate", field__in=_UNUSED).count() if job.duplicates else 0


def report(
    job: Import,
    ids: Mapping[int, str],
    duplicates: Sequence[Duplicate],
    errors: Sequence[RowError],
    notes: Mapping[int, Sequence[str]],
) -> None:
    """List the rows of one chunk, up to the limit, before they are counted. `ids`: by row number."""
    room = max(0, MAX_ISSUES - job.duplicates)
    issues = [_duplicate(job, one, ids[one.number]) for one in duplicates[:room]]
    room = max(0, MAX_ISSUES - job.rejected)
    issues += [
        ImportIssue(
            import_job=job,
            row=error.number,
            field=error.field[:100],
            kind="rejected",
            reason=error.reason[:500].replace("\x00", ""),
            remedy=error.remedy[:500],
        )
        for error in errors[:room]
    ]
    issues += [_noted(job, number, told) for number, told in islice(notes.items(), max(0, MAX_ISSUES - job.noted))]
    ImportIssue.objects.bulk_create(issues, batch_size=1_000)


def _duplicate(job: Import, row: Duplicate, id: str) -> ImportIssue:
    """A duplicate; unused content is always reported."""
    reason, field = f"An item with the id {id[:200]!r} already exists.", "external_id"
    remedy = "Nothing to do; to import it as another item, give it another id."
    unused = [what for what, has in (("label", row.label), ("prediction", row.prediction and not row.attached)) if has]
    if unused:
        field = ", ".join(unused)
        told = [*unused, "other content"] if row.other else unused
        reason = f"The item {id[:200]!r} already exists; its {' and its '.join(told)} {_were(told)} not used."
        remedy = _REMEDIES[field]
        if job.mapping.get("attach") and "prediction" in unused and not row.other:
            reason += " It already has a prediction from this file."
        if row.other or (job.mapping.get("attach") and "prediction" in unused):
            remedy = _ANOTHER
    elif row.other:
        field, remedy = _CONTENT, _ANOTHER
        reason = f"The item {id[:200]!r} already exists with other content; that of this row was not used."
    elif row.attached:
        reason = f"The item {id[:200]!r} already exists; the prediction was added."
        remedy = "Nothing to do."
    return ImportIssue(import_job=job, row=row.number, field=field, kind="duplicate", reason=reason, remedy=remedy)


def _were(things: Sequence[str]) -> str:
    return "was" if len(things) == 1 else "were"


_ANOTHER = "Give it another id to import it as another item."
_ATTACH = 'Import the file again with "Add the predictions to items that already exist" (attach).'
_DECIDE = "The human label of an existing item is changed in review."
_REMEDIES = {"label": _DECIDE, "prediction": _ATTACH, _BOTH: f"{_ATTACH} {_DECIDE}"}


# The prefix of notes on one of several elements: noun, number, id.
_ELEMENT = re.compile(r"([A-Z][a-z]+) \d[\d,]*(?: \(id .*?\))?: (.+)", re.DOTALL)
_DOUBTFUL = "Check the item; if it is wrong, fix the file and import the row with another id."
_WHOLE = "The item was imported. For a complete import, fix this and use another id or another dataset."


def _grouped(notes: Sequence[str]) -> Iterator[str]:
    """The notes; equal ones of several elements are combined, with their number."""
    said = [(found.groups() if (found := _ELEMENT.fullmatch(note)) else None) for note in notes]
    times = Counter(said)
    told = set()
    for note, what in zip(notes, said, strict=True):
        if what is None or times[what] == 1:
            yield note
        elif what not in told:
            told.add(what)
            yield f"{times[what]:,} {what[0].lower()}s: {what[1]}"


def _remedy(told: Sequence[str]) -> str:
    if tuple(told) == (BY_MACHINE,):
        return "Nothing to do."
    if all(note.startswith(NO_PREDICTION) for note in told):
        return f"The item was imported. Fix the prediction, then: {_ATTACH}"
    return _DOUBTFUL if all(note.startswith(DOUBTFUL) for note in told) else _WHOLE


def _noted(job: Import, row: int, told: Sequence[str]) -> ImportIssue:
    """A row that was imported with changes."""
    reason = " ".join(_grouped(told)).replace("\x00", "")
    return ImportIssue(
        import_job=job,
        row=row,
        kind="noted",
        reason=reason if len(reason) <= 500 else f"{reason[:460].rsplit(' ', 1)[0]} … {len(told)} notes in all.",
        remedy=_remedy(told),
    )
