"""COCO: a zip with images and JSON files of annotations, which are indexed on disk by image before images are read."""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

from exchange.formats.annotated import AnnotatedImages, Annotations
from exchange.formats.archives import Archive, Unreadable, opened
from exchange.formats.coco.index import Index
from exchange.formats.json_stream import JsonEnds, parts
from exchange.formats.pictures import Pictures
from exchange.formats.spool import Spool
from ground.errors import InvalidInput

# What is said of a whole image, or of it pixel by pixel, is read by no one here.
_OTHER_KINDS = ("captions_", "labels_", "panoptic_", "stuff_", "image_info_", "person_keypoints_")


class CocoReader(AnnotatedImages):
    """Every JSON file of annotations is read, and lists of results, whose scores make them predictions. An image that a
    file lists without annotations is known to have none."""

    name = "coco"
    title = "COCO JSON with images (zip)"
    tables = (".json",)

    def recognises(self, path: Path) -> bool:
        """Whether a JSON file in it holds categories and annotations."""
        try:
            with opened(path, tables=self.tables) as archive:
                return any(_is_coco(archive, one) for one in _files(archive))
        except InvalidInput:
            return False

    def _annotations(self, archive: Archive, pictures: Pictures) -> AbstractContextManager[Annotations]:
        return _indexed(archive, pictures)


def _files(archive: Archive) -> list[Any]:
    files = [one for one in archive.files if one.filename.lower().endswith(".json")]
    chosen = [one for one in files if not one.filename.rsplit("/", 1)[-1].startswith(_OTHER_KINDS)]
    return chosen or files


def _is_coco(archive: Archive, member: Any) -> bool:
    """Whether its first parts are COCO's: they are looked through until two of its names were met. Of a file that
    breaks off before, whether it lists images or annotations of them."""
    met: set[str] = set()
    meant = False
    try:
        with archive.stream(member) as file:
            for name, value in parts(file):
                if name == "images" and not (isinstance(value, dict) and "file_name" in value):
                    return False
                meant = meant or name == "images" or (name == "annotations" and "image_id" in _keys(value))
                met |= {name} & {"images", "annotations", "categories"}
                if len(met) > 1:
                    return True
    except (JsonEnds, Unreadable):
        return meant
    return False


def _keys(value: object) -> Collection[str]:
    return value if isinstance(value, dict) else ()


@contextmanager
def _indexed(archive: Archive, pictures: Pictures) -> Iterator[Index]:
    with ExitStack() as stack:
        index = Index(stack.enter_context(Spool()))
        for member in _files(archive):
            sheet = index.open(member.filename)
            try:
                with archive.stream(member) as file:
                    for name, value in parts(file):
                        index.keep(pictures, sheet, name, value)
            except (JsonEnds, Unreadable) as error:
                sheet.broken = True
                reason = f"{member.filename} cannot be read to its end: {error}. Nothing that it says was taken."
                index.wrong.whole(reason, "Write it again.")
        yield index
