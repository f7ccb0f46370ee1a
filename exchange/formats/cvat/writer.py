"""CVAT for images 1.1: annotations.xml in a zip, with the images where they are wanted."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from exchange.formats.member_names import MemberNames, ending_of
from exchange.formats.regions import no_holes
from exchange.formats.writing import About, ExportItem, Target
from exchange.formats.xml_text import attributes, text, unwritable
from kinds.regions.shapes import shape_of

NO_LABEL = "It has no label, which CVAT cannot distinguish from an image without shapes: it is not listed."


class Cvat:
    """All that regions have but holes."""

    name = "cvat"
    title = "CVAT for images 1.1 (zip)"
    extension = "zip"
    media_type = "application/zip"
    carries: frozenset[str] | None = frozenset({"regions"})

    def open(self, target: Target, about: About) -> "CvatWriter":
        """A writer on the target."""
        return CvatWriter(target, about)

    def losses(self, item: ExportItem, about: About) -> Sequence[str]:
        """Holes."""
        return [NO_LABEL] if item.value is None else [*no_holes(item.value), *unwritable(item.value)]


class CvatWriter:
    """Writes images as they come; the XML is kept on disk until the end."""

    def __init__(self, target: Target, about: About) -> None:
        self._target, self._about = target, about
        self._names = MemberNames()
        self._xml = target.later("annotations.xml")
        self._xml.write("".join(_head(about)).encode())
        self._images = 0

    def write(self, item: ExportItem) -> None:
        """Append one image."""
        name = f"{self._names.stem(item)}{ending_of(item)}"
        if self._about.files and item.read is not None:
            self._target.write_member(f"images/{name}", item.read())
        if item.value is None:
            return
        size = {"width": item.extent.width, "height": item.extent.height}
        subset = {"subset": item.split} if item.split else {}
        lines = [f"  <image{attributes(id=self._images, name=name, **subset, **size)}>\n"]
        for order, region in enumerate(item.value["regions"]):
            lines += _shape(region, order)
        self._xml.write("".join([*lines, "  </image>\n"]).encode())
        self._images += 1

    def close(self) -> None:
        """End the document."""
        self._xml.write(b"</annotations>\n")


def _head(about: About) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n'
    yield f"  <meta>\n    <task>\n      <name>{text(about.name)}</name>\n      <labels>\n"
    for spec in about.task.classes:
        yield f"        <label>\n          <name>{text(spec.name)}</name>\n          <attributes>\n"
        for name, one in about.task.settings.attributes.items():
            if one.labels is None or spec.name in one.labels:
                kind, values = ("select", one.values) if one.values else ("text", ())
                yield f"            <attribute><name>{text(name)}</name><mutable>False</mutable>"
                yield f"<input_type>{kind}</input_type><default_value></default_value>"
                yield f"<values>{text(chr(10).join(values))}</values></attribute>\n"
        yield "          </attributes>\n        </label>\n"
    yield "      </labels>\n    </task>\n  </meta>\n"


def _shape(region: Mapping[str, Any], order: int) -> Iterator[str]:
    kind, raw = shape_of(dict(region))
    about: dict[str, object] = {"label": region["label"], "source": "manual", "occluded": int(region["occluded"])}
    tag = "box"
    if kind == "polygon":
        tag = "polygon"
        about["points"] = ";".join(f"{x:.10g},{y:.10g}" for x, y in raw[0])
    else:
        x, y, width, height = raw[:4]
        if kind == "rotated_box":
            x, y = x - width / 2, y - height / 2
            about["rotation"] = f"{raw[4]:.10g}"
        about |= {
            "xtl": f"{x:.10g}",
            "ytl": f"{y:.10g}",
            "xbr": f"{x + width:.10g}",
            "ybr": f"{y + height:.10g}",
        }
    yield f"    <{tag}{attributes(**about, z_order=order)}>\n"
    for name, value in sorted(region["attributes"].items()):
        yield f"      <attribute{attributes(name=name)}>{text(value)}</attribute>\n"
    yield f"    </{tag}>\n"
