"""Exports: counts add up, the bytes repeat, formulas do nothing, and no half file is left."""

import csv
import hashlib
import io
import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from datasets.classes import change_class
from datasets.making import label_task
from datasets.models import Item
from datasets.selecting import chosen
from exchange.exporting import jobs as exporting
from exchange.exporting.snapshot import Snapshot
from exchange.formats import About, ExportItem
from exchange.formats.csv.formulas import neutralised, restored
from exchange.formats.csv.writer import CommaSeparated
from exchange.formats.writing import in_memory
from exchange.models import Export
from ground.errors import InvalidInput
from kinds import NOWHERE, ClassSpec, LabelTask
from kinds.classification.value import Classification
from review.bulk.applying import work_one_bulk_action
from review.bulk.beginning import begin, undo_action
from review.models import BulkAction
from tests.loops import claim_one, import_rows, label, rules, run_to_end, texts
from tests.people import Cast
from work.models import State

# The export reads its snapshot on a connection of its own: what it shall see must be committed.
pytestmark = pytest.mark.django_db(transaction=True)


def exported(cast: Cast, format: str = "jsonl", **include: Any) -> tuple[Export, bytes]:
    export = exporting.start_export(dataset=cast.dataset, actor=cast.manager, format=format, include=include)
    while exporting.work_one_export():
        pass
    export.refresh_from_db()
    return export, exporting.export_path(export).read_bytes()


@pytest.fixture
def loop(cast: Cast) -> Cast:
    rows = [*texts(20), *texts(5, word="weather", start=20), {"id": "x", "text": "=1+1"}]
    import_rows(cast.dataset, cast.manager, rows)
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.99), cast.manager)
    label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer, lane="uncertain"), "refund")
    return cast


def test_excluded_items_are_left_out_and_come_back(loop: Cast) -> None:
    before, whole = exported(loop)
    accepted = Item.objects.filter(status="accepted")[:3]
    selection = chosen(loop.dataset, ids=[item.pk for item in accepted])
    begin(dataset=loop.dataset, actor=loop.manager, selection=selection, kind="exclude", given={})
    while work_one_bulk_action():
        pass
    without, _ = exported(loop)
    assert (without.rows, without.counts["left out: excluded"]) == (before.rows - 3, 3)
    undo_action(action=BulkAction.objects.get(), actor=loop.manager)
    while work_one_bulk_action():
        pass
    after, again = exported(loop)
    assert (after.rows, again) == (before.rows, whole)


def test_what_goes_in_comes_out_or_is_accounted_for(loop: Cast) -> None:
    export, data = exported(loop)
    rows = [json.loads(line) for line in data.splitlines()]
    assert export.rows == len(rows)
    assert export.total == sum(export.counts.values()) == 26
    assert export.sha256 == hashlib.sha256(data).hexdigest()
    assert export.size == len(data)
    human = next(row for row in rows if row["source"] == "human")
    assert (human["label"], human["reviewer"]) == ("refund", "reviewer")
    auto = next(row for row in rows if row["source"] == "auto")
    assert (auto["label"], auto["labeler"], auto["policy_version"], auto["reviewer"]) == ("card", "rules", 1, None)
    assert list(auto) == [
        "id",
        "external_id",
        "text",
        "label",
        "source",
        "confidence",
        "labeler",
        "model_version",
        "reviewer",
        "decided_at",
        "policy_version",
        "split",
        "value",
        "prediction",
    ]
    assert human["value"] == {"labels": ["refund"]}
    assert auto["prediction"] == {"value": auto["value"], "confidence": auto["confidence"], "parts": None}


def test_the_same_state_gives_the_same_bytes(loop: Cast) -> None:
    first, data = exported(loop)
    second, again = exported(loop)
    assert first.high_water_mark == second.high_water_mark
    assert data == again
    label(loop.dataset, loop.reviewer, claim_one(loop.dataset, loop.reviewer), "card")
    third, more = exported(loop)
    assert third.high_water_mark != first.high_water_mark
    assert more != data


def decide_and_commit_late(loop: Cast, go_on: threading.Event, decided: threading.Event) -> None:
    """A decision whose transaction stays open until it may go on."""
    try:
        with transaction.atomic():
            label(loop.dataset, loop.manager, claim_one(loop.dataset, loop.manager, lane="uncertain"), "card")
            decided.set()
            assert go_on.wait(30)
    finally:
        connection.close()


def test_a_decision_that_is_committed_late_makes_another_mark(loop: Cast) -> None:
    """It has a lower number than one that is in the file already."""
    go_on, decided = threading.Event(), threading.Event()
    late = threading.Thread(target=decide_and_commit_late, args=(loop, go_on, decided))
    late.start()
    assert decided.wait(30)
    label(loop.dataset, loop.reviewer, claim_one(loop.dataset, loop.reviewer, lane="uncertain"), "card")
    first, data = exported(loop)
    go_on.set()
    late.join()
    second, more = exported(loop)
    assert first.high_water_mark["decision"] == second.high_water_mark["decision"]
    assert data != more
    assert first.high_water_mark != second.high_water_mark


def test_choices_narrow_it(loop: Cast) -> None:
    human, data = exported(loop, auto=False)
    assert human.counts["human"] == 1
    assert len(data.splitlines()) == 1
    whole, _ = exported(loop, unlabelled=True)
    assert whole.rows == 26
    with pytest.raises(InvalidInput, match="nonsense"):
        exporting.start_export(dataset=loop.dataset, actor=loop.manager, format="jsonl", include={"nonsense": True})
    with pytest.raises(InvalidInput, match="format"):
        exporting.start_export(dataset=loop.dataset, actor=loop.manager, format="exe")


