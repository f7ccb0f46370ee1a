"""The supervisor's process: `python -m supervision <plan in JSON>`, as `manage.py up` becomes it."""

import os
import signal
import sys

from supervision import lock
from supervision.children import end_with_parent
from supervision.errors import StartFailed
from supervision.plan import Plan
from supervision.processes import Supervisor
from supervision.product import Product, say


def main(arguments: list[str]) -> int:
    """0 after an ordinary end, 1 when the product cannot start."""
    plan = Plan.from_json(arguments[0])
    supervisor = Supervisor(plan.home_folder / "logs", say=say, heartbeats=plan.home_folder / "run" / "watchdog")
    supervisor.listen()
    if "MAKELEVEL" in os.environ:  # `make run`: whoever kills make means the product
        end_with_parent(signal.SIGTERM)
    try:
        with lock.held(plan.home_folder):
            Product(plan, supervisor).run()
    except StartFailed as error:
        sys.stderr.write(f"Countersign did not start. {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
