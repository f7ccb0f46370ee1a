"""Editions of labelers, which are compared with people, and the least shares that are drawn of small parts.

Policies that are there keep their meaning: they accept without a comparison, and the next version can ask for one.
"""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

# A run before this knew its model and configuration; what is stored here as their digest need only be equal for equal
# ones.
FILL = """
INSERT INTO labeling_edition (labeler_id, model_version_id, config_hash, draw_rate, created_at)
  SELECT DISTINCT labeler_id, model_version_id, md5(config::text), 0, now() FROM labeling_run;
UPDATE labeling_run AS r SET edition_id = e.id FROM labeling_edition AS e
  WHERE e.labeler_id = r.labeler_id AND e.model_version_id IS NOT DISTINCT FROM r.model_version_id
    AND e.config_hash = md5(r.config::text);
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("labeling", "0017_turns_and_failed_units")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Edition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("config_hash", models.CharField(max_length=32)),
                ("calibrated_at", models.DateTimeField(blank=True, null=True)),
                ("draw_rate", models.FloatField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "labeler",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="editions", to="labeling.labeler"
                    ),
                ),
                (
                    "model_version",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="labeling.modelversion",
                    ),
                ),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.AddConstraint(
            model_name="edition",
            constraint=models.UniqueConstraint(
                fields=("labeler", "model_version", "config_hash"),
                name="edition_once_per_model_and_configuration",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="edition",
            constraint=models.CheckConstraint(
                condition=models.Q(("draw_rate__gte", 0), ("draw_rate__lte", 1)), name="edition_draw_rate_lies_in_0_1"
            ),
        ),
        migrations.CreateModel(
            name="LeastDraws",
            fields=[
                (
                    "labeler",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="least_draws",
                        serialize=False,
                        to="labeling.labeler",
                    ),
                ),
                ("above", models.FloatField(default=0)),
                ("below", models.FloatField(default=0)),
            ],
            options={"verbose_name_plural": "least draws"},
        ),
        migrations.AddConstraint(
            model_name="leastdraws",
            constraint=models.CheckConstraint(
                condition=models.Q(("above__gte", 0), ("above__lte", 1), ("below__gte", 0), ("below__lte", 1)),
                name="least_draws_lie_in_0_1",
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="edition",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="runs",
                to="labeling.edition",
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="run",
            name="edition",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="runs", to="labeling.edition"
            ),
        ),
        migrations.AddField(
            model_name="policy",
            name="accept_uncalibrated",
            field=models.BooleanField(default=True),
        ),
        migrations.AlterField(
            model_name="policy",
            name="accept_uncalibrated",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(model_name="run", name="first_item", field=models.BigIntegerField(blank=True, null=True)),
        migrations.AddField(
            model_name="import", name="first_item", field=models.BigIntegerField(blank=True, null=True)
        ),
        migrations.AlterField(
            model_name="run",
            name="scope",
            field=models.CharField(
                choices=[
                    ("remaining", "Items that nobody has reviewed, and random checks"),
                    ("unseen", "Items that this labeler has not looked at"),
                    ("new", "Items that came with an import"),
                    ("sample", "A random sample"),
                    ("failed", "Items on which another run failed"),
                    ("all", "All items, reviewed ones too"),
                ],
                default="remaining",
                max_length=10,
            ),
        ),
    ]
