"""The tables of what the machine says, and of what both apps share: people, datasets, items."""

from labeling.models.api_reply import ApiReply
from labeling.models.audit_event import SITE_ACTIONS, AuditAction, AuditEvent
from labeling.models.dataset import Dataset, ItemKind, LabelClass, Policy, Split, TaskKind
from labeling.models.edition import Edition, LeastDraws
from labeling.models.item import Asset, Item, ItemWords, Lane, Status
from labeling.models.job import Import, ImportIssue, Pass, Recall, Reroute, Resettlement, SplitAssignment
from labeling.models.labeler import Labeler, LabelerKind, ModelVersion, Training, Trial
from labeling.models.lease import Lease, Reported, State
from labeling.models.notice import SignInNotice
from labeling.models.operation import Backup, Worker
from labeling.models.people import ApiToken, Invitation, Membership, Role, User
from labeling.models.run import (
    IN_THE_ARCHIVE,
    NOT_IN_THE_ARCHIVE,
    Batch,
    Outcome,
    PreLabel,
    Run,
    RunScope,
    RunStatus,
    Turn,
)
from labeling.models.session import Attempt, Session, SpentTicket
from labeling.models.tally import BucketTally, LabelTally, StandingTally, Tally, TallyDelta
from labeling.models.waiting import Waiting

__all__ = [
    "IN_THE_ARCHIVE",
    "NOT_IN_THE_ARCHIVE",
    "SITE_ACTIONS",
    "ApiReply",
    "ApiToken",
    "Asset",
    "Attempt",
    "AuditAction",
    "AuditEvent",
    "Backup",
    "Batch",
    "BucketTally",
    "Dataset",
    "Edition",
    "Import",
    "ImportIssue",
    "Invitation",
    "Item",
    "ItemKind",
    "ItemWords",
    "LabelClass",
    "LabelTally",
    "Labeler",
    "LabelerKind",
    "Lane",
    "Lease",
    "LeastDraws",
    "Membership",
    "ModelVersion",
    "Outcome",
    "Pass",
    "Policy",
    "PreLabel",
    "Recall",
    "Reported",
    "Reroute",
    "Resettlement",
    "Role",
    "Run",
    "RunScope",
    "RunStatus",
    "Session",
    "SignInNotice",
    "SpentTicket",
    "Split",
    "SplitAssignment",
    "StandingTally",
    "State",
    "Status",
    "Tally",
    "TallyDelta",
    "TaskKind",
    "Training",
    "Trial",
    "Turn",
    "User",
    "Waiting",
    "Worker",
]
