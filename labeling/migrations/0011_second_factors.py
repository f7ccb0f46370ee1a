"""More that the audit log records, and sessions that end when second factors change."""

from typing import ClassVar

from django.db import migrations, models

ACTIONS = [
    ("signed_in", "Signed in"),
    ("sign_in_failed", "Failed to sign in"),
    ("signed_out", "Signed out"),
    ("second_factor_failed", "Failed a second factor"),
    ("confirmed", "Confirmed who they are"),
    ("password_changed", "Changed a password"),
    ("factor_added", "Added a second factor"),
    ("factor_removed", "Removed a second factor"),
    ("factors_reset", "Took away all second factors"),
    ("recovery_codes_made", "Made recovery codes"),
    ("identity_linked", "Linked an account of the identity provider"),
    ("identity_unlinked", "Unlinked an account of the identity provider"),
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


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("labeling", "0010_implied_constraints"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="user",
            name="session_epoch",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="action",
            field=models.CharField(choices=ACTIONS, max_length=30),
        ),
        migrations.RemoveConstraint(model_name="auditevent", name="audit_action_is_known"),
        migrations.AddConstraint(
            model_name="auditevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("action__in", [name for name, _ in ACTIONS])), name="audit_action_is_known"
            ),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(
                condition=models.Q(("action__in", ["signed_in", "confirmed", "second_factor_failed"])),
                fields=["target", "-id"],
                name="audit_of_second_factors",
            ),
        ),
    ]
