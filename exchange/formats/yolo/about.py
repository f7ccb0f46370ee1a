"""What an archive of YOLO says of its lines: the classes by number, what the lines are, and how many key points each
has."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import yaml

from exchange.formats.archives import Archive, Unreadable
from ground.errors import InvalidInput

_MOST_YAML = 1_000_000
_YAML = (".yaml", ".yml")
_MOST_CLASSES, _MOST_POINTS = 100_000, 10_000


@dataclass(frozen=True, slots=True)
class AboutLines:
    """`names`: empty where a number has none; `task`: what our own writer says of its lines, which Ultralytics passes
    over; `skeleton`: how many numbers of key points stand behind each box."""

    names: list[str]
    task: str = ""
    skeleton: int = 0


def about_lines(archive: Archive) -> AboutLines:
    """From a YAML file with `names`, else from classes.txt or a file of names. Raises InvalidInput if
    there is none, or it cannot be read."""
    for member in archive.files:
        path = PurePosixPath(member.filename)
        try:
            if path.suffix in _YAML and member.file_size <= _MOST_YAML:
                if (about := _of_yaml(archive.read(member))) is not None:
                    return about
            elif path.name == "classes.txt" or path.suffix == ".names":
                lines = archive.read(member).decode("utf-8-sig").splitlines()
                return AboutLines([line.strip() for line in lines if line.strip()])
        except (Unreadable, UnicodeDecodeError, yaml.YAMLError) as error:
            raise InvalidInput(f"{member.filename} cannot be read: {error}.", field="file") from None
    raise InvalidInput(
        "The archive does not name its classes. Add data.yaml with names, or classes.txt with one name a line.",
        field="file",
    )


def _of_yaml(data: bytes) -> AboutLines | None:
    told = yaml.safe_load(data)
    if not isinstance(told, dict) or "names" not in told:
        return None
    names = told["names"]
    if isinstance(names, dict):
        # Numbers that are not there have no name, and no label may use them.
        by_number = {int(number): str(name) for number, name in names.items() if str(number).isdecimal()}
        last = min(max(by_number, default=-1), _MOST_CLASSES)
        found = [by_number.get(number, "") for number in range(last + 1)]
    elif isinstance(names, list):
        found = [str(name) for name in names]
    else:
        return None
    return AboutLines(found, str(told.get("task", "")), _skeleton(told.get("kpt_shape")))


def _skeleton(shape: Any) -> int:
    """How many numbers are said of key points, which are so many, of two or three numbers each."""
    if not isinstance(shape, list) or len(shape) != 2 or not all(type(one) is int for one in shape):
        return 0
    points, numbers = shape
    return points * numbers if 0 < points <= _MOST_POINTS and numbers in {2, 3} else 0
