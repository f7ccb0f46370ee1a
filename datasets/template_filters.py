"""What datasets hold, in words for pages."""

from django import template

from datasets.item_kinds import ITEM_KINDS
from datasets.models import Dataset
from kinds import TASK_KINDS

register = template.Library()


@register.filter
def item_kind_title(dataset: Dataset) -> str:
    """What one item is called."""
    return ITEM_KINDS[dataset.item_kind].title


@register.filter
def task_title(dataset: Dataset) -> str:
    """What each item gets: the variant that the dataset was begun with, else its kind of labels."""
    kind = TASK_KINDS[dataset.task_kind]
    normal = {variant.title: kind.settings(variant.settings).model_dump(mode="json") for variant in kind.variants}
    return next((title for title, settings in normal.items() if settings == dataset.task_settings), kind.title)
