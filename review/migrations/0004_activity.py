"""The ledger of what people did, by quarters of an hour."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Two tables; the sweep fills them from the history."""

    dependencies: ClassVar = [("labeling", "0009_token_reach"), ("review", "0003_longer_format_names")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="ActivityMark",
            fields=[
                (
                    "dataset",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="activity_mark",
                        serialize=False,
                        to="labeling.dataset",
                    ),
                ),
                ("until", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Activity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_at", models.DateTimeField()),
                ("decisions", models.PositiveIntegerField()),
                ("checks", models.PositiveIntegerField()),
                ("right", models.PositiveIntegerField()),
                (
                    "dataset",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="activity",
                        to="labeling.dataset",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "activity",
                "constraints": [
                    models.UniqueConstraint(fields=("dataset", "starts_at"), name="activity_once_per_quarter")
                ],
            },
        ),
    ]
