"""axe-core in a page: what it finds fails the test."""

from pathlib import Path

from playwright.sync_api import Page

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it is now, one line each: rule, elements, what to mend."""
    page.evaluate(AXE)
    found = page.evaluate("() => axe.run({resultTypes: ['violations'], preload: false})")
    return [
        f"{one['id']}: {[node['target'] for node in one['nodes'][:4]]} {one['nodes'][0].get('failureSummary', '')}"
        for one in found["violations"]
    ]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    width: int = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width
