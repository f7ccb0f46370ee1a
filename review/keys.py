"""The keys of the review screen: one table of actions, and what a person may change about it. Plain rules.

Actions of deciding are here; those of editing are declared by the task kinds (`EditorSpec.actions`), those of looking
at an item by the item kinds (`ViewerSpec.actions`), and their names begin with the kind's. `User.review_keys` holds
action name -> key, and {"off": true} for somebody who wants no single-letter keys at all (WCAG 2.1.4). Only known
actions and single characters are ever stored, never free text.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from datasets.item_kinds import ITEM_KINDS
from ground.errors import InvalidInput
from kinds import TASK_KINDS, KeyAction


@dataclass(frozen=True, slots=True)
class Action:
    """Something a key does. `key` is the default, "" where there are only `fixed` keys, which always do it as well.
    `mode`: deciding about items, looking at one, or editing its label; the editor is asked first, then the viewer.
    `kind`: the task kind or item kind that alone has it, "" for all."""

    name: str
    title: str
    key: str
    fixed: tuple[str, ...] = ()
    mode: Literal["decide", "view", "edit"] = "decide"
    kind: str = ""

    def meets(self, other: "Action") -> bool:
        """Whether both can be in force at a time, so that they need keys of their own."""
        if not self.kind or not other.kind:
            return True
        if (self.mode == "edit") == (other.mode == "edit"):
            return self.kind == other.kind
        edit, view = (self, other) if self.mode == "edit" else (other, self)
        labelled = TASK_KINDS[edit.kind].item_kinds
        return labelled is None or view.kind in labelled

    @property
    def own_name(self) -> str:
        """As the kind calls it."""
        return self.name.removeprefix(f"{self.kind}.")


ACTIONS = (
    Action("accept", "Accept your choice, or the suggestion, and go on", "a", ("Enter",)),
    Action("find", "Find a class by typing", "/"),
    Action("reject", "Discard (not labelable), and go on", "x"),
    Action("unsure", "Flag for a second opinion", "u"),
    Action("skip", "Skip, and go on", "s"),
    Action("undo", "Undo last decision", "z", ("Backspace",)),
    Action("later", "Next of my decisions", "j"),
    Action("earlier", "Previous of my decisions", "k"),
    Action("edit", "Edit the past decision on screen", "e"),
    Action("ordinary", "Ordinary text: say so of one that no labeler was sent, or take that back", "o", kind="text"),
    Action("none", "None of the classes, or nothing to label", "n"),
    Action("guidelines", "Guidelines", "g"),
    Action("proposal", "Show or hide suggestions", "t"),
    Action("help", "All keys", "?"),
)


def editing(task_kind: str) -> tuple[Action, ...]:
    """What keys do in the editor of the task kind."""
    return _of(task_kind, "edit", TASK_KINDS[task_kind].editor.actions)


def viewing(item_kind: str) -> tuple[Action, ...]:
    """What keys do in the viewer of the item kind."""
    return _of(item_kind, "view", ITEM_KINDS[item_kind].viewer.actions)


def _of(kind: str, mode: Literal["view", "edit"], actions: Iterable[KeyAction]) -> tuple[Action, ...]:
    return tuple(Action(f"{kind}.{one.name}", one.title, one.key, one.fixed, mode, kind) for one in actions)


def all_actions() -> tuple[Action, ...]:
    """Deciding, then looking at items of all kinds, then editing labels of all kinds."""
    views = [action for kind in ITEM_KINDS for action in viewing(kind)]
    return (*ACTIONS, *views, *(action for kind in TASK_KINDS for action in editing(kind)))


def keymap(stored: Mapping[str, object], actions: Iterable[Action] = ACTIONS) -> dict[str, str]:
    """Action name -> key for somebody with these stored choices; what does not fit the table is left out."""
    keys = {action.name: action.key for action in actions if action.key}
    for name in keys:
        key = stored.get(name)
        if isinstance(key, str) and len(key) == 1:
            keys[name] = key
    return keys


def plugged_keys(stored: Mapping[str, object], actions: Sequence[Action]) -> dict[str, list[str]]:
    """Of a viewer or an editor: its own name of each action -> all keys that do it."""
    own = keymap(stored, actions)
    return {action.own_name: [key for key in (own.get(action.name), *action.fixed) if key] for action in actions}


def printed(fixed: Sequence[str]) -> list[str]:
    """Keys as they are printed, arrows as one; where more may be held besides, the action's title says so."""
    least = min((key.count("+") for key in fixed), default=0)
    shown = (re.sub(r"Arrow\w+$", "Arrows", key).replace("Control", "Ctrl") for key in fixed if key.count("+") == least)
    return list(dict.fromkeys("Space" if key == " " else key for key in shown))


def switched_off(stored: Mapping[str, object]) -> bool:
    """Whether single-character keys are off; Enter, Backspace, arrows and Escape stay."""
    return stored.get("off") is True


def clean(keys: Mapping[str, str], *, off: bool) -> dict[str, object]:
    """What is stored for these choices: the changes only. Raises InvalidInput naming the action and the remedy."""
    chosen: list[tuple[Action, str]] = []
    for action in all_actions():
        if not action.key:
            continue
        key = (keys.get(action.name) or action.key).strip().lower() or action.key
        if len(key) != 1 or not key.isprintable():
            raise InvalidInput(f"{action.title}: give one character, not {key!r}.", field=action.name)
        if key.isdigit():
            raise InvalidInput(f"{action.title}: digits choose classes; take another character.", field=action.name)
        if any(taken == key and action.meets(other) for other, taken in chosen):
            raise InvalidInput(f"{action.title}: {key!r} is taken already; choose another.", field=action.name)
        chosen.append((action, key))
    changed: dict[str, object] = {action.name: key for action, key in chosen if key != action.key}
    return changed | ({"off": True} if off else {})
