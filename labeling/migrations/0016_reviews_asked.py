"""What people were asked and have answered is kept with each item; a job asks anew when the number changes."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Items that people have answered keep the number of reviews that their dataset asks for at present.
FILL = """
UPDATE labeling_item AS i SET answers = given.n,
  reviews_asked = CASE WHEN given.imported THEN 0 ELSE ds.reviews_per_item END,
  requested = given.requested
FROM labeling_dataset AS ds, (
  SELECT d.item_id, count(*) AS n, bool_or(d.origin = 'import') AS imported, bool_or(d.lane = 'manual') AS requested
  FROM review_decision AS d
  WHERE d.verdict IN ('label', 'reject', 'unsure') AND d.probe_caught IS NOT FALSE
    AND NOT EXISTS (SELECT FROM review_decision AS u WHERE u.undoes_id = d.id)
  GROUP BY d.item_id) AS given
WHERE given.item_id = i.id AND ds.id = i.dataset_id;
UPDATE labeling_item AS i SET reviews_asked = ds.reviews_per_item, requested = i.lane = 'manual'
FROM labeling_dataset AS ds WHERE ds.id = i.dataset_id AND i.status = 'waiting' AND i.answers = 0;
"""


class Migration(migrations.Migration):
    """Three columns of items, filled from the history, and a table of jobs."""

    dependencies = [
        ("labeling", "0015_item_words"),
        ("review", "0007_reviewer_activity"),
    ]

    operations = [
        migrations.CreateModel(
            name="Resettlement",
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
                ("position", models.BigIntegerField(default=0)),
                ("moved", models.PositiveBigIntegerField(default=0)),
                ("reviews", models.PositiveSmallIntegerField()),
                ("reopen", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["-id"],
                "abstract": False,
            },
        ),
        migrations.RemoveConstraint(
            model_name="auditevent",
            name="audit_action_is_known",
        ),
        migrations.AddField(
            model_name="item",
            name="answers",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="item",
            name="requested",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="item",
            name="reviews_asked",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="auditevent",
            name="action",
            field=models.CharField(
                choices=[
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
                    ("reviews_changed", "Changed the reviews per item"),
                    ("run_started", "Started a run"),
                    ("run_cancelled", "Cancelled a run"),
                    ("run_recalled", "Recalled a run"),
                    ("import_started", "Started an import"),
                    ("export_made", "Made an export"),
                    ("dataset_made", "Made a dataset"),
                    ("dataset_archived", "Archived a dataset"),
                    ("dataset_restored", "Restored a dataset"),
                ],
                max_length=30,
            ),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                condition=models.Q(("answers__gt", 0)), fields=["dataset", "status", "answers"], name="item_by_answers"
            ),
        ),
        migrations.AddConstraint(
            model_name="auditevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "action__in",
                        [
                            "signed_in",
                            "sign_in_failed",
                            "signed_out",
                            "second_factor_failed",
                            "confirmed",
                            "password_changed",
                            "factor_added",
                            "factor_removed",
                            "factors_reset",
                            "recovery_codes_made",
                            "identity_linked",
                            "identity_unlinked",
                            "user_changed",
                            "member_added",
                            "role_changed",
                            "member_removed",
                            "invitation_made",
                            "invitation_accepted",
                            "token_made",
                            "token_revoked",
                            "secret_set",
                            "policy_changed",
                            "reviews_changed",
                            "run_started",
                            "run_cancelled",
                            "run_recalled",
                            "import_started",
                            "export_made",
                            "dataset_made",
                            "dataset_archived",
                            "dataset_restored",
                        ],
                    )
                ),
                name="audit_action_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["pending", "accepted"]), _negated=True),
                    models.Q(("answers", 0), ("requested", False)),
                    _connector="OR",
                ),
                name="answered_or_requested_item_is_not_left_to_the_machine",
            ),
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["reviewed", "disputed", "excluded"]), _negated=True),
                    ("answers__gt", 0),
                    _connector="OR",
                ),
                name="decided_item_has_an_answer",
            ),
        ),
        migrations.AddField(
            model_name="resettlement",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="resettlement",
            name="dataset",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="resettlements", to="labeling.dataset"
            ),
        ),
        migrations.AddIndex(
            model_name="resettlement",
            index=models.Index(
                condition=models.Q(("state__in", ["pending", "running"])), fields=["id"], name="resettlement_open"
            ),
        ),
    ]
