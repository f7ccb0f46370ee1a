"""Saved views of the list of items, and the indexes of its filters."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """A table and indexes."""

    dependencies = [
        ("datasets", "0006_search"),
        ("labeling", "0002_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("query", models.CharField(max_length=2000)),
                ("shared", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "db_table": "labeling_savedview",
                "ordering": ["name"],
            },
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["dataset", "auto_labeler", "id"], name="item_by_labeler"),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                condition=models.Q(("lane", ""), _negated=True), fields=["dataset", "lane", "id"], name="item_by_lane"
            ),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                condition=models.Q(("split__isnull", False)), fields=["dataset", "split", "id"], name="item_by_split"
            ),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(condition=models.Q(("matched", False)), fields=["dataset", "id"], name="item_corrected"),
        ),
        migrations.AddField(
            model_name="savedview",
            name="dataset",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="saved_views", to="datasets.dataset"
            ),
        ),
        migrations.AddField(
            model_name="savedview",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(
                fields=("dataset", "owner", "name"), name="saved_view_once_per_person_and_name"
            ),
        ),
    ]
