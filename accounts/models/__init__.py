"""The tables of `accounts`."""

from accounts.models.api_reply import ApiReply
from accounts.models.api_token import ApiToken, digest
from accounts.models.audit_event import AuditAction, AuditEvent
from accounts.models.notice import SignInNotice
from accounts.models.people import Reach, Role, User
from accounts.models.session import Attempt, Session, SpentTicket

__all__ = [
    "ApiReply",
    "ApiToken",
    "Attempt",
    "AuditAction",
    "AuditEvent",
    "Reach",
    "Role",
    "Session",
    "SignInNotice",
    "SpentTicket",
    "User",
    "digest",
]
