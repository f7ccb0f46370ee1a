"""Counts by status and lane of their own, so that a review page does not add up every cell."""

from typing import ClassVar

from django.db import migrations, models

FILL = """
INSERT INTO labeling_standingtally (dataset_id, status, lane, n)
  SELECT dataset_id, status, lane, sum(n) FROM labeling_tally GROUP BY 1, 2, 3 HAVING sum(n) <> 0;
"""


class Migration(migrations.Migration):
    """One table, filled from the tallies."""

    dependencies: ClassVar = [("labeling", "0003_assignments_kinds_and_buckets")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="StandingTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("dataset_id", models.BigIntegerField()),
                ("status", models.CharField(max_length=10)),
                ("lane", models.CharField(max_length=12)),
                ("n", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("dataset_id", "status", "lane"), name="standing_tally_once")
                ]
            },
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
