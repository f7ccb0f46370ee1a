"""The report of an import: rows rejected or changed, with remedies."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from exchange.formats import RowError
from exchange.formats.csv.records import DOUBTFUL
from exchange.importing.known_items import Duplicate
from exchange.importing.mapping import BY_MACHINE, NO_LABEL, NO_PREDICTION, TURNED
from exchange.models import Import, ImportIssue
from review.deciding.given import Left

# Rows listed per kind; further ones are counted.
MAX_ISSUES = 10_000
# Fields of rows whose items are there already, and that bring something which was not used.
_CONTENT = "content"
_UNUSED = ("label", "prediction", "label, prediction", _CONTENT)
# What of a row may be left out of it alone, and what notes on that begin with.
_LEFT_OUT = (("label", NO_LABEL), ("prediction", NO_PREDICTION))


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
    """Name the rows of one chunk, as far as there is room, before they are counted. `ids`, `notes`: by row number."""
    there = {one.number for one in duplicates}
    room = max(0, MAX_ISSUES - job.duplicates)
    issues = [_duplicate(job, one, ids[one.number], notes.get(one.number, ())) for one in duplicates[:room]]
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
    noted = ((number, told) for number, told in notes.items() if number not in there)
    issues += [_noted(job, number, told) for number, told in islice(noted, max(0, MAX_ISSUES - job.noted))]
    ImportIssue.objects.bulk_create(issues, batch_size=1_000)


def _duplicate(job: Import, row: Duplicate, id: str, notes: Sequence[str]) -> ImportIssue:
    """A row whose item already exists; everything else that it contains is reported."""
    got = [what for what, has in (("label", row.labelled), ("prediction", row.attached)) if has]
    unused = [
        what
        for what, has in (
            ("label", row.label and not row.labelled and row.left is not Left.SAME),
            ("prediction", row.prediction and not row.attached),
        )
        if has
    ]
    unread = [note for note in notes if note.startswith((NO_LABEL, NO_PREDICTION))]
    lost = [what for what, begins in _LEFT_OUT if what in unused or any(note.startswith(begins) for note in unread)]
    field = ", ".join(lost) or (_CONTENT if row.other else "external_id")
    told = [*unused, "other content"] if row.other and unused else unused
    reason = f"The item {id[:200]!r} already exists"
    if row.other and not unused:
        reason += " with other content; that of this row was not used."
    elif told or got:
        said = [f"the {' and the '.join(got)} {_were(got)} added"] if got else []
        said += [f"its {' and its '.join(told)} {_were(told)} not used"] if told else []
        reason += f"; {', and '.join(said)}."
    else:
        reason = f"An item with the id {id[:200]!r} already exists."
    reason = " ".join([reason, *_why(job, row, unused), *unread])
    return ImportIssue(
        import_job=job,
        row=row.number,
        field=field,
        kind="duplicate",
        reason=reason[:500],
        remedy=_remedy_of(job, row, unused, unread, got),
    )


def _why(job: Import, row: Duplicate, unused: Sequence[str]) -> Iterator[str]:
    """Why what the import attaches was not attached all the same."""
    if row.left is not None:
        yield f"Of the label: {row.left}."
    if job.mapping.get("attach") and "prediction" in unused and not row.other:
        yield "It already has a prediction from this file."


def _remedy_of(job: Import, row: Duplicate, unused: Sequence[str], unread: Sequence[str], got: Sequence[str]) -> str:
    remedies = []
    if row.other or (job.mapping.get("attach") and "prediction" in unused):
        remedies.append(_ANOTHER)
    elif "prediction" in unused:
        remedies.append(_ATTACH)
    if row.left in _AFTER:
        remedies.append(_AFTER[row.left])
    elif "label" in unused and not row.other:
        remedies.append(_ATTACH_LABELS)
    if unread:
        remedies.append(f"Fix the {_things(unread)}, then: {_again(unread)}")
    if not remedies:
        remedies = [
            _NOTHING if got or row.left else f"{_NOTHING[:-1]}; to import it as another item, give it another id."
        ]
    return " ".join(remedies)


def _were(things: Sequence[str]) -> str:
    return "was" if len(things) == 1 else "were"


_NOTHING = "Nothing to do."
_ANOTHER = "Give it another id to import it as another item."
_ATTACH = 'Import the file again with "Add the predictions to items that already exist" (attach).'
_ATTACH_LABELS = 'Import the file again with "Add the labels to items that already exist" (attach_labels).'
_BOTH = (
    'Import the file again with "Add the predictions to items that already exist" (attach) and "Add the labels to '
    'items that already exist" (attach_labels).'
)
_ON_ITS_PAGE = "If it is wrong, correct it on the page of the item."
_AFTER = {
    Left.BY_FILE: _ON_ITS_PAGE,
    Left.DECIDED: _ON_ITS_PAGE,
    Left.EXCLUDED: "To label it, include the item again, then import the file again.",
    Left.HELD: "If it still has no label afterwards, import the file again.",
    Left.CHECK: "It is decided in review.",
}


def _things(notes: Sequence[str]) -> str:
    return " and the ".join(what for what, begins in _LEFT_OUT if any(note.startswith(begins) for note in notes))


def _again(notes: Sequence[str]) -> str:
    """How what was left out can follow."""
    both = {note.startswith(NO_LABEL) for note in notes}
    return _BOTH if len(both) == 2 else _ATTACH_LABELS if True in both else _ATTACH


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
    if all(note.startswith((NO_LABEL, NO_PREDICTION)) for note in told):
        add = ", or add the class that is missing" if any(note.startswith(NO_LABEL) for note in told) else ""
        return f"The item was imported. Fix the {_things(told)}{add}, then: {_again(told)}"
    return _DOUBTFUL if all(note.startswith((*DOUBTFUL, TURNED)) for note in told) else _WHOLE


def _noted(job: Import, row: int, told: Sequence[str]) -> ImportIssue:
    """A row that was imported with changes."""
    reason = " ".join(_grouped(told)).replace("\x00", "")
    return ImportIssue(
        import_job=job,
        row=row,
        field=", ".join(what for what, begins in _LEFT_OUT if any(note.startswith(begins) for note in told)),
        kind="noted",
        reason=reason if len(reason) <= 500 else f"{reason[:460].rsplit(' ', 1)[0]} … {len(told)} notes in all.",
        remedy=_remedy(told),
    )
