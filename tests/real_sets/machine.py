"""A machine that is mostly right: the truth of real sets, damaged the same way every time."""

import copy
import random
from collections.abc import Sequence
from typing import Any

from tests.real_sets.counting import Value


def said_of(true: Value, classes: Sequence[str], chance: random.Random) -> Value:
    """What it says where that is true, with scores: of each element the same, mostly; else moved, of another class, or
    missed. Ids are its own."""
    kind = "spans" if "spans" in true else "regions"
    names = {one["id"]: f"m{at}" for at, one in enumerate(true[kind])}
    said = []
    for one in copy.deepcopy(true[kind]):
        fault = chance.random()
        one |= {"id": names[one["id"]], "score": round(chance.uniform(0.5, 1), 2)}
        if fault < 0.1:
            continue
        if fault < 0.2:
            one["label"] = chance.choice(classes)
        elif fault < 0.3:
            _move(one, chance)
        said.append(one)
    if kind == "regions":
        return {"regions": said}
    there = {one["id"] for one in said}
    relations = [
        {"from": names[one["from"]], "to": names[one["to"]], "label": one["label"]}
        for one in true["relations"]
        if names[one["from"]] in there and names[one["to"]] in there and chance.random() < 0.8
    ]
    return {"spans": said, "relations": relations}


def _move(one: dict[str, Any], chance: random.Random) -> None:
    """A little, or so far that it is another element."""
    if "end" in one:
        one["start"] += one["end"] - one["start"] > 1
        return
    far = chance.choice([0.05, 0.2, 0.7])
    if "box" in one:
        x, y, wide, high = one["box"]
        one["box"] = [x + wide * far, y, wide * (1 - far / 3), high]
    elif "rotated_box" in one:
        x, y, wide, high, degrees = one["rotated_box"]
        one["rotated_box"] = [x, y, wide * (1 - far / 2), high, degrees + 90 * far]
    else:
        points = one["polygon"][0]
        left = min(x for x, _ in points)
        one["polygon"] = [[[left + (x - left) * (1 - far / 2), y] for x, y in ring] for ring in one["polygon"]]
