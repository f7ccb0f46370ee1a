"""Key actions of the span editor."""

from kinds.base import KeyAction

_ARROWS = ("ArrowLeft", "ArrowRight")
_MOVES = ("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End")

ACTIONS = (
    KeyAction("next", "Next span", "", ("Tab",)),
    KeyAction("previous", "Previous span", "", ("Shift+Tab",)),
    KeyAction("right", "Confirm this span and go to the next, least confident first", "v"),
    KeyAction("delete", "Delete the selected span", "d", ("Delete",)),
    KeyAction(
        "caret",
        "Move in the text, with Ctrl by words; with Shift select, then choose a class",
        "",
        tuple(f"{held}{key}" for held in ("", "Shift+", "Control+", "Shift+Control+") for key in _MOVES),
    ),
    KeyAction(
        "ends",
        "Move the end of the selected span, with Shift its start, with Ctrl by words",
        "",
        tuple(
            f"{held}{key}" for held in ("Alt+", "Shift+Alt+", "Alt+Control+", "Shift+Alt+Control+") for key in _ARROWS
        ),
    ),
    KeyAction("attributes", "Attributes of the selected span", "f"),
    KeyAction("relate", "Relation: press it on one span, then on another", "r"),
    KeyAction("left", "In a conflict: take the first answer", "l"),
    KeyAction("right_side", "In a conflict: take the second answer", "y"),
    KeyAction("undo_edit", "Undo an edit of this item", "", ("Control+z",)),
    KeyAction("redo_edit", "Redo an edit of this item", "", ("Shift+Control+z", "Control+y")),
    KeyAction("leave", "Deselect, or cancel", "", ("Escape",)),
)
