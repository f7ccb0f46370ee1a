"""Names of people: no two that look alike, so that nobody is taken for somebody else."""

import unicodedata

from django.db import connection

from accounts.models import User
from ground.errors import InvalidInput

# An arbitrary number: accounts are made one after the other.
_LOCK = 7_220_310_932
# Letters of other scripts, and of Latin's own odd corners, that are drawn like a Latin one. From Unicode's list of
# confusables (UTS #39), those that a username may hold and that one letter stands for.
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


# Letters by their class that are drawn as nothing: fillers of Hangul, and the joiner of graphemes.
_UNSEEN = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u034f"}


def skeleton(name: str) -> str:
    """What is left of a name when alike letters are made one: case, marks, widths, look-alikes of other scripts."""
    folded = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(letter for letter in folded if not (unicodedata.combining(letter) or _is_unseen(letter)))
    # Twice: a letter may become one that is itself like another.
    return plain.translate(_LOOKALIKES).translate(_LOOKALIKES)


def _is_unseen(letter: str) -> bool:
    return letter in _UNSEEN or unicodedata.category(letter) in {"Cf", "Cc", "Zs"}


def is_taken(username: str) -> bool:
    """Whether somebody has the name, or one that looks like it. A site has few accounts: they are compared one by one,
    without a column that would have to be kept true."""
    wanted = skeleton(username)
    return any(skeleton(name) == wanted for name in User.objects.values_list("username", flat=True).iterator())


def check_free(username: str) -> None:
    """Raises InvalidInput for a name that is taken. In a transaction, nobody else takes one before its end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    if is_taken(username):
        raise InvalidInput("That name is taken, or looks like one that is. Choose another.", field="username")
