"""Long names break at their own joints, and nowhere else does the text change."""

import pytest
from django.template import Context, Template


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("balance_not_updated", "balance_<wbr>not_<wbr>updated"),
        ("getHTTPResponse", "get<wbr>HTTPResponse"),
        ("Zürich_Ärger", "Zürich_<wbr>Ärger"),
        ("__x_", "__<wbr>x_"),
        ("two words", "two words"),
        ("<b>_x", "&lt;b&gt;_<wbr>x"),
        ("", ""),
    ],
)
def test_a_name_breaks_at_its_joints(text: str, shown: str) -> None:
    assert Template("{% load names %}{% name text %}").render(Context({"text": text})) == shown
