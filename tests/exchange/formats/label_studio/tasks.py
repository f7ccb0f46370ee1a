"""Tasks of Label Studio, made by hand."""

import json
from pathlib import Path
from typing import Any

from tests.exchange.formats.samples import SAMPLES
from tests.exchange.formats.span_files import kept

REAL = SAMPLES / "label_studio"


def region(start: Any, end: Any, *labels: str, **more: Any) -> dict[str, Any]:
    value = {"start": start, "end": end, "labels": list(labels)}
    return {"from_name": "ner", "to_name": "text", "type": "labels", "value": value} | more


def choice(*names: Any, control: str = "mood", **more: Any) -> dict[str, Any]:
    return {"from_name": control, "to_name": "text", "type": "choices", "value": {"choices": list(names)}} | more


def task(*results: Any, predictions: Any = (), text: str = "Ann Lee", **more: Any) -> dict[str, Any]:
    said = [{"result": list(results)}] if results else []
    return {"id": 1, "data": {"text": text}, "annotations": said, "predictions": list(predictions)} | more


def tasks(folder: Path, *listed: Any) -> Path:
    return kept(folder, "a.json", json.dumps(list(listed)))
