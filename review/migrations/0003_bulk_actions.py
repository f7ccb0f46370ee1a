"""Changes of many items at once, and decisions outside the queue."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from ground.sql.guards import append_only, checked


class Migration(migrations.Migration):
    """Two tables and their guard."""

    dependencies = [
        ("datasets", "0007_item_lists"),
        ("review", "0002_chain"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="decision",
            name="origin",
            field=models.CharField(
                choices=[
                    ("review", "Review"),
                    ("import", "Import"),
                    ("adjudication", "Adjudication"),
                    ("correction", "Correction"),
                ],
                default="review",
                max_length=12,
            ),
        ),
        migrations.CreateModel(
            name="BulkAction",
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
                ("failures", models.PositiveBigIntegerField(default=0)),
                ("issues", models.JSONField(default=list)),
                ("position", models.BigIntegerField(default=0)),
                ("moved", models.PositiveBigIntegerField(default=0)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("send", "Send to review"),
                            ("label", "Label"),
                            ("exclude", "Exclude"),
                            ("include", "Include again"),
                            ("split", "Set split"),
                            ("undo", "Undo"),
                        ],
                        max_length=10,
                    ),
                ),
                ("selection", models.JSONField(default=dict)),
                ("given", models.JSONField(default=dict)),
                ("total", models.PositiveBigIntegerField(default=0)),
                ("skipped", models.JSONField(default=dict)),
                ("group_id", models.UUIDField(default=uuid.uuid4)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="bulk_actions", to="datasets.dataset"
                    ),
                ),
                (
                    "undoes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="undone_by",
                        to="review.bulkaction",
                    ),
                ),
            ],
            options={
                "db_table": "review_bulkaction",
                "ordering": ["-id"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="BulkChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("before", models.JSONField()),
                (
                    "action",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="review.bulkaction",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="datasets.item",
                    ),
                ),
            ],
            options={
                "db_table": "review_bulkchange",
            },
        ),
        migrations.AddIndex(
            model_name="bulkaction",
            index=models.Index(
                condition=models.Q(("state__in", ["pending", "running"])), fields=["id"], name="bulk_action_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["send", "label", "exclude", "include", "split", "undo"])),
                name="bulk_kind_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "undo"), ("undoes__isnull", True), _connector="XOR"),
                name="bulk_undo_names_what_it_undoes",
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkchange",
            constraint=models.UniqueConstraint(fields=("action", "item"), name="bulk_change_once_per_action_and_item"),
        ),
        append_only("review_bulkchange"),
        checked("review_bulkchange", {"item_id": "labeling_item"}),
    ]
