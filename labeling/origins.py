"""Whom a labeler's secret is for: a secret belongs to its origin, and goes nowhere else."""

import hashlib
import json
from typing import Any
from urllib.parse import urlsplit

from labeling.models import LabelerKind

_PORTS = {"http": 80, "https": 443}


def origin_of(kind: str, config: dict[str, Any]) -> str:
    """Scheme, host and port that a labeler so configured asks.

    What kinds of other packages make of their settings is not known here: for them any other setting is another origin.
    """
    if kind != LabelerKind.LLM:
        text = json.dumps(config, sort_keys=True)
        return f"settings {hashlib.sha256(text.encode()).hexdigest()[:12]}"
    parts = urlsplit(str(config.get("base_url", "")))
    return f"{parts.scheme}://{(parts.hostname or '').rstrip('.')}:{parts.port or _PORTS.get(parts.scheme, 0)}"
