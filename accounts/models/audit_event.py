"""The audit log: who did what, when and from where. Append-only, enforced by triggers."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class AuditAction(models.TextChoices):
    """The recorded actions."""

    SIGNED_IN = "signed_in", "Signed in"
    SIGN_IN_FAILED = "sign_in_failed", "Failed to sign in"
    SIGNED_OUT = "signed_out", "Signed out"
    SECOND_FACTOR_FAILED = "second_factor_failed", "Failed a second factor"
    GUESSING_STOPPED = "guessing_stopped", "Was stopped from guessing"
    SESSIONS_ENDED = "sessions_ended", "Ended sessions"
    CONFIRMED = "confirmed", "Confirmed who they are"
    PASSWORD_CHANGED = "password_changed", "Changed a password"
    FACTOR_ADDED = "factor_added", "Added a second factor"
    FACTOR_REMOVED = "factor_removed", "Removed a second factor"
    FACTORS_RESET = "factors_reset", "Removed all second factors"
    RECOVERY_CODES_MADE = "recovery_codes_made", "Created recovery codes"
    IDENTITY_LINKED = "identity_linked", "Linked an account of the identity provider"
    IDENTITY_UNLINKED = "identity_unlinked", "Unlinked an account of the identity provider"
    USER_CHANGED = "user_changed", "Created or changed a user"
    MEMBER_ADDED = "member_added", "Added a member"
    ROLE_CHANGED = "role_changed", "Changed a role"
    MEMBER_REMOVED = "member_removed", "Removed a member"
    INVITATION_MADE = "invitation_made", "Created an invitation"
    INVITATION_REVOKED = "invitation_revoked", "Revoked an invitation"
    INVITATION_ACCEPTED = "invitation_accepted", "Accepted an invitation"
    TOKEN_MADE = "token_made", "Created an API token"
    TOKEN_REVOKED = "token_revoked", "Revoked an API token"
    SECRET_SET = "secret_set", "Set, cleared or lost a labeler's secret"
    SETTINGS_CHANGED = "settings_changed", "Changed a dataset's settings"
    CLASS_ADDED = "class_added", "Added a class"
    CLASS_CHANGED = "class_changed", "Changed a class"
    CLASS_RETIRED = "class_retired", "Deactivated a class"
    CLASS_RESTORED = "class_restored", "Reactivated a class"
    CLASS_MERGED = "class_merged", "Merged a class"
    LABELER_MADE = "labeler_made", "Created a labeler"
    LABELER_CHANGED = "labeler_changed", "Changed a labeler"
    SPLITS_ASSIGNED = "splits_assigned", "Assigned splits"
    POLICY_CHANGED = "policy_changed", "Changed the policy"
    REVIEWS_CHANGED = "reviews_changed", "Changed the reviews per item"
    RUN_STARTED = "run_started", "Started a run"
    RUN_PAUSED = "run_paused", "Paused a run"
    RUN_RESUMED = "run_resumed", "Resumed a run"
    RUN_CANCELLED = "run_cancelled", "Cancelled a run"
    RUN_RECALLED = "run_recalled", "Rolled back a run"
    JOB_RETRIED = "job_retried", "Retried a job"
    JOB_CANCELLED = "job_cancelled", "Cancelled a job"
    IMPORT_STARTED = "import_started", "Started an import"
    IMPORT_PAUSED = "import_paused", "Paused an import"
    IMPORT_RESUMED = "import_resumed", "Resumed an import"
    ITEMS_SENT = "items_sent", "Sent items to review"
    ITEMS_CHANGED = "items_changed", "Changed items in bulk"
    ITEMS_CHANGE_UNDONE = "items_change_undone", "Undid a bulk change"
    TEXT_CLEARED = "text_cleared", "Cleared a text for labelers"
    TEXT_STOPPED = "text_stopped", "Took back that a text is cleared"
    EXPORT_MADE = "export_made", "Started an export"
    DATASET_MADE = "dataset_made", "Created a dataset"
    DATASET_ARCHIVED = "dataset_archived", "Archived a dataset"
    DATASET_RESTORED = "dataset_restored", "Restored a dataset"


class AuditEvent(models.Model):
    """One action. `target` is the name of the object at that time; `details` never contain a secret."""

    at = models.DateTimeField(auto_now_add=True)
    # None: not signed in.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    action = models.CharField(max_length=30, choices=AuditAction.choices)
    dataset = models.ForeignKey(
        "datasets.Dataset", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    target = models.CharField(max_length=300, blank=True)
    details = models.JSONField(default=dict, blank=True)
    # Empty: done by a worker or on the command line, not by a request.
    address = models.CharField(max_length=45, blank=True)

    class Meta:
        db_table = "labeling_auditevent"
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["dataset", "-id"], name="audit_by_dataset"),
            models.Index(fields=["action", "-id"], name="audit_by_action"),
            models.Index(fields=["actor", "-id"], name="audit_by_actor"),
            # Queried at every sign-in: recent failures.
            models.Index(
                fields=["target", "address", "-id"],
                name="audit_of_sign_ins",
                condition=models.Q(action__in=["signed_in", "sign_in_failed"]),
            ),
            models.Index(
                fields=["target", "-id"],
                name="audit_of_second_factors",
                condition=models.Q(action__in=["signed_in", "confirmed", "second_factor_failed"]),
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(action__in=AuditAction.values), name="audit_action_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_id or 'nobody'}"
