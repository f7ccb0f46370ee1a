"""A kind of bulk action: texts marked as ordinary."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("datasets", "0009_names_of_statuses"),
        ("review", "0004_names_of_statuses"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="bulkaction",
            name="bulk_kind_is_known",
        ),
        migrations.AlterField(
            model_name="bulkaction",
            name="kind",
            field=models.CharField(
                choices=[
                    ("send", "Send to review"),
                    ("label", "Label"),
                    ("exclude", "Exclude"),
                    ("include", "Include again"),
                    ("split", "Set split"),
                    ("clear", "Mark as ordinary text"),
                    ("undo", "Undo"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["send", "label", "exclude", "include", "split", "clear", "undo"])),
                name="bulk_kind_is_known",
            ),
        ),
    ]
