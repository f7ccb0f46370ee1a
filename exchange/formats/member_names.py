"""What members of an archive are called: by the item's id where that is a path, so that it is known again."""

from pathlib import PurePosixPath

from exchange.formats.writing import ExportItem

# Characters that no system takes amiss in a name.
_PLAIN = frozenset(" !#$%&'()+,-.=@[]^_`{}~")
_LONGEST = 200


class MemberNames:
    """Names without endings, no two alike however a system compares them."""

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def stem(self, item: ExportItem) -> str:
        """The item's name in the archive, without ending."""
        name = _safe(item.external_id, item.file)
        if name is None or self._is_taken(name):
            name = f"{item.id}"
            while self._is_taken(name):
                name += "_"
        self._taken.add(hash(name.casefold()))
        return name

    def _is_taken(self, name: str) -> bool:
        return hash(name.casefold()) in self._taken


def ending_of(item: ExportItem) -> str:
    """The ending of its file: the one that its id has, if it is the same kind of file."""
    real = PurePosixPath(item.file or "").suffix.lower()
    told = PurePosixPath(item.external_id).suffix
    return told if _kind(told) == _kind(real) else real


def _kind(ending: str) -> str:
    return {".jpeg": ".jpg"}.get(ending.lower(), ending.lower())


def _safe(external_id: str, file: str | None) -> str | None:
    """The id as a path without its file's ending; None if it is none that every system takes."""
    path = PurePosixPath(external_id)
    if file is not None and _kind(path.suffix) == _kind(PurePosixPath(file).suffix):
        external_id = external_id[: len(external_id) - len(path.suffix)]
    parts = external_id.split("/")
    sane = all(part and part == part.strip(" .") and not part.startswith(("~", "-")) for part in parts)
    plain = all(sign.isalnum() or sign in _PLAIN or sign == "/" for sign in external_id)
    hidden = any(part in {"__MACOSX", "Thumbs.db"} or part.startswith(".") for part in parts)
    return external_id if sane and plain and not hidden and len(external_id) <= _LONGEST else None
