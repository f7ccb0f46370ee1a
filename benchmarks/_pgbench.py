"""What PostgreSQL alone takes for the claim of an item: the product's own statement, sent by pgbench."""

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Claimed:
    """Milliseconds of each claim, and how many items are held by them at the end."""

    times: list[float]
    held: int


def claims(dataset: int, first: int, reviewers: int, seconds: float) -> Claimed:
    """Reviewers, whose ids begin at `first`, claim one item after the other, each over a connection of its own,
    without a pause."""
    from django.db import connection  # noqa: PLC0415 - needs Django

    from datasets.models import Waiting  # noqa: PLC0415
    from supervision.postgres_binaries import choose, installed  # noqa: PLC0415

    held = Waiting.objects.filter(dataset=dataset, claimed_by__isnull=False)
    before = held.count()
    where = connection.settings_dict
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "claim.sql"
        script.write_text(f"\\set reviewer {first} + :client_id\n{_statement(dataset)};\n")
        subprocess.run(
            [
                choose(installed()).program("pgbench"), "--no-vacuum", "--protocol", "prepared", "--file", str(script),
                "--client", str(reviewers), "--jobs", "2", "--time", f"{seconds:.0f}", "--log",
                "--log-prefix", f"{folder}/log", "--host", where["HOST"], "--username", where["USER"], where["NAME"],
            ],
            check=True, capture_output=True, env=os.environ | {"PGPASSWORD": where["PASSWORD"]},
        )  # fmt: skip
        lines = [line for log in Path(folder).glob("log.*") for line in log.read_text().splitlines()]
    connection.close()
    return Claimed(sorted(int(line.split()[2]) / 1000 for line in lines), held.count() - before)


def _statement(dataset: int) -> str:
    """The claim from the mixed queue, for a reviewer."""
    from django.conf import settings  # noqa: PLC0415 - needs Django

    from review.queue.claims import _CLAIM, UNSKIPPED  # noqa: PLC0415

    claim = _CLAIM.format(join="", where=" AND q.lane <> 'disagreement' AND NOT q.sampled", count=1, **UNSKIPPED)
    values = {"reviewer": ":reviewer", "dataset": dataset, "seconds": settings.CLAIM_SECONDS, "confirmed": "true"}
    return " ".join((claim % values).split())
