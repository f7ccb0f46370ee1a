from typing import Any

import pytest
from cryptography.fernet import InvalidToken

from ground.secret_box import SealBroken, open_sealed, rotate, seal


@pytest.fixture(autouse=True)
def own_keys(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = ["any random text"]


def test_what_is_sealed_is_opened_and_cannot_be_read() -> None:
    sealed = seal("sk-canary ä")
    assert b"canary" not in sealed
    assert open_sealed(sealed) == "sk-canary ä"
    assert open_sealed(memoryview(sealed)) == "sk-canary ä"
    assert seal("sk-canary ä") != sealed


def test_keys_can_be_rotated(settings: Any) -> None:
    old = seal("secret")
    settings.ENCRYPTION_KEYS = ["new key", " any random text "]
    assert open_sealed(old) == "secret"
    new = rotate(old)
    settings.ENCRYPTION_KEYS = ["new key"]
    assert open_sealed(new) == "secret"
    with pytest.raises(SealBroken, match="Enter it again"):
        open_sealed(old)


@pytest.mark.parametrize("sealed", [b"", b"junk", b"gAAAAA"])
def test_junk_is_refused_with_the_remedy(sealed: bytes) -> None:
    with pytest.raises(SealBroken) as caught:
        open_sealed(sealed)
    assert not isinstance(caught.value, InvalidToken)
    assert "put the key that sealed it back" in caught.value.message
