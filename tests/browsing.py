"""A real Chromium for tests: a page whose console must stay clean."""

import re
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page

# Chromium reports blocked content on the console; this also names the directive that blocked it.
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`CSP violation: ${event.effectiveDirective} blocked ${event.blockedURI} in ${event.sourceFile}`);
});
"""


@dataclass
class Console:
    """What a page complained about. A test that provokes a complaint allows it, by a pattern, beforehand."""

    complaints: list[str] = field(default_factory=list)
    allowed: list[re.Pattern[str]] = field(default_factory=list)

    def allow(self, pattern: str) -> None:
        """Complaints in which the pattern is found are expected."""
        self.allowed.append(re.compile(pattern))

    def unexpected(self) -> list[str]:
        """The complaints that nobody allowed."""
        return [text for text in self.complaints if not any(pattern.search(text) for pattern in self.allowed)]

    def listen(self, context: BrowserContext) -> None:
        """Collect from every page of the context."""
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("page", self._listen_to)

    def _listen_to(self, page: Page) -> None:
        page.on("console", self._note)
        page.on("pageerror", self._note_error)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _note_error(self, error: Error) -> None:
        self.complaints.append(f"error: {error}")


def log_in(page: Page, base_url: str, session_key: str) -> None:
    """Carry a signed-in test client's session into the browser."""
    page.context.add_cookies([{"name": "sessionid", "value": session_key, "url": base_url}])
