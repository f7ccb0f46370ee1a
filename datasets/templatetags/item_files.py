"""Addresses of items' files, for templates."""

from dataclasses import dataclass

from django import template
from django.urls import reverse

from datasets.models import Dataset, Item
from datasets.renditions import names_for

register = template.Library()


@dataclass(frozen=True, slots=True)
class FileAddress:
    """`shown`: what a page shows at first; `whole`: the file itself, "" where that is the same."""

    shown: str
    whole: str = ""


@register.simple_tag
def item_file(dataset: Dataset, item: Item, rendition: str = "display") -> FileAddress:
    """Where the item's file is: the rendition of that name, where the item's kind makes one of such a file."""
    address = reverse("asset", args=[dataset.slug, item.pk])
    if rendition not in names_for(dataset.item_kind, item.asset):
        return FileAddress(address)
    return FileAddress(f"{address}?rendition={rendition}", address)
