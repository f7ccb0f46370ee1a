"""How the state of a job is told outside."""

from work.models import State

# The outside sees five states of a job; a cancelled one has failed on purpose.
JOB_STATUS = {state: "failed" if state is State.CANCELLED else state.value for state in State}
