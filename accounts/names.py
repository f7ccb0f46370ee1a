"""Usernames: no two that look alike, so that nobody can impersonate another."""

import unicodedata

from django.db import connection

from accounts.models import User
from ground.errors import InvalidInput

# An arbitrary lock number: accounts are created one at a time.
_LOCK = 7_220_310_932
# Letters that look like Latin ones, of other scripts and rare Latin ones. From Unicode's list of confusables (UTS
# #39), those that a username may contain and that map to one letter.
_LOOKALIKES = str.maketrans(
    {
        **dict(zip("аеорсухіјѕԁԛԝһӏвкмнтгпԍҽ", "aeopcyxijsdqwhlbkmhtrnge", strict=True)),
        **dict(zip("αορνικτυωεηβγχ", "aopviktuwenbyx", strict=True)),
        **dict(zip("ıɑɡɩʟʀʏꜱℓⅼɪᴀᴄᴏᴠᴡᴢ", "iagilrysllıacovwz".replace("ı", "i"), strict=True)),  # noqa: RUF001 - what this is about
        **dict(zip("օոսցհզԁѡ", "onughqdw", strict=True)),  # noqa: RUF001 - what this is about
        "0": "o",
        "1": "l",
        "i": "l",
        "|": "l",
    }
)


# Characters that are letters but invisible: Hangul fillers and the grapheme joiner.
_UNSEEN = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u034f"}


def skeleton(name: str) -> str:
    """The skeleton of a name: case, marks, widths and look-alikes of other scripts are folded."""
    folded = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(letter for letter in folded if not (unicodedata.combining(letter) or _is_unseen(letter)))
    # Twice: a mapped letter may itself be a look-alike.
    return plain.translate(_LOOKALIKES).translate(_LOOKALIKES)


def _is_unseen(letter: str) -> bool:
    return letter in _UNSEEN or unicodedata.category(letter) in {"Cf", "Cc", "Zs"}


def is_taken(username: str) -> bool:
    """Whether the name, or a look-alike, is taken. Compares all accounts, as a site has few of them, so no derived
    column has to be maintained."""
    wanted = skeleton(username)
    return any(skeleton(name) == wanted for name in User.objects.values_list("username", flat=True).iterator())


def check_free(username: str) -> None:
    """Raises InvalidInput for a name that is taken. Within a transaction, no other can take it before the end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    if is_taken(username):
        raise InvalidInput("That name is taken or too similar to an existing one. Choose another.", field="username")
