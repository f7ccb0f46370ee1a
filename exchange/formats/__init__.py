"""File formats: one folder each, with what reads it and what writes it; these registries are the whole list (see
docs/add_a_format.md).

A package of its own adds formats through two groups of entry points: `countersign.import_formats` names `FileReader`
objects, `countersign.export_formats` names `FileFormat` objects. `folder` joins the readers when the operator names the
folder of the server below which it may read (`allow_folder`).
"""

from importlib.util import find_spec
from pathlib import Path

from exchange.formats.brat.reader import BratReader
from exchange.formats.brat.writer import Brat
from exchange.formats.coco.reader import CocoReader
from exchange.formats.coco.writer import Coco
from exchange.formats.conll.reader import ConllReader
from exchange.formats.conll.writer import Conll
from exchange.formats.csv.reader import CsvReader
from exchange.formats.csv.writer import CommaSeparated
from exchange.formats.cvat.reader import CvatReader
from exchange.formats.cvat.writer import Cvat
from exchange.formats.doccano.reader import DoccanoReader
from exchange.formats.doccano.writer import Doccano
from exchange.formats.dota.reader import DotaReader
from exchange.formats.dota.writer import Dota
from exchange.formats.images.archive import ImageZipReader
from exchange.formats.images.folder import ImageFolderReader
from exchange.formats.json.reader import JsonReader
from exchange.formats.jsonl.reader import JsonlReader
from exchange.formats.jsonl.writer import JsonLines
from exchange.formats.label_studio.choices import LabelStudioChoicesReader
from exchange.formats.label_studio.images import LabelStudioImagesReader
from exchange.formats.label_studio.reader import LabelStudioReader
from exchange.formats.label_studio.writer import LabelStudio, LabelStudioChoices, LabelStudioImages
from exchange.formats.labelme.reader import LabelMeReader
from exchange.formats.labelme.writer import LabelMe
from exchange.formats.prodigy.reader import ProdigyReader
from exchange.formats.prodigy.writer import Prodigy
from exchange.formats.reading import AnnotatedReader, Entries, Entry, FileReader, ImageFile, Row, RowError
from exchange.formats.records import RawSaid, Record
from exchange.formats.spacy_docbin.reader import DocBinReader
from exchange.formats.spacy_docbin.writer import DocBinFormat
from exchange.formats.text.reader import TextReader
from exchange.formats.voc.reader import VocFromZeroReader, VocReader
from exchange.formats.voc.writer import Voc
from exchange.formats.writing import About, ExportItem, FileFormat, FileWriter, Predicted, Target
from exchange.formats.yolo.reader import YoloReader, YoloRotatedReader
from exchange.formats.yolo.writer import YOLO_FORMATS
from ground.entry_points import Registry
from ground.errors import InvalidInput

IMPORT_FORMATS = "countersign.import_formats"
EXPORT_FORMATS = "countersign.export_formats"
FOLDER = ImageFolderReader.name

# DocBins are read and written by spaCy, which the extra of that name installs.
_SPACY = find_spec("spacy") is not None

_ANNOTATED: tuple[AnnotatedReader, ...] = (
    ConllReader(),
    BratReader(),
    ProdigyReader(),
    DoccanoReader(),
    *((DocBinReader(),) if _SPACY else ()),
    LabelStudioReader(),
    LabelStudioChoicesReader(),
    LabelStudioImagesReader(),
    CocoReader(),
    YoloReader(),
    YoloRotatedReader(),
    VocReader(),
    VocFromZeroReader(),
    CvatReader(),
    LabelMeReader(),
    DotaReader(),
)

_WITH_ELEMENTS: tuple[FileFormat, ...] = (
    Conll(),
    Brat(),
    Prodigy(),
    Doccano(),
    *((DocBinFormat(),) if _SPACY else ()),
    LabelStudio(),
    LabelStudioChoices(),
    LabelStudioImages(),
    Coco(),
    *YOLO_FORMATS,
    Voc(),
    Cvat(),
    LabelMe(),
    Dota(),
)

FILE_READERS: Registry[FileReader] = Registry(
    IMPORT_FORMATS,
    {
        "csv": CsvReader(),
        "jsonl": JsonlReader(),
        "json": JsonReader(),
        "text": TextReader(),
        "images": ImageZipReader(),
        **{reader.name: reader for reader in _ANNOTATED},
    },
)

FILE_FORMATS: Registry[FileFormat] = Registry(
    EXPORT_FORMATS, {"jsonl": JsonLines(), "csv": CommaSeparated(), **{one.name: one for one in _WITH_ELEMENTS}}
)

# What else people call a format.
OTHER_NAMES = {"tsv": "csv", "ndjson": "jsonl", "txt": "text", "zip": "images"}


def allow_folder(root: Path) -> None:
    """Let folders of images below `root` be imported."""
    FILE_READERS[FOLDER] = ImageFolderReader(root)


def folder_reader() -> ImageFolderReader:
    """The reader of the server's folder. Raises InvalidInput when the operator allows none."""
    reader = FILE_READERS.get(FOLDER)
    if not isinstance(reader, ImageFolderReader):
        raise InvalidInput("Importing from a folder of the server is off: set IMPORT_FOLDER.", field="path")
    return reader


__all__ = [
    "EXPORT_FORMATS",
    "FILE_FORMATS",
    "FILE_READERS",
    "FOLDER",
    "IMPORT_FORMATS",
    "OTHER_NAMES",
    "About",
    "AnnotatedReader",
    "Entries",
    "Entry",
    "ExportItem",
    "FileFormat",
    "FileReader",
    "FileWriter",
    "ImageFile",
    "ImageFolderReader",
    "Predicted",
    "RawSaid",
    "Record",
    "Row",
    "RowError",
    "Target",
    "allow_folder",
    "folder_reader",
]
