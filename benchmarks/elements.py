"""Server time of the accuracy page over a million items with twenty million elements, and the time to place an item.

    .venv/bin/python benchmarks/elements.py [--items 1000000] [--placed 100000] [--rounds 5]

The dataset is one of spans, of whose items people have decided 200,000 in a million; its pairs are written as comparing
writes them, so that the triggers make the sums. Placing is measured by items of 14, 300 and 2,000 elements, with
thresholds by class, as often as 4 million elements allow. Fails when a figure is above its limit.
"""

import argparse
import statistics
import sys
import time
from typing import Any

from _results import Results
from _scratch import scratch_database, write

PAGE_LIMIT, PLACE_LIMIT = 200.0, 0.3
CLASSES = 20
ELEMENTS = 20
STEP = 50_000
MOST_ELEMENTS = 4_000_000
CHUNK = 2_000

# Of five, one is below the threshold and decided; the others are accepted, but for the random checks among them.
_ITEMS = """
INSERT INTO labeling_item (dataset_id, external_id, content_hash, text, metadata, draw, created_at, status, lane,
  auto_labeler_id, auto_labels, auto_confidence, auto_floor, policy_version, above_threshold, sampled, sampling_rate,
  human_value, human_labels, answers, matched, blind, decided_by_id, decided_at)
SELECT %(dataset)s, 'i' || n, decode(md5(n::text), 'hex'), 'text ' || n, '{}', draw, now(),
  CASE WHEN decided THEN 'reviewed' WHEN above AND NOT sampled THEN 'accepted' ELSE 'waiting' END,
  CASE WHEN decided OR (above AND NOT sampled) THEN '' WHEN above THEN 'audit' ELSE 'uncertain' END,
  %(labeler)s, '{}', confidence, confidence, 1, above, sampled, 0.05,
  CASE WHEN decided THEN %(value)s::jsonb END, CASE WHEN decided THEN '{}'::text[] END, decided::int,
  CASE WHEN decided THEN n %% 3 = 0 END, CASE WHEN decided THEN sampled END, CASE WHEN decided THEN %(user)s END,
  CASE WHEN decided THEN now() - n * interval '1 second' END
FROM (SELECT n, draw, draw < 0.05 AS sampled, n %% 5 <> 0 AS above,
        CASE WHEN n %% 5 <> 0 THEN 0.9 + draw / 10 ELSE 0.5 + draw / 3 END AS confidence,
        n %% 5 = 0 AND n %% 25 <> 0 OR draw < 0.05 AS decided
      FROM (SELECT n, ((n * 0.6180339887)::numeric %% 1)::float8 AS draw
            FROM generate_series(%(first)s, %(last)s) AS n) AS numbers) AS said
"""
_PRELABELS = """
INSERT INTO labeling_prelabel (item_id, run_id, labeler_id, fence, outcome, value, confidence, counts, floors,
  alternatives, notes, error_kind, error_detail, raw_answer, tokens_in, tokens_out, cost_micros, latency_ms, created_at)
SELECT id, %(run)s, %(labeler)s, 1, 'labelled', %(value)s::jsonb, coalesce(auto_confidence, draw), %(counts)s::jsonb,
  %(floors)s::jsonb, '[]', '[]', '', '', '', 0, 0, 0, 1, now()
FROM labeling_item WHERE dataset_id = %(dataset)s ORDER BY id
"""
_SPEAKS = """
UPDATE labeling_item AS i SET auto_prelabel_id = p.id FROM labeling_prelabel AS p
WHERE p.item_id = i.id AND i.dataset_id = %(dataset)s
"""
# Twenty elements an item: most are right, some of another class, missed or made up.
_PAIRS = """
INSERT INTO labeling_comparedpair (item_id, dataset_id, auto_class, human_class, n, edited, agreement)
SELECT i.id, %(dataset)s, auto, human, count(*), count(*) FILTER (WHERE auto <> human), sum(0.9)
FROM (SELECT id FROM labeling_item WHERE dataset_id = %(dataset)s AND human_labels IS NOT NULL AND id > %(after)s
      ORDER BY id LIMIT %(step)s) AS i,
  generate_series(1, %(elements)s) AS e,
  LATERAL (SELECT 'class_' || (i.id * 7 + e * e) %% %(classes)s AS name, (i.id * 31 + e * 17) %% 100 AS luck) AS one,
  LATERAL (SELECT CASE WHEN luck = 98 THEN '' ELSE name END AS auto, CASE WHEN luck = 99 THEN ''
    WHEN luck >= 90 AND luck < 96 THEN 'class_' || (i.id + e) %% %(classes)s ELSE name END AS human) AS both_sides
GROUP BY i.id, auto, human
"""


