"""Runs over chosen items."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """A column."""

    dependencies = [
        ("labeling", "0002_guards"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="selection",
            field=models.JSONField(blank=True, null=True),
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
                    ("chosen", "Items that somebody chose"),
                ],
                default="remaining",
                max_length=10,
            ),
        ),
    ]
