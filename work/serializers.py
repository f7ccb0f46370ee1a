"""The state of a job in the API."""

from work.models import State

# The API has five states; a cancelled job counts as failed.
JOB_STATUS = {state: "failed" if state is State.CANCELLED else state.value for state in State}