def main() -> int:
    """Make the datasets, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--placed", type=int, default=100_000, help="items that are placed")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with scratch_database():
        from django.conf import settings  # noqa: PLC0415 - needs Django

        from accounts.models import User  # noqa: PLC0415

        settings.ALLOWED_HOSTS = ["testserver"]
        user = User.objects.create_superuser("admin", password="elements benchmark")
        results = Results("elements", {name: getattr(arguments, name) for name in ("items", "placed", "rounds")})
        for elements in (14, 300, 2_000):
            items = min(arguments.placed, MOST_ELEMENTS // elements)
            each = placing(user, elements, items)
            results.settings[f"placed with {elements:,} elements"] = items
            figure = results.add(f"placing an item of {elements:,} elements", each, "ms", PLACE_LIMIT)
            write(f"{items:,} items of {elements:,} elements: {figure.value} ms each{'  ABOVE' * figure.missed}")
        pages(user, arguments.items, arguments.rounds, results)
        write(f"written to {results.save()}")
        return results.missed


def value(elements: int) -> dict[str, Any]:
    """A value of spans."""
    spans = [
        {"id": f"s{n}", "start": 12 * n, "end": 12 * n + 8, "label": f"class_{n % CLASSES}", "attributes": {}}
        for n in range(elements)
    ]
    return {"spans": spans, "relations": []}


def dataset_of(user: Any, slug: str, elements: int) -> tuple[Any, dict[str, Any]]:
    """An empty dataset with a labeler and a run, and the values of statements about it."""
    import json  # noqa: PLC0415

    from django.db.models.functions import Now  # noqa: PLC0415 - needs Django

    from datasets.making import NewClass, create_dataset  # noqa: PLC0415
    from labeling.models import Edition, Labeler, Run, RunStatus  # noqa: PLC0415
    from labeling.policies.editions import edition_of  # noqa: PLC0415

    classes = [NewClass(f"class_{number}") for number in range(CLASSES)]
    dataset = create_dataset(
        name=slug.title(), slug=slug, item_kind="text", task_kind="spans", creator=user, classes=classes,
        accept_uncalibrated=True,
    )  # fmt: skip
    labeler = Labeler.objects.create(dataset=dataset, name="machine", kind="imported", created_by=user)
    edition = edition_of(labeler=labeler, model=None, config={})
    Edition.objects.filter(pk=edition.pk).update(calibrated_at=Now())
    run = Run.objects.create(
        dataset=dataset, labeler=labeler, edition=edition, status=RunStatus.DONE, total=1, created_by=user
    )
    given = {f"class_{n}": 0.95 for n in range(min(CLASSES, elements))}
    counts = {name: elements // len(given) for name in given}
    values = {"dataset": dataset.pk, "labeler": labeler.pk, "run": run.pk, "user": user.pk}
    texts = {"value": json.dumps(value(elements)), "counts": json.dumps(counts), "floors": json.dumps(given)}
    return dataset, {**values, **texts, "elements": ELEMENTS, "classes": CLASSES}


def placing(user: Any, elements: int, items: int) -> float:
    """Milliseconds an item, with a threshold for each class."""
    from dataclasses import replace  # noqa: PLC0415

    from django.db import connection, transaction  # noqa: PLC0415 - needs Django

    from datasets.models import Item  # noqa: PLC0415
    from labeling.policies.changing import set_policy  # noqa: PLC0415
    from labeling.policies.placing import place_items, share_policy  # noqa: PLC0415

    dataset, values = dataset_of(user, f"placed-{elements}", elements)
    own = {f"class_{n}": 0.9 + n / 400 for n in range(CLASSES)}
    set_policy(
        dataset=dataset, actor=user, change=lambda rule: replace(rule, class_thresholds=own), note="", seen=""
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO labeling_item (dataset_id, external_id, content_hash, text, metadata, draw, created_at,
                 status, lane, sampled)
               SELECT %(dataset)s, 'i' || n, decode(md5(n::text), 'hex'), 'text', '{}',
                 ((n * 0.618)::numeric %% 1)::float8, now(), 'pending', '', false
               FROM generate_series(1, %(items)s) AS n""",
            values | {"items": items},
        )
        cursor.execute(_PRELABELS, values)
        cursor.execute("VACUUM ANALYZE labeling_item")
        cursor.execute("VACUUM ANALYZE labeling_prelabel")
    ids = list(Item.objects.filter(dataset=dataset).order_by("pk").values_list("pk", flat=True))
    began = time.perf_counter()
    for start in range(0, len(ids), CHUNK):
        with transaction.atomic():
            place_items(dataset=dataset, item_ids=ids[start : start + CHUNK], policy=share_policy(dataset))
    return 1_000 * (time.perf_counter() - began) / len(ids)


