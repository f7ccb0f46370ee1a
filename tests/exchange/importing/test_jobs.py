"""Imports: good rows are kept, bad ones reported, and the same file twice adds nothing."""

import pytest

from datasets import tallies
from datasets.models import Item, Split, Waiting
from exchange import importing
from exchange.importing.chunks import MAX_SPLITS
from exchange.models import Import
from ground.errors import InvalidInput
from labeling.models import PreLabel, Run
from review.models import Decision
from tests.loops import csv_file, import_rows, standing, texts, work_imports
from tests.people import Cast
from work.models import State

pytestmark = pytest.mark.django_db


def test_rows_become_pending_items(cast: Cast) -> None:
    job = import_rows(cast.dataset, cast.manager, texts(3))
    assert (job.state, job.accepted, job.duplicates, job.rejected) == (State.DONE, 3, 0, 0)
    assert standing(cast.dataset) == {"pending": 3}
    item = Item.objects.get(external_id="i1")
    assert (item.text, item.metadata) == ("card question 1", {})
    assert 0 <= item.draw < 1


def test_same_file_twice_adds_nothing(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(5))
    again = import_rows(cast.dataset, cast.manager, texts(5))
    assert (again.accepted, again.duplicates) == (0, 5)
    assert Item.objects.filter(dataset=cast.dataset).count() == 5
    issue = again.issues.first()
    assert issue is not None
    assert (issue.row, issue.kind) == (1, "duplicate")
    assert "'i0'" in issue.reason


def test_text_without_ids_is_known_by_its_content(cast: Cast) -> None:
    rows = [{"text": "one"}, {"text": "two"}, {"text": "one"}]
    job = import_rows(cast.dataset, cast.manager, rows, text="text")
    assert (job.accepted, job.duplicates) == (2, 1)


# What PostgreSQL's COPY gives a meaning to, and what a line of a file can be mistaken for.
AWKWARD = [
    "a\tb",
    "a\\tb",
    "one\ntwo",
    "one\r\ntwo\r",
    "x\n\\.\ny",
    "\\N",
    "\\.",
    "\\x41",
    "{1,NULL}",
    "é ✓ 🂡",
    "NULL",
    '"a","b"',
]


@pytest.mark.parametrize("value", AWKWARD)
def test_every_value_arrives_as_it_was_written(cast: Cast, value: str) -> None:
    rows = [{"id": f"id {value}", "text": f"{value} text", "note": value, "part": f"s{value}"}]
    import_rows(cast.dataset, cast.manager, rows, external_id="id", text="text", split="part")
    item = Item.objects.get()
    assert item.split is not None
    assert (item.external_id, item.text) == (f"id {value}".strip(), f"{value} text")
    assert (item.metadata, item.split.name) == ({"note": value}, f"s{value}".strip())


def test_bad_rows_are_reported_and_good_ones_kept(cast: Cast) -> None:
    rows = [
        {"id": "a", "text": "fine", "gold": "card", "score": ""},
        {"id": "b", "text": "", "gold": "", "score": ""},
        {"id": "c", "text": "unknown class", "gold": "nonsense", "score": ""},
        {"id": "d", "text": "fine too", "gold": "", "score": ""},
    ]
    job = import_rows(cast.dataset, cast.manager, rows, external_id="id", text="text", label="gold")
    assert (job.accepted, job.rejected, job.noted) == (3, 1, 1)
    reported = {issue.row: (issue.kind, issue.field, issue.reason, bool(issue.remedy)) for issue in job.issues.all()}
    assert reported == {
        2: ("rejected", "text", "The text is empty.", True),
        3: ("noted", "label", "Its label was left out: gold: The dataset has no class 'nonsense'.", True),
    }
    assert {one.external_id: one.human_labels for one in Item.objects.all()} == {"a": ["card"], "c": None, "d": None}


def test_given_labels_are_decisions_of_whoever_imported_them(cast: Cast) -> None:
    rows = [{"id": "a", "text": "one", "gold": "card"}]
    import_rows(cast.dataset, cast.manager, rows, external_id="id", text="text", label="gold")
    item = Item.objects.get()
    assert (item.status, item.human_labels, item.decided_by) == ("reviewed", ["card"], cast.manager)
    decision = Decision.objects.get()
    assert (decision.origin, decision.reviewer, decision.seq, len(decision.hash)) == ("import", cast.manager, 1, 32)
    assert not Waiting.objects.exists()


