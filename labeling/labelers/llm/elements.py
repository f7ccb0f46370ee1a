"""Answers with elements: quoted spans and boxes. Always validated."""

from ground.errors import InvalidValue
from kinds import TASK_KINDS, LabelTask
from kinds.asking import Asking
from labeling.labelers.base import LabelerItem, Suggestion
from labeling.labelers.llm.answers import Reply, Unusable, check_ended, no_answer
from labeling.labelers.llm.objects import answer_object


def read_elements(reply: Reply, asking: Asking, item: LabelerItem, task: LabelTask) -> Suggestion:
    """The model's value. Raises Unusable, also for an unknown class, so that the model is asked again."""
    check_ended(reply)
    answer = answer_object(reply.content, asking.key)
    if answer is None:
        raise no_answer(reply.content, asking.key)
    try:
        raw = asking.read({name: one.value for name, one in answer.members.items()}, item.text, item.extent, task)
        TASK_KINDS[task.task_kind].parse(raw.value, task, item.extent, mend=True)
    except InvalidValue as error:
        kind = "unknown_label" if "no class" in error.message else "malformed"
        raise Unusable(kind, error.message) from None
    return Suggestion(raw.value, raw.confidence, empty=raw.empty)
