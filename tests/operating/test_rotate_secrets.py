"""A key is replaced: what was sealed with the old one opens with the new one alone."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ground.secret_box import SealBroken, open_sealed
from labeling.models import Labeler
from labeling.setup.defining import create_labeler
from tests.loops import rules
from tests.people import Cast

OLD, NEW = "the old key " * 4, "the new key " * 4
CONFIG = {"base_url": "https://llm.example.org/v1", "model": "tiny"}


def sealed(cast: Cast, name: str, secret: str) -> Labeler:
    return create_labeler(
        dataset=cast.dataset, actor=cast.admin, name=name, kind="llm", config=dict(CONFIG), secret=secret
    )


def rotated() -> str:
    told = StringIO()
    call_command("rotate_secrets", stdout=told)
    return told.getvalue()


def opened(labeler: Labeler) -> str:
    labeler.refresh_from_db()
    return open_sealed(bytes(labeler.secret or b""))


def test_every_secret_moves_to_the_first_key(cast: Cast, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    first, second, none = sealed(cast, "one", "sk-1"), sealed(cast, "two", "sk-2"), rules(cast.dataset, cast.admin)
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert "2 secrets" in rotated()
    assert "2 secrets" in rotated()
    settings.ENCRYPTION_KEYS = [NEW]
    assert [opened(first), opened(second)] == ["sk-1", "sk-2"]
    none.refresh_from_db()
    assert none.secret is None
    settings.ENCRYPTION_KEYS = [OLD]
    with pytest.raises(SealBroken):
        opened(first)


def test_a_secret_that_no_key_opens_is_named_and_kept(cast: Cast, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = ["a key that is gone " * 3]
    lost = sealed(cast, "lost", "sk-lost")
    settings.ENCRYPTION_KEYS = [OLD]
    kept = sealed(cast, "kept", "sk-kept")
    before = bytes(lost.secret or b"")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    with pytest.raises(CommandError, match="letters/lost"):
        rotated()
    settings.ENCRYPTION_KEYS = [NEW]
    assert opened(kept) == "sk-kept"
    lost.refresh_from_db()
    assert bytes(lost.secret or b"") == before
