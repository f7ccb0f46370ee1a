"""The product's own formats, each loaded: what `exchange.formats` lists once somebody reads or writes a file."""

from importlib.util import find_spec

from exchange.formats.argilla.reader import ArgillaReader
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
from exchange.formats.excel.reader import ExcelReader
from exchange.formats.images.archive import ImageZipReader
from exchange.formats.json.reader import JsonReader
from exchange.formats.jsonl.reader import JsonlReader
from exchange.formats.jsonl.writer import JsonLines
from exchange.formats.label_studio.choices import LabelStudioChoicesReader
from exchange.formats.label_studio.images import LabelStudioImagesReader
from exchange.formats.label_studio.reader import LabelStudioReader
from exchange.formats.label_studio.writer import LabelStudio, LabelStudioChoices, LabelStudioImages
from exchange.formats.labelme.reader import LabelMeReader
from exchange.formats.labelme.writer import LabelMe
from exchange.formats.parquet.reader import ParquetReader
from exchange.formats.prodigy.classes import ProdigyClassesReader
from exchange.formats.prodigy.reader import ProdigyReader
from exchange.formats.prodigy.writer import Prodigy
from exchange.formats.reading import AnnotatedReader, FileReader
from exchange.formats.spacy_docbin.reader import DocBinReader
from exchange.formats.spacy_docbin.writer import DocBinFormat
from exchange.formats.text.reader import TextReader
from exchange.formats.voc.reader import VocFromZeroReader, VocReader
from exchange.formats.voc.writer import Voc
from exchange.formats.writing import FileFormat
from exchange.formats.yolo.reader import YoloReader, YoloRotatedReader
from exchange.formats.yolo.writer import YOLO_FORMATS

# DocBins are read and written by spaCy, which the extra of that name installs.
_SPACY = find_spec("spacy") is not None

_ANNOTATED: tuple[AnnotatedReader, ...] = (
    ConllReader(),
    BratReader(),
    ProdigyReader(),
    ProdigyClassesReader(),
    DoccanoReader(),
    *((DocBinReader(),) if _SPACY else ()),
    LabelStudioReader(),
    LabelStudioChoicesReader(),
    ArgillaReader(),
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

READERS: dict[str, FileReader] = {
    "csv": CsvReader(),
    "jsonl": JsonlReader(),
    "json": JsonReader(),
    "excel": ExcelReader(),
    "parquet": ParquetReader(),
    "text": TextReader(),
    "images": ImageZipReader(),
    **{reader.name: reader for reader in _ANNOTATED},
}

FORMATS: dict[str, FileFormat] = {
    "jsonl": JsonLines(),
    "csv": CommaSeparated(),
    **{one.name: one for one in _WITH_ELEMENTS},
}
