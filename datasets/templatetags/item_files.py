"""URLs of items' files."""

from dataclasses import dataclass

from django import template
from django.urls import reverse

from datasets.models import Dataset, Item
from datasets.renditions import names_for

register = template.Library()


@dataclass(frozen=True, slots=True)
class FileAddress:
    """`shown`: the URL a page shows first; `whole`: that of the file itself, "" if it is the same."""

    shown: str
    whole: str = ""


@register.simple_tag
def item_file(dataset: Dataset, item: Item, rendition: str = "display") -> FileAddress:
    """The URL of the item's file: of that rendition, if the item's kind defines it for such a file."""
    address = reverse("asset", args=[dataset.slug, item.pk])
    if rendition not in names_for(dataset.item_kind, item.asset):
        return FileAddress(address)
    return FileAddress(f"{address}?rendition={rendition}", address)
