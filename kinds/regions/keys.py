"""What keys do while the regions of an image are edited."""

from kinds.base import KeyAction

_ARROWS = ("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown")

ACTIONS = (
    KeyAction("next", "Next region", "", ("Tab",)),
    KeyAction("previous", "Previous region", "", ("Shift+Tab",)),
    KeyAction("right", "Confirm this region and go to the next, unsure ones first", "v"),
    KeyAction("delete", "Delete the chosen region or point", "d", ("Delete",)),
    KeyAction("box", "Draw boxes; again: a new one in the middle", "b"),
    KeyAction("rotated_box", "Draw rotated boxes; again: a new one in the middle", "r"),
    KeyAction("polygon", "Draw polygons; again: a new one in the middle", "p"),
    KeyAction("hole", "Draw a hole in the chosen polygon", "i"),
    KeyAction("close", "Close the polygon being drawn", "", ("Enter",)),
    KeyAction("drop_point", "Remove the last point of the polygon being drawn", "", ("Backspace",)),
    KeyAction(
        "move",
        "Move the chosen region or point, with Shift its size, with Ctrl ten times as far",
        "",
        tuple(f"{held}{key}" for held in ("", "Shift+", "Control+", "Shift+Control+") for key in _ARROWS),
    ),
    KeyAction("turn", "Turn the chosen box, in small or large steps", "", ("[", "]", "{", "}")),
    KeyAction("next_point", "Next point of the chosen polygon", "."),
    KeyAction("previous_point", "Previous point of the chosen polygon", ","),
    KeyAction("add_point", "A new point after the chosen one", "m"),
    KeyAction("occluded", "Mark as occluded, or not", "o"),
    KeyAction("attributes", "Attributes of the chosen region", "f"),
    KeyAction("hide", "Hide or show all regions", "h"),
    KeyAction("copy_previous", "Copy the regions of the previous image", "c"),
    KeyAction("left", "At a dispute: take the first answer", "l"),
    KeyAction("right_side", "At a dispute: take the second answer", "y"),
    KeyAction("undo_edit", "Undo an edit of this item", "", ("Control+z",)),
    KeyAction("redo_edit", "Redo an edit of this item", "", ("Shift+Control+z", "Control+y")),
    KeyAction("leave", "Deselect, or cancel what was begun", "", ("Escape",)),
)
