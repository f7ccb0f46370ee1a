"""A reviewer in front of the review screen."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Locator, Page, expect

from accounts.models import Role, Session, User
from datasets.making import NewClass, create_dataset
from datasets.models import Dataset, Membership
from review.models import Decision, Verdict
from tests.browsing import log_in
from tests.filling import Said, fill
from tests.people import Cast

# A key counts only for an item that was painted: on a busy machine that takes a while.
NOTE_PAINTING = 'document.addEventListener("review:painted", ({ detail }) => { window.paintedItem = detail.item; });'
PAINTED = """() => {
  const item = document.querySelector("#stage #item");
  return !item || document.querySelector("dialog[open]") || window.paintedItem === item.dataset.item;
}"""
FRAME = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 10))))"

# Longer than the five seconds that are usual: what is expected comes at once, but on a machine that has other work.
expect.set_options(timeout=20_000)


@dataclass
class Desk:
    """One reviewer, one dataset, one page."""

    page: Page
    cast: Cast
    url: str
    dataset: Dataset

    def __post_init__(self) -> None:
        self.page.add_init_script(NOTE_PAINTING)

    def open(self, path: str = "", *, user: User | None = None) -> None:
        """Go to the review screen and wait until it takes keys."""
        client = self.cast.client(user or self.cast.reviewer)
        log_in(self.page, self.url, client.cookies[settings.SESSION_COOKIE_NAME].value)
        self.page.goto(f"/datasets/{self.dataset.slug}/review/{path}")
        self.page.locator("body.scripted").wait_for()
        self.painted()
        self.page.wait_for_timeout(150)

    @property
    def shown(self) -> str:
        """The external id on the screen."""
        return self.page.locator("#item-title").inner_text()

    def tap(self, button: str) -> None:
        """Decide with a finger: the click comes some time after the tap, and then the next item. Where the machine is
        so busy that half a second lies between down and up, it was a long press, which decides nothing."""
        before, title = self.shown, self.page.locator("#item-title")
        for _ in range(4):
            self.page.get_by_role("button", name=button).tap()
            with suppress(AssertionError):
                expect(title).not_to_have_text(before, timeout=5_000)
                return
        expect(title).not_to_have_text(before)

    def painted(self) -> None:
        """Wait until the item on the screen takes keys."""
        self.page.evaluate(FRAME)
        self.page.wait_for_function(PAINTED)

    def press(self, *keys: str) -> None:
        """Press keys, each for what has been painted by then."""
        for key in keys:
            self.painted()
            self.page.keyboard.press(key)
            self.page.wait_for_timeout(80)

    def click(self, button: str) -> None:
        """Click the button, and wait as a person does: until what it did is painted."""
        self.page.get_by_role("button", name=button).click()
        self.painted()

    def end_session(self) -> None:
        """Everybody is signed out; the next key finds out, not a request for items that is still on its way."""
        self.page.wait_for_load_state("networkidle")
        Session.objects.all().delete()

    def decide_signed_out(self) -> tuple[str, Locator]:
        """Card for the first item, after the session has ended: the item, and the dialog that keeps the decision."""
        self.open()
        first = self.shown
        self.end_session()
        self.press("1")
        dialog = self.page.locator("#signin-dialog")
        expect(dialog).to_contain_text("Your decisions are kept in this browser")
        return first, dialog

    def saved(self) -> None:
        """Wait until nothing is unsent."""
        self.page.locator("#saved-chip[data-state=saved]").wait_for()

    def standing(self) -> dict[str, Any]:
        """External id -> labels or verdict, of the decisions that stand."""
        undone = Decision.objects.filter(undoes__isnull=False).values("undoes_id")
        rows = Decision.objects.exclude(verdict=Verdict.UNDO).exclude(pk__in=undone).select_related("item")
        return {row.item.external_id: row.value["labels"] if row.value else row.verdict for row in rows.order_by("id")}

    def standing_values(self) -> list[dict[str, Any]]:
        """The values of the decisions that stand, in order."""
        undone = Decision.objects.filter(undoes__isnull=False).values("undoes_id")
        rows = Decision.objects.exclude(verdict=Verdict.UNDO).exclude(pk__in=undone).order_by("id")
        return [row.value for row in rows if row.value]

    def hint(self) -> str:
        """The line above the actions."""
        return self.page.locator("#hint").inner_text()


type_of_desk_maker = Callable[..., Desk]


@pytest.fixture(autouse=True)
def no_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proposals that are wrong on purpose come by chance, and bring their item back; test_probes.py asks for them."""
    monkeypatch.setattr("review.queue.claims.plant", lambda held, **_: held)


@pytest.fixture
def desk(browser_page: Page, live_server: Any, cast: Cast) -> Desk:
    """The dataset of the cast (three classes, one label) with twelve items that the machine is not sure of."""
    fill(cast.dataset, [unsure_of(number) for number in range(12)])
    return Desk(browser_page, cast, live_server.url, cast.dataset)


@pytest.fixture
def desk_of(browser_page: Page, live_server: Any, cast: Cast) -> type_of_desk_maker:
    """`desk_of(said, classes=…, reviews=…, item_kind=…, task_kind=…, task_settings=…)`: another dataset of the
    reviewer's and the manager's."""

    def make(said: Sequence[Said], *, classes: Sequence[NewClass], reviews: int = 1, **settings_: Any) -> Desk:
        dataset = create_dataset(
            name="Other", slug="other", creator=cast.admin, classes=classes, **{"item_kind": "text", **settings_}
        )
        Membership.objects.create(dataset=dataset, user=cast.reviewer, role=Role.REVIEWER)
        Membership.objects.create(dataset=dataset, user=cast.manager, role=Role.MANAGER)
        Dataset.objects.filter(pk=dataset.pk).update(reviews_per_item=reviews)
        fill(dataset, said)
        return Desk(browser_page, cast, live_server.url, dataset)

    return make


def unsure_of(number: int, **changes: Any) -> Said:
    """Item number `number`, taken for a card, under the threshold."""
    given: dict[str, Any] = {
        "text": f"text number {number}",
        "labels": ["card"],
        "confidence": 0.3 + number / 1000,
        "alternatives": [("card", 0.3), ("refund", 0.2)],
    }
    return Said(**given | changes)
