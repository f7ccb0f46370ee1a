"""The keys of the review screen: one table of actions, and what a person may change about it. Plain rules.

`User.review_keys` holds action name -> key, and {"off": true} for somebody who wants no single-letter keys at all
(WCAG 2.1.4). Only known actions and single characters are ever stored, never free text.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ground.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Action:
    """Something a key does. `key` is the default; `fixed` names keys that always do it as well."""

    name: str
    title: str
    key: str
    fixed: tuple[str, ...] = ()


ACTIONS = (
    Action("accept", "Accept what is chosen, else the proposal, and next", "a", ("Enter",)),
    Action("find", "Find a class by typing", "/"),
    Action("reject", "Reject: unfit to be labelled, and next", "x"),
    Action("unsure", "Unsure: hand it to somebody else, with a reason", "u"),
    Action("skip", "Skip: not for me, and next", "s"),
    Action("undo", "Undo my last decision", "z", ("Backspace",)),
    Action("later", "Later item of my history", "j"),
    Action("earlier", "Earlier item of my history", "k"),
    Action("edit", "Change the item of my history on screen", "e"),
    Action("none", "None of the classes (several labels allowed)", "n"),
    Action("guidelines", "Guidelines", "g"),
    Action("proposal", "Show or hide the machine's proposal", "t"),
    Action("zoom_in", "Enlarge the image", "+"),
    Action("zoom_out", "Shrink the image", "-"),
    Action("help", "All keys", "?"),
)
NAMES = frozenset(action.name for action in ACTIONS)


def keymap(stored: Mapping[str, object]) -> dict[str, str]:
    """Action name -> key for somebody with these stored choices; what does not fit the table is left out."""
    keys = {action.name: action.key for action in ACTIONS}
    for name, key in stored.items():
        if name in NAMES and isinstance(key, str) and len(key) == 1:
            keys[name] = key
    return keys


def switched_off(stored: Mapping[str, object]) -> bool:
    """Whether single-character keys are off; Enter, Backspace, arrows and Escape stay."""
    return stored.get("off") is True


def clean(keys: Mapping[str, str], *, off: bool) -> dict[str, object]:
    """What is stored for these choices: the changes only. Raises InvalidInput naming the action and the remedy."""
    chosen: dict[str, str] = {}
    for action in ACTIONS:
        key = (keys.get(action.name) or action.key).strip().lower() or action.key
        if len(key) != 1 or not key.isprintable():
            raise InvalidInput(f"{action.title}: give one character, not {key!r}.", field=action.name)
        if key.isdigit():
            raise InvalidInput(f"{action.title}: digits choose classes; take another character.", field=action.name)
        other = next((name for name, taken in chosen.items() if taken == key), None)
        if other is not None:
            raise InvalidInput(f"{action.title}: {key!r} is taken already; choose another.", field=action.name)
        chosen[action.name] = key
    changed: dict[str, object] = {a.name: chosen[a.name] for a in ACTIONS if chosen[a.name] != a.key}
    return changed | ({"off": True} if off else {})
