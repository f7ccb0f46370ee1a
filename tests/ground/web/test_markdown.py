"""Guidelines are people's text: nothing in them runs, and nothing leads elsewhere by itself."""

import pytest
from django.template import Context, Template

from ground.web.markdown import render


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,AAAA)",
        "![x](https://elsewhere.example/pixel.png)",
        '<a href="x" style="position:fixed">x</a>',
        "<iframe src='https://elsewhere.example'></iframe>",
    ],
)
def test_nothing_dangerous_comes_through(text: str) -> None:
    html = str(render(text)).lower()
    for bad in ("<script", "<img", "<iframe", 'href="javascript', 'href="data', '<a href="x"'):
        assert bad not in html


def test_what_people_write_is_rendered() -> None:
    html = Template("{{ text }}").render(Context({"text": render("# Rules\n\n| a | b |\n|---|---|\n| 1 | **2** |")}))
    assert "<h1>Rules</h1>" in html
    assert "<td><strong>2</strong></td>" in html
    assert 'rel="noopener noreferrer nofollow"' in render("[a](https://example.org)")
    assert not render("")
