"""The plan that `manage.py up` hands to the supervisor: plain values, no secret among them."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Plan:
    """What to start. `embedded`: whether PostgreSQL is one of the children.

    `migrations`: every (app, name) that the code knows, so that a start with nothing to do is a quick one.
    `static_version` and `code_version` change when the static files, or anything that preparing depends on, do.
    """

    root: str
    home: str
    host: str
    port: int
    embedded: bool
    prepare: list[str]
    web: list[str]
    workers: dict[str, list[str]]
    samples: list[str] = field(default_factory=list)
    migrations: list[tuple[str, str]] = field(default_factory=list)
    static_version: str = ""
    code_version: str = ""
    # The address to migrate with where it differs from what web and workers use.
    prepare_environment: dict[str, str] = field(default_factory=dict)

    @property
    def home_folder(self) -> Path:
        """The home as a path."""
        return Path(self.home)

    @property
    def url(self) -> str:
        """What a person types into the browser."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104 - read, not bound
        return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{self.port}/"

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """The plan that `to_json` wrote."""
        values = json.loads(text)
        values["migrations"] = [(app, name) for app, name in values["migrations"]]
        return cls(**values)
