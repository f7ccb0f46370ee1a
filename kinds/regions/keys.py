"""Key actions of the region editor."""

from kinds.base import KeyAction

_ARROWS = ("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown")

ACTIONS = (
    KeyAction("next", "Next region", "", ("Tab",)),
    KeyAction("previous", "Previous region", "", ("Shift+Tab",)),
    KeyAction("right", "Confirm this region and go to the next, least confident first", "v"),
    KeyAction("delete", "Delete the selected region or point", "d", ("Delete",)),
    KeyAction("box", "Draw boxes; press again to add one in the centre", "b"),
    KeyAction("rotated_box", "Draw rotated boxes; press again to add one in the centre", "r"),
    KeyAction("polygon", "Draw polygons; press again to add one in the centre", "p"),
    KeyAction("hole", "Draw a hole in the selected polygon", "i"),
    KeyAction("close", "Close the polygon being drawn", "", ("Enter",)),
    KeyAction("drop_point", "Remove the last point of the polygon being drawn", "", ("Backspace",)),
    KeyAction(
        "move",
        "Move the selected region or point; with Shift resize; with Ctrl ten times as far",
        "",
        tuple(f"{held}{key}" for held in ("", "Shift+", "Control+", "Shift+Control+") for key in _ARROWS),
    ),
    KeyAction("turn", "Rotate the selected box, in small or large steps", "", ("[", "]", "{", "}")),
    KeyAction("next_point", "Next point of the selected polygon", "."),
    KeyAction("previous_point", "Previous point of the selected polygon", ","),
    KeyAction("add_point", "Add a point after the selected one", "m"),
    KeyAction("occluded", "Toggle occluded", "o"),
    KeyAction("attributes", "Attributes of the selected region", "f"),
    KeyAction("hide", "Show or hide all regions", "h"),
    KeyAction("copy_previous", "Copy the regions of the previous image", "c"),
    KeyAction("left", "In a conflict: take the first answer", "l"),
    KeyAction("right_side", "In a conflict: take the second answer", "y"),
    KeyAction("undo_edit", "Undo an edit of this item", "", ("Control+z",)),
    KeyAction("redo_edit", "Redo an edit of this item", "", ("Shift+Control+z", "Control+y")),
    KeyAction("leave", "Deselect, or cancel drawing", "", ("Escape",)),
)
