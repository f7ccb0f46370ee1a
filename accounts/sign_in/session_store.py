"""Django's session store, hardened: keys are stored as digests, contents encrypted."""

import hashlib
import json
from datetime import timedelta
from typing import Any

from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Session
from ground.secret_box import SealBroken, open_sealed, seal

# Precision of `seen_at`, so that reads do not write on every request.
SEEN_EVERY = timedelta(minutes=5)


def digest_of(key: str) -> str:
    """The digest of a session key, which has 160 random bits and needs no salt."""
    return hashlib.sha256(key.encode()).hexdigest()


class SessionStore(SessionBase):
    """The interface that Django's middleware expects."""

    # Client address and device, set at sign-in.
    address: str = ""
    device: str = ""

    def load(self) -> dict[str, Any]:
        """The session's content; empty if it does not exist, has expired, or was encrypted with a lost key."""
        key = self.session_key
        row = Session.objects.filter(key_digest=digest_of(key), expires_at__gt=timezone.now()).first() if key else None
        if row is None:
            self._session_key = None
            return {}
        if row.user_id is not None and (row.seen_at is None or timezone.now() - row.seen_at > SEEN_EVERY):
            Session.objects.filter(pk=row.pk).update(seen_at=timezone.now())
        return self.decode(row.data)

    def encode(self, session_dict: dict[str, Any]) -> str:
        """Encrypted."""
        return seal(json.dumps(session_dict, separators=(",", ":"))).decode()

    def decode(self, session_data: Any) -> dict[str, Any]:
        """Decrypted; empty if no current key works."""
        try:
            found: dict[str, Any] = json.loads(open_sealed(str(session_data).encode()))
        except SealBroken:
            return {}
        return found

    def exists(self, session_key: str | None = None) -> bool:
        """Whether the key is taken."""
        return bool(session_key) and Session.objects.filter(key_digest=digest_of(str(session_key))).exists()

    def create(self) -> None:
        """A new row with a new key."""
        while True:
            self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]  # Django's, untyped
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:
        """Raises CreateError for a key that is taken, UpdateError for a session that has ended meanwhile."""
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
        """Remove expired sessions."""
        Session.objects.filter(expires_at__lt=timezone.now()).delete()
