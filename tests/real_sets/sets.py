"""Real sets of spans and regions: the cuts among the samples, and the whole sets in a folder of data."""

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.exchange.formats.samples import SAMPLES, tasks_with_images
from tests.real_sets import readings
from tests.real_sets.readings import Labels


@dataclass(frozen=True)
class RealSet:
    """`upload`: the file that people upload, called `file_name`; `independent`: what it says, read by other code;
    `mapping`: where it stands, if the format does not say that itself; `classes`: made before the import."""

    format: str
    kind: str
    file_name: str
    upload: Callable[[], bytes]
    independent: Callable[[], Labels]
    settings: dict[str, Any] = field(default_factory=dict)
    mapping: dict[str, Any] = field(default_factory=lambda: {"annotations": "label", "new_classes": True})
    classes: Callable[[], Sequence[str]] = list


@dataclass(frozen=True)
class Files:
    """Where the sets lie."""

    wnut: Path
    litbank: Path
    snips: Sequence[Path]
    prodigy: Path
    doccano: Path
    # Of images: folders and files, and under which names they are packed.
    bccd: dict[str, Path]
    hituav: dict[str, Path]
    coco: dict[str, Path]
    label_studio: Path
    cvat: dict[str, Path]


def of_samples() -> Files:
    """The cuts."""
    return Files(
        wnut=SAMPLES / "wnut17/dev.conll",
        litbank=SAMPLES / "litbank",
        snips=[SAMPLES / "snips/validate_PlayMusic.json"],
        prodigy=SAMPLES / "prodigy/relations.jsonl",
        doccano=SAMPLES / "doccano/relations.jsonl",
        bccd={name: SAMPLES / "bccd" / name for name in ("Annotations", "JPEGImages")},
        hituav={name: SAMPLES / "hituav" / name for name in ("Annotations", "images")},
        coco={name: SAMPLES / "coco128" / name for name in ("labels", "images", "config.yaml")},
        label_studio=SAMPLES / "label_studio/obb.json",
        cvat={name: SAMPLES / "datumaro/cvat" / name for name in ("annotations.xml", "images")},
    )


def of_folder(data: Path) -> Files:
    """The whole sets, each in a folder named for it."""
    coco, cvat = data / "det-coco-multi", data / "interop-datumaro/cvat_dataset/for_images/export_project"
    return Files(
        wnut=data / "ner-wnut17/wnut17train.conll",
        litbank=data / "ner-litbank-brat",
        snips=sorted((data / "text-snips-slots").glob("*/*.json")),
        prodigy=data / "prodigy-jsonl/rel_component/annotations.jsonl",
        doccano=data / "interop-doccano/data_import-tests/relation_extraction/example.jsonl",
        bccd={name: data / "det-bccd-voc" / name for name in ("Annotations", "JPEGImages")},
        hituav={
            "Annotations": data / "det-hituav-rotated/rotate_xml/Annotations",
            "images": data / "det-hituav-rotated/images",
        },
        coco={
            "labels": coco / "instance_segmentation/labels",
            "images": coco / "images",
            "config.yaml": coco / "instance_segmentation/config.yaml",
        },
        label_studio=data / "interop-labelstudio/sdk-converter/test_export_yolo/data_obb.json",
        cvat={name: cvat / name for name in ("annotations.xml", "images")},
    )


def real_sets(files: Files) -> dict[str, RealSet]:
    """By the names of their folders."""
    return _of_texts(files) | _of_images(files)


def _of_texts(files: Files) -> dict[str, RealSet]:
    def snips() -> list[dict[str, Any]]:
        return readings.snips_rows(files.snips)

    return {
        "ner-wnut17": RealSet(
            "conll", "spans", "wnut.conll", files.wnut.read_bytes, lambda: readings.conll(files.wnut)
        ),
        "ner-litbank-brat": RealSet(
            "brat",
            "spans",
            "litbank.zip",
            lambda: zipped({"": files.litbank}, (".txt", ".ann")),
            lambda: readings.brat(files.litbank),
        ),
        "text-snips-slots": RealSet(
            "jsonl",
            "spans",
            "snips.jsonl",
            lambda: "\n".join(map(json.dumps, snips())).encode(),
            lambda: readings.rows_of_spans(snips()),
            mapping={"text": "text", "label": "label"},
            classes=lambda: sorted({one["label"] for row in snips() for one in row["label"]["spans"]}),
        ),
        "prodigy-jsonl": RealSet(
            "prodigy",
            "spans",
            "relations.jsonl",
            files.prodigy.read_bytes,
            lambda: readings.prodigy(files.prodigy),
            {"relations": ["Pos-Reg", "Reg", "Neg-Reg", "Binds", "No-rel"]},
        ),
        "interop-doccano": RealSet(
            "doccano",
            "spans",
            "relations.jsonl",
            files.doccano.read_bytes,
            lambda: readings.doccano(files.doccano),
            {"relations": ["foundedAt", "foundedBy"]},
        ),
    }


def _of_images(files: Files) -> dict[str, RealSet]:
    def regions(format: str, packed: dict[str, Path], read: Callable[[], Labels]) -> RealSet:
        return RealSet(format, "regions", "images.zip", lambda: zipped(packed), read)

    coco = files.coco
    return {
        "det-bccd-voc": regions("voc", files.bccd, lambda: readings.voc(files.bccd["Annotations"])),
        "det-hituav-rotated": regions("voc", files.hituav, lambda: readings.rotated_voc(files.hituav["Annotations"])),
        "det-coco-multi": regions(
            "yolo",
            coco,
            lambda: readings.yolo_polygons(
                coco["labels"] / "train2017", coco["config.yaml"], coco["images"] / "train2017"
            ),
        ),
        "interop-labelstudio": RealSet(
            "label_studio_images",
            "regions",
            "tasks.zip",
            lambda: tasks_with_images(files.label_studio),
            lambda: readings.label_studio(files.label_studio),
        ),
        "interop-datumaro": regions("cvat", files.cvat, lambda: readings.cvat(files.cvat["annotations.xml"])),
    }


def zipped(packed: dict[str, Path], endings: tuple[str, ...] = ("",)) -> bytes:
    """Folders and files under these names as an archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, top in packed.items():
            for path in [top] if top.is_file() else sorted(top.rglob("*")):
                if path.is_file() and path.name.endswith(endings):
                    archive.write(path, (Path(name) / path.relative_to(top)).as_posix())
    return stream.getvalue()