def test_predictions_are_routed_by_the_policy(cast: Cast) -> None:
    rows = [
        {"id": f"r{n}", "text": f"text {n}", "guess": "card", "score": "0.97" if n % 2 else "40%"} for n in range(40)
    ]
    job = import_rows(
        cast.dataset, cast.manager, rows, external_id="id", text="text", prediction="guess", confidence="score"
    )
    assert job.labeler is not None
    assert job.labeler.kind == "imported"
    run = Run.objects.get()
    assert (run.status, run.total) == ("done", 40)
    assert PreLabel.objects.filter(run=run, outcome="labelled").count() == 40
    below = Item.objects.filter(dataset=cast.dataset, above_threshold=False)
    assert set(below.values_list("status", flat=True)) == {"waiting"}
    above = Item.objects.filter(dataset=cast.dataset, above_threshold=True)
    assert {(item.status, item.sampled) for item in above} <= {("accepted", False), ("waiting", True)}
    assert Waiting.objects.count() == Item.objects.filter(status="waiting").count()


def test_prediction_and_label_in_one_row_are_compared(cast: Cast) -> None:
    rows = [{"id": "a", "text": "x", "guess": "card", "score": 0.5, "gold": "refund"}]
    import_rows(
        cast.dataset,
        cast.manager,
        rows,
        external_id="id",
        text="text",
        prediction="guess",
        confidence="score",
        label="gold",
    )
    item = Item.objects.get()
    assert (item.auto_labels, item.human_labels, item.status, item.blind) == (["card"], ["refund"], "reviewed", True)
    assert Decision.objects.get().matched is False


def test_prediction_without_confidence_is_never_accepted(cast: Cast) -> None:
    rows = [{"id": f"a{n}", "text": f"x {n}", "guess": "card"} for n in range(30)]
    import_rows(cast.dataset, cast.manager, rows, external_id="id", text="text", prediction="guess")
    assert standing(cast.dataset) == {"waiting": 30}


@pytest.mark.parametrize("killed_after", [1, 2, 3])
def test_killed_import_goes_on_where_it_stopped(cast: Cast, monkeypatch: pytest.MonkeyPatch, killed_after: int) -> None:
    monkeypatch.setattr("exchange.importing.reading.TEXT_CHUNK", 10)
    job = importing.create_import(
        dataset=cast.dataset,
        actor=cast.manager,
        file_name="a.csv",
        chunks=[csv_file(texts(45))],
        format="csv",
        mapping={"external_id": "id", "text": "text"},
    )
    chunks = 0

    class Killed(BaseException):
        pass

    real = importing.jobs._write

    def write(*args: object) -> None:
        nonlocal chunks
        chunks += 1
        if chunks > killed_after:
            raise Killed
        real(*args)

    monkeypatch.setattr("exchange.importing.jobs._write", write)
    with pytest.raises(Killed):
        importing.work_one_import()
    assert Item.objects.count() == 10 * killed_after
    monkeypatch.setattr("exchange.importing.jobs._write", real)
    Import.objects.filter(pk=job.pk).update(lease_until="2000-01-01T00:00Z")
    work_imports()
    job.refresh_from_db()
    assert (job.state, job.accepted, job.duplicates, job.fence) == (State.DONE, 45, 0, 2)
    assert sorted(Item.objects.values_list("external_id", flat=True)) == sorted(f"i{n}" for n in range(45))


def test_tallies_follow_an_import(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(7))
    assert tallies.standing(cast.dataset.pk).by_status == {"pending": 7}
    tallies.fold()
    assert tallies.standing(cast.dataset.pk).by_status == {"pending": 7}


@pytest.mark.parametrize(
    ("format", "data", "mapping", "message"),
    [
        ("csv", b"", {"text": "text"}, "empty"),
        ("xlsx", b"x", {"text": "text"}, "format"),
        ("csv", b"id,text\n1,a\n", {"text": "body"}, "body"),
        ("csv", b"id,text\n1,a\n", {"words": "text"}, "words"),
    ],
)
def test_import_that_cannot_be_carried_out_is_refused(
    cast: Cast, format: str, data: bytes, mapping: dict[str, str], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        importing.create_import(
            dataset=cast.dataset,
            actor=cast.manager,
            file_name="a",
            chunks=[data],
            format=format,
            mapping=mapping,
        )
    assert not Import.objects.exists()


def test_fifty_splits_and_no_more(cast: Cast) -> None:
    rows = [{"id": f"i{n}", "text": f"text {n}", "part": f"part {n}"} for n in range(MAX_SPLITS + 1)]
    job = import_rows(cast.dataset, cast.manager, rows, external_id="id", text="text", split="part")
    assert (job.accepted, job.rejected, Split.objects.count()) == (MAX_SPLITS, 1, MAX_SPLITS)
    assert "at most 50 splits" in job.issues.get().reason


def test_items_keep_the_order_of_the_file(cast: Cast) -> None:
    ids = [f"i{n * 7919 % 1000:03}" for n in range(1000)]
    import_rows(cast.dataset, cast.manager, [{"id": one, "text": one} for one in ids])
    assert list(Item.objects.order_by("id").values_list("external_id", flat=True)) == ids
