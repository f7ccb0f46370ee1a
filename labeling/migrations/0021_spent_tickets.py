"""Digests of what has let somebody in and lets in nobody else."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0020_audit_actions"),
    ]

    operations = [
        migrations.CreateModel(
            name="SpentTicket",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
