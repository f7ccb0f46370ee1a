"""The origin of a labeler's secret: it is sent to that origin only."""

import hashlib
import json
from typing import Any
from urllib.parse import urlsplit

from labeling.models import LabelerKind

_PORTS = {"http": 80, "https": 443}


def origin_of(kind: str, config: dict[str, Any]) -> str:
    """Scheme, host and port that a labeler with this configuration calls.
    For kinds of other packages the meaning of settings is unknown: for them any other configuration is another origin.
    """
    if kind != LabelerKind.LLM:
        text = json.dumps(config, sort_keys=True)
        return f"settings {hashlib.sha256(text.encode()).hexdigest()[:12]}"
    parts = urlsplit(str(config.get("base_url", "")))
    return f"{parts.scheme}://{(parts.hostname or '').rstrip('.')}:{parts.port or _PORTS.get(parts.scheme, 0)}"
