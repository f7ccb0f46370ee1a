"""Texts that people call ordinary: append-only."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from ground.sql.guards import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("datasets", "0009_names_of_statuses"),
        ("labeling", "0004_run_results"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Clearance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text_hash", models.BinaryField(max_length=32)),
                ("ordinary", models.BooleanField()),
                ("said_at", models.DateTimeField(auto_now_add=True)),
                (
                    "item",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="clearances",
                        to="datasets.item",
                    ),
                ),
                (
                    "said_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "labeling_clearance",
                "indexes": [models.Index(fields=["item", "-id"], name="clearance_newest")],
            },
        ),
        append_only("labeling_clearance"),
    ]
