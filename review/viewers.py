"""How items are shown on the review screen: a viewer for each kind of items."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ViewerSpec:
    """`template`: the fragment with the content, readable without scripts; `script`: the module below `static/js/` that
    offers the viewer. `ahead`: how many items are fetched in advance. `actions`: names of the screen's actions that
    only this viewer has a use for."""

    template: str
    script: str
    ahead: int = 12
    actions: frozenset[str] = frozenset()


VIEWERS = {
    "text": ViewerSpec("review/viewers/text.html", "js/review/viewers/text.js"),
    "image": ViewerSpec(
        "review/viewers/image.html",
        "js/review/viewers/image.js",
        ahead=6,
        actions=frozenset({"zoom_in", "zoom_out", "zoom_fit"}),
    ),
}
