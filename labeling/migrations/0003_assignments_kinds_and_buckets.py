"""Split assignments as leased rows; room for the names of other packages; buckets that round as people do."""

import importlib
from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TRIGGERS = importlib.import_module("labeling.migrations.0002_triggers")
OLD, NEW = "floor(auto_confidence * 100)::smallint", "floor(auto_confidence * 100 + 1e-9)::smallint"
CELLS = TRIGGERS.CELLS.replace(OLD, NEW)


def tally_function(cells: str) -> str:
    """The function of 0002 that tallies items, with other columns."""
    made: str = TRIGGERS.TALLIES.partition("CREATE TRIGGER")[0]
    return made.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").replace(TRIGGERS.CELLS, cells)


RECOUNT = f"""
LOCK TABLE labeling_item IN SHARE MODE;
DELETE FROM labeling_tally;
DELETE FROM labeling_tallydelta;
INSERT INTO labeling_tallydelta (dataset_id, status, lane, labeler_id, auto_labels, human_labels, above_threshold,
    sampled, sampling_rate, blind, bucket, n)
  SELECT {CELLS}, count(*) FROM labeling_item GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11;
"""  # noqa: S608 - CELLS is a constant of this module


class Migration(migrations.Migration):
    """One table, wider columns, one function; the tallies are counted afresh."""

    dependencies: ClassVar = [("labeling", "0002_triggers")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="SplitAssignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("fence", models.PositiveBigIntegerField(default=0)),
                ("attempt", models.PositiveIntegerField(default=0)),
                ("crash_count", models.PositiveIntegerField(default=0)),
                ("owner", models.CharField(blank=True, default="", max_length=100)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("next_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.TextField(blank=True, default="")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("parts", models.JSONField()),
                ("only_missing", models.BooleanField(default=True)),
                ("position", models.BigIntegerField(default=0)),
                ("moved", models.PositiveBigIntegerField(default=0)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="split_assignments",
                        to="labeling.dataset",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "abstract": False,
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["pending", "running"])),
                        fields=["id"],
                        name="split_assignment_open",
                    )
                ],
            },
        ),
        migrations.AlterField(model_name="labeler", name="kind", field=models.CharField(max_length=40)),
        migrations.AlterField(model_name="import", name="format", field=models.CharField(max_length=40)),
        migrations.RunSQL(tally_function(CELLS), tally_function(TRIGGERS.CELLS)),
        migrations.RunSQL(RECOUNT, migrations.RunSQL.noop),
    ]
