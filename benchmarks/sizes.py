"""Bytes that an item takes in the database, with its pre-label, its review slot and its decision.

    .venv/bin/python benchmarks/sizes.py [--items 100000]

Texts of about a hundred characters, 77 classes. Indexes are counted with the table that they belong to.
"""

import argparse
import sys

from _results import Results
from _scale import Scale, make
from _scratch import scratch_database, write

TABLES = {
    "item": "labeling_item",
    "words": "labeling_itemwords",
    "pre-label": "labeling_prelabel",
    "waiting slot": "labeling_waiting",
    "decision": "review_decision",
}


def main() -> int:
    """Make the dataset, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    arguments = parser.parse_args()
    with scratch_database():
        from django.db import connection  # noqa: PLC0415 - needs Django

        from accounts.models import User  # noqa: PLC0415

        user = User.objects.create_superuser("admin", password="sizes benchmark")
        make(Scale("sizes", arguments.items, decided=0.27, low=0.3), user)
        results = Results("sizes", {"items": arguments.items})
        write("                 bytes   of them indexes")
        with connection.cursor() as cursor:
            for what, table in TABLES.items():
                cursor.execute(
                    f"SELECT count(*), pg_total_relation_size('{table}'), pg_indexes_size('{table}') FROM {table}"
                )
                rows, total, indexes = cursor.fetchone()
                results.add(what, total / rows, "bytes")
                results.add(f"{what}, indexes", indexes / rows, "bytes")
                write(f"{what:13}{total / rows:9.0f}{indexes / rows:18.0f}")
        write(f"written to {results.save()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
