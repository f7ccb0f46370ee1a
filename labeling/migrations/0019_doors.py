"""Sessions by a digest of their key, tries at passwords, invitations that end, and more that the audit log records."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ACTIONS = [
    ("signed_in", "Signed in"),
    ("sign_in_failed", "Failed to sign in"),
    ("signed_out", "Signed out"),
    ("second_factor_failed", "Failed a second factor"),
    ("guessing_stopped", "Was stopped from guessing"),
    ("sessions_ended", "Ended sessions"),
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
    ("invitation_revoked", "Revoked an invitation"),
    ("invitation_accepted", "Accepted an invitation"),
    ("token_made", "Made an API token"),
    ("token_revoked", "Revoked an API token"),
    ("secret_set", "Set, cleared or lost a labeler's secret"),
    ("settings_changed", "Changed a dataset's settings"),
    ("class_added", "Added a class"),
    ("class_changed", "Changed a class"),
    ("class_retired", "Retired a class"),
    ("labeler_made", "Made a labeler"),
    ("labeler_changed", "Changed a labeler"),
    ("splits_assigned", "Shared items out among splits"),
    ("policy_changed", "Changed the policy"),
    ("reviews_changed", "Changed the reviews per item"),
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
    dependencies = [
        ("labeling", "0018_editions"),
    ]

    operations = [
        # Django's own table of sessions, which held the cookies' keys: the product has another.
        migrations.RunSQL("DROP TABLE IF EXISTS django_session", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("name", models.CharField(blank=True, max_length=150)),
                ("address", models.CharField(blank=True, max_length=45)),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                ("key_digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("data", models.TextField()),
                ("address", models.CharField(blank=True, default="", max_length=45)),
                ("device", models.CharField(blank=True, default="", max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "ordering": ["-seen_at"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="auditevent",
            name="audit_action_is_known",
        ),
        migrations.AddField(
            model_name="invitation",
            name="revoked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="action",
            field=models.CharField(
                choices=ACTIONS,
                max_length=30,
            ),
        ),
        migrations.AddConstraint(
            model_name="auditevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("action__in", [name for name, _ in ACTIONS])),
                name="audit_action_is_known",
            ),
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(fields=["kind", "name", "at"], name="attempt_by_name"),
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(fields=["kind", "address", "at"], name="attempt_by_address"),
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(fields=["at"], name="attempt_by_age"),
        ),
        migrations.AddField(
            model_name="session",
            name="user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="sessions",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
