"""Two versions of a labeler compared on the same human-labelled items: the random checks that both predicted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Exists, OuterRef

from datasets.making import label_task
from datasets.models import Dataset, Item, Status
from ground.errors import InvalidInput
from kinds import TASK_KINDS, LabelValue
from labeling.labelers import LABELER_KINDS
from labeling.models import Edition, Labeler, ModelVersion, Outcome, PreLabel
from labeling.policies.comparing import by_element, compared
from labeling.policies.editions import next_edition
from measuring.estimation import NOTHING, Figure, mcnemar, paired_difference, proportion
from review.models import Decision, Origin, Verdict

# Checks compared at most: by element each pair of values is matched, which takes longer.
MOST, MOST_BY_ELEMENT = 5_000, 1_000
# Versions offered, newest first, and differing items listed.
OFFERED, LISTED = 20, 100
# The key of the version that the next run uses, if no run has used it so far.
NEXT = "next"
# With fewer differing items even a split of all to none could be chance (p above 5%).
LEAST_DIFFERING = 6


@dataclass(frozen=True, slots=True)
class Version:
    """A model with settings. `edition` None: no run has used it. `present`: the labeler's next run uses it."""

    edition: Edition | None
    model: ModelVersion | None
    name: str
    present: bool

    @property
    def key(self) -> str:
        """Its name in addresses."""
        return str(self.edition.pk) if self.edition else NEXT


@dataclass(frozen=True, slots=True)
class Differing:
    """An item that one version gets right and the other wrong."""

    item: Item
    new_is_right: bool


@dataclass(frozen=True, slots=True)
class ClassPair:
    """Items whose human label has this class ("": no class), and how many of them each version gets right."""

    name: str
    n: int
    old: int
    new: int


@dataclass(frozen=True, slots=True)
class Paired:
    """`checks`: random checks looked at (`limited`: there are more). Left out are `seen_before`, since one version may
    have learned from them; `unpredicted`, since one has not predicted them; `unanswered`, since one gave no label."""

    checks: int = 0
    limited: bool = False
    seen_before: int = 0
    unpredicted: int = 0
    unanswered: int = 0
    both: int = 0
    only_old: int = 0
    only_new: int = 0
    neither: int = 0
    classes: Sequence[ClassPair] = ()
    differing: Sequence[Differing] = ()

    @property
    def n(self) -> int:
        """Items compared."""
        return self.both + self.only_old + self.only_new + self.neither

    @property
    def old(self) -> Figure:
        """Accuracy of the old version."""
        return proportion(self.both + self.only_old, self.n)

    @property
    def new(self) -> Figure:
        """Accuracy of the new version."""
        return proportion(self.both + self.only_new, self.n)

    @property
    def difference(self) -> Figure:
        """The new one's accuracy less the old one's."""
        if not self.n:
            return NOTHING
        return paired_difference(
            both=self.both, only_first=self.only_old, only_second=self.only_new, neither=self.neither
        )

    @property
    def p(self) -> float | None:
        """The exact p-value of McNemar's test; None: too few items, or too few that differ."""
        if self.difference.value is None or self.only_old + self.only_new < LEAST_DIFFERING:
            return None
        return mcnemar(self.only_old, self.only_new)


def versions_of(labeler: Labeler) -> list[Version]:
    """The labeler's versions, the present one first, then newest first. One that no run has used is listed only if it
    is the present one: others have predicted nothing."""
    model, present = next_edition(labeler)
    editions = list(labeler.editions.select_related("model_version")[:OFFERED])
    last = labeler.editions.count()
    places = {one.pk: last - index for index, one in enumerate(editions)}
    models = Counter(one.model_version_id for one in editions)
    if present is None:
        models[model.pk if model else None] += 1
    listed = [
        Version(
            one,
            one.model_version,
            _name(one, places[one.pk], alone=models[one.model_version_id] == 1),
            present=one == present,
        )
        for one in editions
    ]
    if present is not None and present not in editions:
        # Settings from long ago are in use again.
        name = _name(present, labeler.editions.filter(pk__lte=present.pk).count(), alone=False)
        listed.append(Version(present, present.model_version, name, present=True))
    found = sorted(listed, key=lambda one: not one.present)
    if present is not None:
        return found
    if not LABELER_KINDS[labeler.kind].runnable:
        return found
    return [Version(None, model, f"v{model.number} (never run)" if model else "present settings", present=True), *found]


def _name(edition: Edition, place: int, *, alone: bool) -> str:
    """By the model where that says which it is, else by the settings, in the order in which they were first used."""
    model = edition.model_version
    since = f"settings {place} of {edition.created_at:%Y-%m-%d}"
    return since if model is None else f"v{model.number}" if alone else f"v{model.number}, {since}"


