"""The audit log, guarded like every history: rows are added and read, never changed."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ACTIONS = [
    ("signed_in", "Signed in"),
    ("sign_in_failed", "Failed to sign in"),
    ("signed_out", "Signed out"),
    ("password_changed", "Changed a password"),
    ("user_changed", "Made or changed a user"),
    ("member_added", "Added a member"),
    ("role_changed", "Changed a role"),
    ("member_removed", "Removed a member"),
    ("invitation_made", "Made an invitation"),
    ("invitation_accepted", "Accepted an invitation"),
    ("token_made", "Made an API token"),
    ("token_revoked", "Revoked an API token"),
    ("secret_set", "Set a labeler's secret"),
    ("policy_changed", "Changed the policy"),
    ("run_started", "Started a run"),
    ("run_cancelled", "Cancelled a run"),
    ("run_recalled", "Recalled a run"),
    ("import_started", "Started an import"),
    ("export_made", "Made an export"),
    ("dataset_made", "Made a dataset"),
    ("dataset_archived", "Archived a dataset"),
    ("dataset_restored", "Restored a dataset"),
]

GUARD = """
CREATE TRIGGER labeling_auditevent_append_only BEFORE UPDATE OR DELETE ON labeling_auditevent
  FOR EACH ROW EXECUTE FUNCTION countersign_refuse_change();
CREATE TRIGGER labeling_auditevent_no_truncate BEFORE TRUNCATE ON labeling_auditevent
  FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse_change();
"""

UNGUARD = """
DROP TRIGGER labeling_auditevent_append_only ON labeling_auditevent;
DROP TRIGGER labeling_auditevent_no_truncate ON labeling_auditevent;
"""


class Migration(migrations.Migration):
    """A table and its triggers."""

    dependencies: ClassVar = [
        ("labeling", "0007_workers"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("action", models.CharField(choices=ACTIONS, max_length=30)),
                ("target", models.CharField(blank=True, max_length=300)),
                ("details", models.JSONField(blank=True, default=dict)),
                ("address", models.CharField(blank=True, max_length=45)),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="labeling.dataset",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["dataset", "-id"], name="audit_by_dataset"),
                    models.Index(fields=["action", "-id"], name="audit_by_action"),
                    models.Index(fields=["actor", "-id"], name="audit_by_actor"),
                    models.Index(
                        condition=models.Q(("action__in", ["signed_in", "sign_in_failed"])),
                        fields=["target", "address", "-id"],
                        name="audit_of_sign_ins",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("action__in", [name for name, _ in ACTIONS])), name="audit_action_is_known"
                    )
                ],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
