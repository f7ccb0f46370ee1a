"""Named actions on runs."""

from accounts.models import User
from labeling.models import Run
from labeling.policies import rerouting
from labeling.runs import planning


def act_on_run(run: Run, action: str, actor: User) -> None:
    """Carry out a named action on a run. Raises Conflict."""
    match action:
        case "pause":
            planning.pause_run(run=run, actor=actor)
        case "resume":
            planning.resume_run(run=run, actor=actor)
        case "cancel":
            planning.cancel_run(run=run, actor=actor)
        case "retry":
            planning.retry_failures(run=run, actor=actor)
        case "recall":
            rerouting.recall_run(run=run, actor=actor)
