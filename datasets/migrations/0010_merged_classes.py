import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# The names that a value has now, each once, in the order in which it has them; the elements of each class, and the
# least sure of each, where two classes have become one. `merged`: names of merged classes, and of those that stand for
# them.
FUNCTIONS = """
CREATE FUNCTION countersign_merged_names(value jsonb, path jsonpath, merged jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(name ORDER BY at), '{}') FROM (
    SELECT coalesce(merged ->> said, said) AS name, min(at) AS at
    FROM (SELECT name #>> '{}' AS said, at FROM jsonb_path_query(value, path) WITH ORDINALITY AS named (name, at)) AS s
    GROUP BY 1) AS now
$$;
CREATE FUNCTION countersign_merged_counts(counts jsonb, merged jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN counts IS NOT NULL THEN coalesce(jsonb_object_agg(name, n), '{}') END FROM (
    SELECT coalesce(merged ->> said, said) AS name, sum(n::bigint) AS n
    FROM jsonb_each_text(counts) AS of_class (said, n) GROUP BY 1) AS now
$$;
CREATE FUNCTION countersign_merged_floors(floors jsonb, merged jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN floors IS NOT NULL THEN coalesce(jsonb_object_agg(name, least), '{}') END FROM (
    SELECT coalesce(merged ->> said, said) AS name,
      CASE WHEN count(*) = count(floor) THEN min(floor::float8) END AS least
    FROM jsonb_each_text(floors) AS of_class (said, floor) GROUP BY 1) AS now
$$;
"""
NO_FUNCTIONS = """
DROP FUNCTION countersign_merged_floors(jsonb, jsonb);
DROP FUNCTION countersign_merged_counts(jsonb, jsonb);
DROP FUNCTION countersign_merged_names(jsonb, jsonpath, jsonb);
"""


class Migration(migrations.Migration):
    """Columns, the pass over the items, and three functions."""

    dependencies = [
        ("datasets", "0009_names_of_statuses"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ClassMerge",
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
            ],
            options={
                "db_table": "labeling_classmerge",
                "ordering": ["-id"],
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="dataset",
            name="merged_classes",
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.AddField(
            model_name="labelclass",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="datasets.labelclass",
            ),
        ),
        migrations.AddConstraint(
            model_name="labelclass",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("merged_into__isnull", True),
                    models.Q(("retired_at__isnull", False), models.Q(("merged_into", models.F("id")), _negated=True)),
                    _connector="OR",
                ),
                name="merged_class_is_retired",
            ),
        ),
        migrations.AddField(
            model_name="classmerge",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="classmerge",
            name="dataset",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="class_merges", to="datasets.dataset"
            ),
        ),
        migrations.AddField(
            model_name="classmerge",
            name="into",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="datasets.labelclass",
            ),
        ),
        migrations.AddField(
            model_name="classmerge",
            name="label_class",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="datasets.labelclass"
            ),
        ),
        migrations.AddIndex(
            model_name="classmerge",
            index=models.Index(
                condition=models.Q(("state__in", ["pending", "running"])), fields=["id"], name="class_merge_open"
            ),
        ),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
    ]
