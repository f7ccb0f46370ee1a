"""Counts without the confidence, and counts without the labels: few figures need both."""

from typing import ClassVar

import django.contrib.postgres.fields
from django.db import migrations, models

_LABEL_CELL = """status, lane, labeler_id, auto_labels, human_labels, above_threshold, sampled, sampling_rate, blind"""
_BUCKET_CELL = """status, lane, labeler_id, labelled, checked, matched, above_threshold, sampled, sampling_rate, blind,
    bucket"""

# A fold that runs meanwhile waits: what it takes out of the inbox must be in all tables or in none.
FILL = f"""
LOCK TABLE labeling_tally IN SHARE MODE;
INSERT INTO labeling_labeltally (dataset_id, cell, {_LABEL_CELL}, n)
  SELECT dataset_id, md5(ROW({_LABEL_CELL})::text)::uuid, {_LABEL_CELL}, sum(n) FROM labeling_tally
  GROUP BY dataset_id, {_LABEL_CELL} HAVING sum(n) <> 0;
INSERT INTO labeling_buckettally (dataset_id, cell, {_BUCKET_CELL}, n)
  SELECT dataset_id, md5(ROW({_BUCKET_CELL})::text)::uuid, {_BUCKET_CELL}, sum(n)
  FROM (SELECT *, auto_labels IS NOT NULL AS labelled, human_labels IS NOT NULL AS checked,
          auto_labels = human_labels AS matched FROM labeling_tally) AS seen
  GROUP BY dataset_id, {_BUCKET_CELL} HAVING sum(n) <> 0;
"""  # noqa: S608 - the columns are constants


class Migration(migrations.Migration):
    """Two tables, filled from the tallies."""

    dependencies: ClassVar = [
        ("labeling", "0012_checked_items"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="BucketTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("dataset_id", models.BigIntegerField()),
                ("status", models.CharField(max_length=10)),
                ("lane", models.CharField(max_length=12)),
                ("labeler_id", models.BigIntegerField(null=True)),
                ("above_threshold", models.BooleanField(null=True)),
                ("sampled", models.BooleanField()),
                ("sampling_rate", models.FloatField(null=True)),
                ("blind", models.BooleanField(null=True)),
                ("n", models.BigIntegerField()),
                ("cell", models.UUIDField()),
                ("labelled", models.BooleanField()),
                ("checked", models.BooleanField()),
                ("matched", models.BooleanField(null=True)),
                ("bucket", models.SmallIntegerField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("dataset_id", "cell"), name="bucket_tally_once_per_cell")
                ],
            },
        ),
        migrations.CreateModel(
            name="LabelTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("dataset_id", models.BigIntegerField()),
                ("status", models.CharField(max_length=10)),
                ("lane", models.CharField(max_length=12)),
                ("labeler_id", models.BigIntegerField(null=True)),
                ("above_threshold", models.BooleanField(null=True)),
                ("sampled", models.BooleanField()),
                ("sampling_rate", models.FloatField(null=True)),
                ("blind", models.BooleanField(null=True)),
                ("n", models.BigIntegerField()),
                ("cell", models.UUIDField()),
                (
                    "auto_labels",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), null=True, size=None),
                ),
                (
                    "human_labels",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), null=True, size=None),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("dataset_id", "cell"), name="label_tally_once_per_cell")
                ],
            },
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
