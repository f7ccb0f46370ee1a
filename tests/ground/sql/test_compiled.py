"""Query sets whose SQL is built once give what Django gives, by statements that PostgreSQL plans once."""

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from datasets.access import dataset_for
from datasets.models import Dataset, Item, LabelClass, Waiting
from ground.sql.compiled import Compiled, insert_returning
from ground.sql.prepared import PreparedCursor, prepared_cursor
from review.deciding.decisions import decide
from review.queue import expired
from review.queue.claims import claim
from tests.filling import Said, fill
from tests.people import Cast

pytestmark = pytest.mark.django_db

SURE = Said("one", ["card"], confidence=0.4)


def with_machine(pk: int) -> QuerySet[Item]:
    return Item.objects.select_related("asset", "auto_prelabel__labeler").filter(pk=pk)


def prepared() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        return int(cursor.fetchone()[0])


def test_it_gives_the_objects_that_the_query_set_gives(cast: Cast) -> None:
    (item,) = fill(cast.dataset, [SURE])
    compiled = Compiled(with_machine, pk=-1)
    for _ in range(2):  # as it is built, and as it is used again
        (found,) = compiled.rows(pk=item.pk)
        expected = with_machine(item.pk).get()
        assert {f.attname: getattr(found, f.attname) for f in Item._meta.concrete_fields} == {
            f.attname: getattr(expected, f.attname) for f in Item._meta.concrete_fields
        }
        assert found.asset is None
        assert found.auto_prelabel is not None
        assert found.auto_prelabel.value == {"labels": ["card"]}
        assert found.auto_prelabel.labeler.name == "machine"
    assert compiled.first(pk=item.pk + 1) is None


def test_tuples_keep_the_order_of_the_query_set(cast: Cast) -> None:
    names = Compiled(
        lambda dataset: LabelClass.objects.filter(dataset=dataset).order_by("-name").values_list("name", "aliases"),
        dataset=-1,
    )
    assert names.tuples(dataset=cast.dataset.pk) == [("transfer", []), ("refund", []), ("card", [])]


def test_an_example_that_is_no_parameter_is_named() -> None:
    mistaken = Compiled(lambda slug, pk: Dataset.objects.filter(slug=slug), slug="s", pk=-1)
    with pytest.raises(ValueError, match=r"\['pk'\] are not among the parameters"):
        mistaken.rows(slug="s", pk=1)


def test_the_statement_is_planned_once(cast: Cast) -> None:
    compiled = Compiled(with_machine, pk=-1)
    before = prepared()
    for _ in range(3):
        compiled.rows(pk=1)
    assert prepared() == before + 1


@pytest.mark.django_db(transaction=True)
def test_behind_a_pooler_nothing_is_prepared(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    Compiled(with_machine, pk=-1).rows(pk=1)
    assert prepared() == 0


def test_a_refused_row_is_an_integrity_error(cast: Cast) -> None:
    (item,) = fill(cast.dataset, [SURE])
    row = Waiting(item=item, dataset=cast.dataset, slot=7, lane="manual")
    insert_returning(row, "id")
    assert Waiting.objects.get(pk=row.pk).slot == 7
    with pytest.raises(IntegrityError, match="waiting_once_per_item_and_slot"):
        insert_returning(Waiting(item=item, dataset=cast.dataset, slot=7, lane="manual"), "id")


def test_expired_claims_go_back(cast: Cast) -> None:
    fill(cast.dataset, [SURE, Said("two", ["card"], confidence=0.5)])
    held = claim(dataset=cast.dataset, reviewer=cast.reviewer, count=2)
    Waiting.objects.filter(token=held[0].token).update(claimed_until="2020-01-01T00:00:00Z")
    assert expired.free_expired() == 1
    assert Waiting.objects.get(claimed_by__isnull=True).item_id == held[0].item.pk


def test_whoever_finds_too_few_frees_them_at_once(cast: Cast) -> None:
    fill(cast.dataset, [SURE])
    (held,) = claim(dataset=cast.dataset, reviewer=cast.reviewer)
    Waiting.objects.filter(token=held.token).update(claimed_until="2020-01-01T00:00:00Z")
    (again,) = claim(dataset=cast.dataset, reviewer=cast.manager)
    assert (again.item.pk, again.token != held.token) == (held.item.pk, True)


@pytest.mark.django_db(transaction=True)
def test_a_claim_is_four_statements_and_a_decision_eight(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """As docs/performance.md says; of the seven, two begin and end the transaction."""
    fill(cast.dataset, [SURE, Said("two", ["card"], confidence=0.5)])
    dataset = dataset_for(cast.reviewer, cast.dataset.slug)
    run: list[str] = []
    execute = PreparedCursor.execute

    def noted(self: PreparedCursor, sql: str, parameters: Any) -> None:
        run.append(sql)
        execute(self, sql, parameters)

    monkeypatch.setattr(PreparedCursor, "execute", noted)
    # One looks for draws that a labeler has yet to be compared by; a share of the claims for a random check as well.
    monkeypatch.setattr("review.queue.claims.SAMPLED_SHARE", 0.0)
    with CaptureQueriesContext(connection) as others:
        (held,) = claim(dataset=dataset, reviewer=cast.reviewer)
    assert (len(run), len(others)) == (4, 0)
    run.clear()
    with CaptureQueriesContext(connection) as others:
        decide(
            dataset=dataset,
            reviewer=cast.reviewer,
            item_id=held.item.pk,
            claim_token=held.token,
            request_id=uuid.uuid4(),
            verdict="label",
            value={"labels": ["card"]},
        )
    assert (len(run), [one["sql"] for one in others]) == (6, ["BEGIN", "COMMIT"])


@pytest.mark.django_db(transaction=True)
def test_a_new_session_gets_a_cursor_of_its_own(cast: Cast) -> None:
    (item,) = fill(cast.dataset, [SURE])
    by_key = Compiled(lambda pk: Item.objects.filter(pk=pk), pk=-1)
    with prepared_cursor() as first, prepared_cursor() as second:
        assert first is second
    assert by_key.first(pk=item.pk) == item
    connection.close()
    assert by_key.first(pk=item.pk) == item
    with prepared_cursor() as after:
        assert after is not first
