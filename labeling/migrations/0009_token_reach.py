"""How far an API token reaches: which datasets, and with which highest role."""

from typing import ClassVar

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("labeling", "0008_audit_events"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="apitoken",
            name="dataset_ids",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), blank=True, null=True, size=None
            ),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="role",
            field=models.CharField(
                blank=True,
                choices=[
                    ("viewer", "Viewer: looks"),
                    ("reviewer", "Reviewer: decides"),
                    ("manager", "Manager: imports, runs, sets thresholds, exports"),
                    ("admin", "Admin: members and secrets"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["", "viewer", "reviewer", "manager", "admin"])),
                name="token_role_is_known",
            ),
        ),
    ]
