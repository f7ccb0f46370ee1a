"""What people can do to a run by name, and the bell that each rings."""

from accounts.models import User
from work import doorbell
from labeling.policies import rerouting
from labeling.runs import planning as runs
from labeling.models import Run


def act_on_run(run: Run, action: str, actor: User) -> None:
    """Carry out a named action on a run, and ring for the work that it makes. Raises Conflict."""
    match action:
        case "pause":
            runs.pause_run(run=run, reason=f"Paused by {actor.username}")
        case "resume":
            runs.resume_run(run=run)
            runs.ring(run)
        case "cancel":
            runs.cancel_run(run=run, actor=actor)
        case "retry":
            again = runs.retry_failures(run=run, actor=actor)
            runs.ring(again)
        case "recall":
            rerouting.recall_run(run=run, actor=actor)
            doorbell.ring("labeling.work_recalls")
