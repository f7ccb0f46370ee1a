"""The keys of the review page: one table of actions, and users' changes to it. Rules only.
Actions for deciding are listed here; editing actions are declared by task kinds (`EditorSpec.actions`), viewing actions
by item kinds (`ViewerSpec.actions`), with the kind's name as prefix. `User.review_keys` stores action name -> key, and
{"off": true} for users without single-letter keys (WCAG 2.1.4). Only known actions and single characters are stored,
never free text."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from datasets.item_kinds import ITEM_KINDS
from ground.errors import InvalidInput
from kinds import TASK_KINDS, KeyAction


@dataclass(frozen=True, slots=True)
class Action:
    """A key action. `key` is the default, "" if there are only `fixed` keys, which always work too. `mode`: deciding,
    viewing or editing; keys go to the editor first, then to the viewer. `kind`: the task kind or item kind that has it,
    "" for all."""

    name: str
    title: str
    key: str
    fixed: tuple[str, ...] = ()
    mode: Literal["decide", "view", "edit"] = "decide"
    kind: str = ""

    def meets(self, other: "Action") -> bool:
        """Whether both can be active at the same time, so that they need different keys."""
        if not self.kind or not other.kind:
            return True
        if (self.mode == "edit") == (other.mode == "edit"):
            return self.kind == other.kind
        edit, view = (self, other) if self.mode == "edit" else (other, self)
        labelled = TASK_KINDS[edit.kind].item_kinds
        return labelled is None or view.kind in labelled

    @property
    def own_name(self) -> str:
        """Its name within the kind."""
        return self.name.removeprefix(f"{self.kind}.")


ACTIONS = (
    Action("accept", "Accept your choice or the suggestion, and continue", "a", ("Enter",)),
    Action("find", "Find a class by typing", "/"),
    Action("reject", "Discard (not labelable), and continue", "x"),
    Action("unsure", "Flag for a second opinion", "u"),
    Action("skip", "Skip, and continue", "s"),
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
    """Actions of the task kind's editor."""
    return _of(task_kind, "edit", TASK_KINDS[task_kind].editor.actions)


def viewing(item_kind: str) -> tuple[Action, ...]:
    """Actions of the item kind's viewer."""
    return _of(item_kind, "view", ITEM_KINDS[item_kind].viewer.actions)


def _of(kind: str, mode: Literal["view", "edit"], actions: Iterable[KeyAction]) -> tuple[Action, ...]:
    return tuple(Action(f"{kind}.{one.name}", one.title, one.key, one.fixed, mode, kind) for one in actions)


def all_actions() -> tuple[Action, ...]:
    """Deciding, then viewing for all kinds, then editing for all kinds."""
    views = [action for kind in ITEM_KINDS for action in viewing(kind)]
    return (*ACTIONS, *views, *(action for kind in TASK_KINDS for action in editing(kind)))


def keymap(stored: Mapping[str, object], actions: Iterable[Action] = ACTIONS) -> dict[str, str]:
    """Action name -> key for a user's stored choices; invalid ones are ignored."""
    keys = {action.name: action.key for action in actions if action.key}
    for name in keys:
        key = stored.get(name)
        if isinstance(key, str) and len(key) == 1:
            keys[name] = key
    return keys


def plugged_keys(stored: Mapping[str, object], actions: Sequence[Action]) -> dict[str, list[str]]:
    """For a viewer or an editor: its name of each action -> all its keys."""
    own = keymap(stored, actions)
    return {action.own_name: [key for key in (own.get(action.name), *action.fixed) if key] for action in actions}


def printed(fixed: Sequence[str]) -> list[str]:
    """Keys as displayed, arrows combined; modifiers are described in the action's title."""
    least = min((key.count("+") for key in fixed), default=0)
    shown = (re.sub(r"Arrow\w+$", "Arrows", key).replace("Control", "Ctrl") for key in fixed if key.count("+") == least)
    return list(dict.fromkeys("Space" if key == " " else key for key in shown))


def switched_off(stored: Mapping[str, object]) -> bool:
    """Whether single-character keys are off; Enter, Backspace, arrows and Escape remain."""
    return stored.get("off") is True


def clean(keys: Mapping[str, str], *, off: bool) -> dict[str, object]:
    """The choices to store: changes only. Raises InvalidInput naming the action and the remedy."""
    chosen: list[tuple[Action, str]] = []
    for action in all_actions():
        if not action.key:
            continue
        key = (keys.get(action.name) or action.key).strip().lower() or action.key
        if len(key) != 1 or not key.isprintable():
            raise InvalidInput(f"{action.title}: enter one character, not {key!r}.", field=action.name)
        if key.isdigit():
            raise InvalidInput(f"{action.title}: digits choose classes; use another character.", field=action.name)
        if any(taken == key and action.meets(other) for other, taken in chosen):
            raise InvalidInput(f"{action.title}: {key!r} is already taken; choose another.", field=action.name)
        chosen.append((action, key))
    changed: dict[str, object] = {action.name: key for action, key in chosen if key != action.key}
    return changed | ({"off": True} if off else {})