def test_csv_is_read_back_and_runs_nothing(loop: Cast) -> None:
    _, data = exported(loop, format="csv", unlabelled=True)
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    assert len(rows) == 26
    assert next(row for row in rows if row["external_id"] == "x")["text"] == "'=1+1"
    assert next(row for row in rows if row["source"] == "auto")["confidence"] == "0.99"


@pytest.mark.parametrize(
    "text", ["=cmd|' /C calc'!A0", "+a", "-2+3", "@SUM(A1)", "'=1", "' '=1", "\t=1", "  =1", "\r=1", "|x", "%x"]
)
def test_formulas_are_neutralised(text: str) -> None:
    assert neutralised(text) == "'" + text
    assert restored(neutralised(text)) == text


@pytest.mark.parametrize("text", ["plain", "a=b", "", "1-2", "'x", "-2", "+1", "-1,234.5", "-3.5e-7", "+10%"])
def test_other_text_is_left_alone(text: str) -> None:
    assert neutralised(text) == text


@given(st.text(alphabet="'=+-@ \t|%a1."))
def test_every_cell_comes_back_as_it_was(text: str) -> None:
    assert restored(neutralised(text)) == text


def test_a_table_for_excel_begins_with_a_byte_order_mark(loop: Cast) -> None:
    _, data = exported(loop, format="csv", byte_order_mark=True)
    assert data.startswith(b"\xef\xbb\xbfid,")
    _, data = exported(loop, format="csv")
    assert data.startswith(b"id,")


def test_what_waits_goes_with_its_prediction_and_who_made_it(loop: Cast) -> None:
    _, data = exported(loop, unlabelled=True)
    waiting = [row for row in map(json.loads, data.splitlines()) if row["source"] is None and row["prediction"]]
    assert waiting
    for row in waiting:
        assert row["label"] is None
        assert row["labeler"]
        assert row["confidence"] == row["prediction"]["confidence"]


def test_a_renamed_class_is_exported_as_people_see_it(loop: Cast) -> None:
    card = loop.dataset.label_classes.get(name="card")
    change_class(label_class=card, actor=loop.manager, title="Bank card")
    _, data = exported(loop)
    rows = [json.loads(line) for line in data.splitlines()]
    assert {row["label"] for row in rows} == {row["value"]["labels"][0] for row in rows}
    assert "Bank card" in {row["label"] for row in rows}
    assert "card" not in {row["label"] for row in rows}
    assert label_task(loop.dataset).resolve("Bank card") == "card"
    # Not where another class is called the same: a name has to mean one class.
    change_class(label_class=card, actor=loop.manager, title="transfer")
    _, data = exported(loop)
    assert "card" in {json.loads(line)["label"] for line in data.splitlines()}


def test_a_killed_export_leaves_no_half_file(loop: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    export = exporting.start_export(dataset=loop.dataset, actor=loop.manager, format="jsonl")
    with monkeypatch.context() as patched:
        patched.setattr(exporting, "_publish", die)
        with pytest.raises(Killed):
            exporting.work_one_export()
    folder = Path(settings.COUNTERSIGN_HOME) / "exports"
    assert not list(folder.glob(f".draft-{export.pk}*"))
    Export.objects.filter(pk=export.pk).update(lease_until="2000-01-01T00:00Z")
    exporting.work_one_export()
    export.refresh_from_db()
    assert export.state == State.DONE


def test_a_disk_that_is_full_is_said(loop: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    export = exporting.start_export(dataset=loop.dataset, actor=loop.manager, format="jsonl")
    monkeypatch.setattr(exporting.os, "fsync", full)
    exporting.work_one_export()
    export.refresh_from_db()
    assert (export.state, export.path) == (State.FAILED, "")
    assert "No space left" in export.error


def test_a_decision_during_the_export_is_not_in_it(loop: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows are of the moment of the mark, whatever is committed between them."""
    rows = Snapshot.records

    def decide_meanwhile(*args: Any) -> Any:
        label(loop.dataset, loop.reviewer, claim_one(loop.dataset, loop.reviewer, lane="uncertain"), "transfer")
        yield from rows(*args)

    before, _ = exported(loop)
    monkeypatch.setattr(Snapshot, "records", decide_meanwhile)
    during, _ = exported(loop)
    assert during.high_water_mark == before.high_water_mark
    assert (during.sha256, during.counts) == (before.sha256, before.counts)
    monkeypatch.undo()
    after, _ = exported(loop)
    assert after.counts["human"] == before.counts["human"] + 1


def test_a_formula_among_several_labels_does_nothing() -> None:
    settings = Classification().settings({"multi_label": True})
    about = About("Letters", LabelTask("text", "classification", settings, (ClassSpec("=1+1"), ClassSpec("card"))))
    items = [replace(_UNLABELLED, labels=labels) for labels in (["=1+1", "card"], ["card", "=1+1"])]
    table = list(csv.DictReader(io.StringIO(in_memory(CommaSeparated(), about, items).decode(), newline="")))
    assert [row["labels"] for row in table] == ['["=1+1","card"]', '["card","=1+1"]']


_UNLABELLED = ExportItem(
    id=1,
    external_id="a",
    text="x",
    file=None,
    extent=NOWHERE,
    value=None,
    labels=None,
    prediction=None,
    source=None,
    confidence=None,
    labeler=None,
    model_version=None,
    reviewer=None,
    decided_at=None,
    policy_version=None,
    split=None,
)
