"""Steps of a program through the loop."""

import json
import uuid
from typing import Any

from exchange import exporting
from labeling.runs import planning, working
from tests.api.program import Program
from tests.loops import csv_file, work_imports, work_reroutes


def work() -> None:
    """What the workers would do, in this process."""
    work_imports()
    for run in planning.Run.objects.filter(status="planning"):
        planning.plan_run(run.pk)
    while working.work_next(network=False, more=lambda: False):
        pass
    work_reroutes()
    while exporting.work_one_export():
        pass


def rows(n: int) -> list[dict[str, Any]]:
    words = ("card", "transfer", "refund")
    return [{"key": f"q{n}", "body": f"{words[n % 3]} question {n}", "part": "train"} for n in range(n)]


def upload(program: Program, slug: str, found: list[dict[str, Any]], mapping: dict[str, str]) -> dict[str, Any]:
    answer = program.call(
        "POST",
        f"datasets/{slug}/imports/",
        {"format": "csv", "mapping": json.dumps(mapping)},
        files={"file": ("rows.csv", csv_file(found))},
        expect=202,
    )
    assert {"id", "url", "status"} <= set(answer)
    work()
    polled: dict[str, Any] = program.call("GET", answer["url"].removeprefix("http://testserver"), expect=200)
    return polled


def decide(program: Program, slug: str, item: dict[str, Any], *labels: str, expect: int = 201, **more: Any) -> Any:
    body = {
        "item": item["id"],
        "claim_token": item["claim_token"],
        "request_id": str(uuid.uuid4()),
        "verdict": "label",
        "value": {"labels": list(labels)} if labels else None,
        "reason": "",
        "seconds": 1.5,
    }
    return program.call("POST", f"datasets/{slug}/decisions/", body | more, expect=expect)