def pages(user: Any, items: int, rounds: int, results: Results) -> None:
    """The pages and the API of figures."""
    from django.db import connection  # noqa: PLC0415 - needs Django
    from django.test import Client  # noqa: PLC0415

    from datasets.models import ElementTally, Item, PairTally  # noqa: PLC0415

    began = time.monotonic()
    dataset, values = dataset_of(user, "elements", ELEMENTS)
    fill(items, values)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), coalesce(sum(n), 0) FROM labeling_comparedpair")
        pairs, compared = map(int, cursor.fetchone())
    decided = Item.objects.filter(dataset=dataset, human_labels__isnull=False).count()
    write(f"{items:,} items, {decided:,} decided, {pairs:,} pairs made in {time.monotonic() - began:.0f} s")
    results.settings |= {"elements": items * ELEMENTS, "decided": decided, "pairs": pairs, "compared": compared}
    for table in (ElementTally, PairTally):
        results.add(f"{table._meta.verbose_name}, cells", table.objects.count(), "cells")
    client = Client()
    client.force_login(user)
    home = "/datasets/elements/"
    for name, path in (
        ("accuracy, estimated", f"{home}accuracy/"),
        ("accuracy, reviewed", f"{home}accuracy/?view=reviewed"),
        ("home", home),
        ("elements of a common pair", f"{home}accuracy/elements/?predicted=class_3&human=class_3"),
        ("elements of a rare pair", f"{home}accuracy/elements/?predicted=class_3&human=class_9"),
        (
            "elements, missed, that the estimate rests on",
            f"{home}accuracy/elements/?predicted=&human=class_9&checks=on",
        ),
    ):
        times = []
        for number in range(rounds + 1):
            start = time.perf_counter()
            answer = client.get(path)
            if answer.status_code != 200:
                raise SystemExit(f"{answer.status_code}: {answer.content[:500]!r}")
            if number:
                times.append(1_000 * (time.perf_counter() - start))
        figure = results.add(name, statistics.median(times), "ms", PAGE_LIMIT)
        write(f"{name:45} {figure.value:10.1f} {PAGE_LIMIT:8.0f}{'  ABOVE' if figure.missed else ''}")


def fill(items: int, values: dict[str, Any]) -> None:
    """Items, pre-labels and pairs, with the sums that triggers make of them, folded."""
    from django.db import connection, transaction  # noqa: PLC0415 - needs Django

    from datasets import element_tallies, tallies  # noqa: PLC0415

    with connection.cursor() as cursor:
        for first in range(1, items + 1, STEP):
            with transaction.atomic():
                cursor.execute(_ITEMS, {**values, "first": first, "last": min(items, first + STEP - 1)})
        cursor.execute(_PRELABELS, values)
        cursor.execute(_SPEAKS, values)
        cursor.execute("VACUUM ANALYZE labeling_item")
        after = 0
        while True:
            cursor.execute(_PAIRS, values | {"after": after, "step": 10_000})
            if not cursor.rowcount:
                break
            cursor.execute("SELECT max(item_id) FROM labeling_comparedpair")
            (after,) = cursor.fetchone()
        while tallies.fold():
            pass
        while element_tallies.fold():
            pass
        cursor.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    sys.exit(main())
