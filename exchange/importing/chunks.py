"""From rows of a file to staged rows: each is validated on its own, and errors are reported, not fatal."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from datasets.extents import asset_facts
from datasets.item_classes import counted
from datasets.item_kinds import ITEM_KINDS, RawContent
from datasets.media import image_files
from datasets.models import Asset, Dataset
from exchange.formats import Entry, ImageFile, RowError
from exchange.formats.records import RawSaid, Record
from exchange.importing.mapping import NO_LABEL, NO_PREDICTION, TURNED, RowMapper
from exchange.importing.staged_rows import Said, Staged, StagedItem
from ground.errors import InvalidInput, InvalidValue
from kinds import NOWHERE, TASK_KINDS, Extent, LabelTask, Parsed
from kinds.named import labels_of, named, naming
from labeling.labelers.checking import whole
from labeling.policies.comparing import compared
from labeling.policies.routing import Opinion, RuleInForce, route
from work.leasing import told

MAX_SPLITS = 50
UNEXPECTED = "The other rows were imported. Fix this one and import it again."
_OVERRIDES = re.compile("[\u202d\u202e]")
# Cache size for lists of class names; multi-label data has many.
MOST_REMEMBERED = 10_000


def draw_of(salt: str, external_id: str) -> float:
    """The item's random number in [0, 1), from the dataset's secret salt and the item's id."""
    digest = hashlib.blake2b(f"{salt}:{external_id}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53


@dataclass
class ChunkReader:
    """Validates rows against the dataset, with cached data and without queries.
    `splits`: names of the dataset's splits, to which new ones are added."""

    dataset: Dataset
    task: LabelTask
    mapping: dict[str, Any]
    labeler_id: int | None
    splits: set[str]
    edition: int | None = None
    # The same class names occur again and again.
    _said: dict[tuple[str, ...], tuple[Said, Parsed]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._kind = TASK_KINDS[self.task.task_kind]
        self._item_kind = ITEM_KINDS[self.task.item_kind]
        self._names = named(self._kind) is not None
        self._mapper = RowMapper(self.mapping, multi_label=self.dataset.multi_label)
        self._salt = str(self.dataset.salt)

    def read(self, raw: Sequence[Entry], policy: RuleInForce) -> tuple[Staged, list[RowError]]:
        """The valid rows, and the errors of the others."""
        staged: list[StagedItem] = []
        errors: list[RowError] = []
        for entry in raw:
            try:
                row = self._mapped(entry)
                if isinstance(row, RowError):
                    errors.append(row)
                else:
                    staged.append(self._staged(row, policy))
            except (InvalidValue, InvalidInput) as error:
                errors.append(_fault(entry, error))
            except OSError:
                # A disk error, not an error of the row.
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this row's, and the others can be read
                errors.append(RowError(entry.number, "", told(error), UNEXPECTED))
        return Staged.of(staged), errors

    def _mapped(self, entry: Entry) -> Record | RowError:
        if isinstance(entry, RowError):
            return entry
        if isinstance(entry, Record):
            return _as_prediction(entry) if self.mapping.get("annotations") == "prediction" else entry
        if isinstance(entry, ImageFile):
            return self._mapper.image(entry)
        return self._mapper.row(entry)

    def _staged(self, row: Record, policy: RuleInForce) -> StagedItem:
        asset, content = self._content(row)
        digest = hashlib.sha256(content)
        content_hash = digest.digest()[:16]
        external_id = row.external_id or f"sha256-{digest.hexdigest()[:32]}"
        if len(external_id) > 300:
            raise InvalidInput("An id has at most 300 characters.", field="external_id")
        draw = draw_of(self._salt, external_id)
        return StagedItem(
            number=row.number,
            external_id=external_id,
            content_hash=content_hash,
            text="" if asset else row.text,
            asset=asset,
            metadata=row.metadata,
            split=self._split(row.split),
            draw=draw,
            **self._labels(row, policy, draw, self._extent(row, asset)),
        )

    def _extent(self, row: Record, asset: Asset | None) -> Extent:
        if self._names:
            return NOWHERE
        facts = asset_facts(asset.width, asset.height, asset.facts) if asset else {}
        return self._item_kind.extent(text=row.text, facts=facts)

    def _content(self, row: Record) -> tuple[Asset | None, bytes]:
        content = self._item_kind.take(RawContent(row.text, row.image))
        if content.data is None:
            return None, content.text.encode()
        asset = Asset(
            sha256=image_files.store(content.data),
            media_type=content.media_type,
            size=len(content.data),
            width=content.width,
            height=content.height,
            facts=dict(content.facts),
        )
        return asset, content.data

    def _split(self, name: str | None) -> str | None:
        if name and name not in self.splits:
            if len(name) > 50:
                raise InvalidInput("A split's name has at most 50 characters.", field="split")
            if len(self.splits) >= MAX_SPLITS:
                raise InvalidInput(f"A dataset has at most {MAX_SPLITS} splits; check the column.", field="split")
            self.splits.add(name)
        return name or None

    def _labels(self, row: Record, policy: RuleInForce, draw: float, extent: Extent) -> dict[str, Any]:
        result: dict[str, Any] = {}
        notes = [*row.notes, *([TURNED] if _OVERRIDES.search(row.text) else ())]
        if row.prediction is not None:
            try:
                result |= self._predicted(row.prediction, policy, draw, extent)
            except InvalidValue as error:
                notes.append(f"{NO_PREDICTION}{error.field}: {error.message}")
            notes += result["known"].notes if "known" in result else ()
        if row.label is not None:
            try:
                given, parsed = self._meant(row.label, "label", extent)
            except InvalidValue as error:
                notes.append(f"{NO_LABEL}{error.field}: {error.message}")
            else:
                result |= self._given(given, parsed, result.get("said"))
                notes += parsed.notes
        return result | {"notes": tuple(dict.fromkeys(notes))} if notes else result

    def _given(self, given: Said, parsed: Parsed, said: Said | None) -> dict[str, Any]:
        """What people say, and how the machine's answer compares with it."""
        result: dict[str, Any] = {"given": given}
        if not self._names:
            result["given_counts"] = counted(self.dataset, parsed.value)
        if said is not None:
            result["found"] = compared(self._kind, said.value, given.value, self.task)
        return result

    def _predicted(self, raw: RawSaid, policy: RuleInForce, draw: float, extent: Extent) -> dict[str, Any]:
        said, parsed = self._meant(raw, "prediction", extent)
        if self._names:
            # A prediction without a confidence is never auto-accepted.
            confidence = 0.0 if raw.confidence is None else raw.confidence
            opinion = Opinion(said.labels, confidence, None, self.labeler_id, edition=self.edition)
            return {"said": said, "confidence": confidence, "route": route(opinion, policy, draw)}
        known = whole(self._kind, parsed, raw.confidence, None, raw.empty)
        opinion = Opinion(
            known.summary.counts,
            known.confidence,
            labeler=self.labeler_id,
            edition=self.edition,
            elements=True,
            floors=known.summary.floors,
            empty=known.empty,
        )
        return {"said": said, "route": route(opinion, policy, draw), "known": known, "confidence": known.confidence}

    def _meant(self, raw: RawSaid, target: str, extent: Extent) -> tuple[Said, Parsed]:
        """The label value. Raises InvalidValue with its column."""
        try:
            if self._names and not isinstance(raw.value, Mapping):
                return self._named(tuple(raw.value))
            parsed = self._kind.parse(raw.value, self.task, extent, mend=True, parts=raw.parts)
        except InvalidValue as error:
            raise InvalidValue(error.message, field=str(self.mapping.get(target, target))) from None
        return Said.of(parsed.value, labels_of(self._kind, parsed.value)), parsed

    def _named(self, names: tuple[str, ...]) -> tuple[Said, Parsed]:
        if names not in self._said:
            value = naming(self.task).from_names(names, self.task)
            if len(self._said) >= MOST_REMEMBERED:
                self._said.clear()
            self._said[names] = Said.of(value, labels_of(self._kind, value)), Parsed(value)
        return self._said[names]


def _as_prediction(record: Record) -> Record:
    """The record with its label as a prediction, unless it distinguishes the two itself."""
    if record.label is None or record.prediction is not None:
        return record
    return replace(record, prediction=record.label, label=None)


def _fault(entry: Entry, error: InvalidInput | InvalidValue) -> RowError:
    """The error for the entry, with the file's name if there is one."""
    if isinstance(entry, ImageFile):
        remedy = "Fix the file, or leave it out, and import it again."
        return RowError(entry.number, error.field or "file", f"{entry.name[:200]}: {error.message}", remedy)
    return RowError(entry.number, error.field or "", error.message, "Fix the row and import it again.")
