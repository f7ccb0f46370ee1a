"""Django's sessions in a table that is of no use to whoever copies it: keys as digests, contents sealed."""

import hashlib
import json
from datetime import timedelta
from typing import Any

from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Session
from ground.secret_box import SealBroken, open_sealed, seal

# `seen_at` is exact to this, so that looking does not write at every request.
SEEN_EVERY = timedelta(minutes=5)


def digest_of(key: str) -> str:
    """What is stored of a key, which carries 160 random bits and needs no salt."""
    return hashlib.sha256(key.encode()).hexdigest()


class SessionStore(SessionBase):
    """What Django's middleware asks for."""

    # From where and by what, told by whoever signs somebody in.
    address: str = ""
    device: str = ""

    def load(self) -> dict[str, Any]:
        """What the session holds; nothing for one that is not there, has ended, or was sealed with a lost key."""
        key = self.session_key
        row = Session.objects.filter(key_digest=digest_of(key), expires_at__gt=timezone.now()).first() if key else None
        if row is None:
            self._session_key = None
            return {}
        if row.user_id is not None and (row.seen_at is None or timezone.now() - row.seen_at > SEEN_EVERY):
            Session.objects.filter(pk=row.pk).update(seen_at=timezone.now())
        return self.decode(row.data)

    def encode(self, session_dict: dict[str, Any]) -> str:
        """Sealed."""
        return seal(json.dumps(session_dict, separators=(",", ":"))).decode()

    def decode(self, session_data: Any) -> dict[str, Any]:
        """Opened; empty if no present key opens it."""
        try:
            found: dict[str, Any] = json.loads(open_sealed(str(session_data).encode()))
        except SealBroken:
            return {}
        return found

    def exists(self, session_key: str | None = None) -> bool:
        """Whether somebody has the key."""
        return bool(session_key) and Session.objects.filter(key_digest=digest_of(str(session_key))).exists()

    def create(self) -> None:
        """A new row under a key that nobody has."""
        while True:
            self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]  # Django's, untyped
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:
        """Raises CreateError for a key that is taken, UpdateError for a session that was ended meanwhile."""
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]  # Django's, untyped
        user = data.get("_auth_user_id")
        values: dict[str, Any] = {
            "data": self.encode(data),
            "user_id": int(user) if user else None,
            "expires_at": self.get_expiry_date(),
        }
        if self.address or self.device:
            values |= {"address": self.address, "device": self.device[:200], "seen_at": timezone.now()}
        key = digest_of(self.session_key)
        if must_create:
            try:
                with transaction.atomic():
                    Session.objects.create(key_digest=key, **values)
            except IntegrityError:
                raise CreateError from None
        elif not Session.objects.filter(key_digest=key).update(**values):
            raise UpdateError

    def delete(self, session_key: str | None = None) -> None:
        """End it."""
        key = session_key or self.session_key
        if key:
            Session.objects.filter(key_digest=digest_of(key)).delete()

    @classmethod
    def clear_expired(cls) -> None:
        """Remove those that have ended."""
        Session.objects.filter(expires_at__lt=timezone.now()).delete()
