"""Template filters for datasets."""

from django import template

from datasets.item_kinds import ITEM_KINDS
from datasets.models import Dataset
from kinds import TASK_KINDS

register = template.Library()


@register.filter
def item_kind_title(dataset: Dataset) -> str:
    """The name of one item."""
    return ITEM_KINDS[dataset.item_kind].title


@register.filter
def task_title(dataset: Dataset) -> str:
    """The label type: the variant of the task kind with these settings, else the kind."""
    kind = TASK_KINDS[dataset.task_kind]
    named = {name for variant in kind.variants for name in variant.settings}
    for variant in kind.variants:
        normal = kind.settings(variant.settings).model_dump(mode="json")
        if all(dataset.task_settings.get(name) == normal[name] for name in named):
            return variant.title
    return kind.title