def chosen_pair(versions: Sequence[Version], old: str, new: str) -> tuple[Version, Version] | None:
    """The versions with these keys; "": the present one and the newest other. None if there are not two. Raises
    InvalidInput naming the parameter."""
    if len(versions) < 2:
        return None
    by_key = {one.key: one for one in versions}
    for name, key in (("old", old), ("new", new)):
        if key and key not in by_key:
            raise InvalidInput(f"{name} must be one of {', '.join(by_key)}.", field=name)
    second = by_key[new] if new else next(one for one in versions if one.key != old)
    first = by_key[old] if old else next(one for one in versions if one != second)
    if first == second:
        raise InvalidInput("old and new must be two different versions.", field="old")
    return first, second


def compare_versions(dataset: Dataset, old: Version, new: Version) -> Paired:
    """What both predicted, against what people said blindly on random checks."""
    items, limited = _checks(dataset)
    seen = _seen_before(list(items), old, new)
    usable = {pk: item for pk, item in items.items() if pk not in seen}
    found = _counted(dataset, usable, _said(list(usable), old), _said(list(usable), new))
    return replace(found, checks=len(items), limited=limited, seen_before=len(seen))


def unpredicted(dataset: Dataset, version: Version) -> list[int]:
    """The random checks that the version has not predicted, of those that a comparison would look at."""
    items, _ = _checks(dataset)
    left_out = _seen_before(list(items), version) | set(_said(list(items), version))
    return sorted(set(items) - left_out)


def _checks(dataset: Dataset) -> tuple[dict[int, Item], bool]:
    """Those with the lowest draws, which is a random choice and has an index; and whether there are more."""
    most = MOST_BY_ELEMENT if by_element(dataset) else MOST
    rows = Item.objects.filter(dataset=dataset, status=Status.REVIEWED, sampled=True, blind=True)
    columns = rows.only("pk", "external_id", "human_value", "human_labels")
    found = list(columns.order_by("draw")[: most + 1])
    return {one.pk: one for one in found[:most]}, len(found) > most


def _seen_before(items: Sequence[int], *versions: Version) -> set[int]:
    """Items that people labeled outside the random sample before the newer of the models was made: training may have
    used them then, though they were drawn later."""
    made = [one.model.created_at for one in versions if one.model is not None]
    if not made:
        return set()
    labeled = Decision.objects.filter(
        item=OuterRef("pk"),
        verdict=Verdict.LABEL,
        sampled=False,
        origin__in=[Origin.REVIEW, Origin.IMPORT],
        decided_at__lt=max(made),
    )
    return set(Item.objects.filter(Exists(labeled), pk__in=items).values_list("pk", flat=True))


def _said(items: Sequence[int], version: Version) -> Mapping[int, LabelValue | None]:
    """By item the version's newest value (None: it abstained); without failures and runs that were rolled back."""
    if version.edition is None:
        return {}
    rows = (
        PreLabel.objects.filter(item__in=items, run__edition=version.edition, run__recalled_at__isnull=True)
        .exclude(outcome=Outcome.FAILED)
        .order_by("item_id", "-pk")
        .distinct("item_id")
    )
    return dict(rows.values_list("item_id", "value"))


def _counted(
    dataset: Dataset,
    items: Mapping[int, Item],
    old: Mapping[int, LabelValue | None],
    new: Mapping[int, LabelValue | None],
) -> Paired:
    kind, task = TASK_KINDS[dataset.task_kind], label_task(dataset)
    outcomes, classes, differing = Counter[tuple[bool, bool]](), dict[str, Counter[str]](), list[Differing]()
    predicted = [pk for pk in items if pk in old and pk in new]
    unanswered = 0
    for pk in predicted:
        item, before, now = items[pk], old[pk], new[pk]
        if before is None or now is None or item.human_value is None:
            unanswered += 1
            continue
        first, second = (compared(kind, said, item.human_value, task).matched for said in (before, now))
        outcomes[first, second] += 1
        for name in item.human_labels or [""]:
            classes.setdefault(name, Counter()).update({"n": 1, "old": int(first), "new": int(second)})
        if first != second:
            differing.append(Differing(item, second))
    return Paired(
        unpredicted=len(items) - len(predicted),
        unanswered=unanswered,
        both=outcomes[True, True],
        only_old=outcomes[True, False],
        only_new=outcomes[False, True],
        neither=outcomes[False, False],
        classes=[ClassPair(name, one["n"], one["old"], one["new"]) for name, one in sorted(classes.items())],
        differing=differing[:LISTED],
    )
