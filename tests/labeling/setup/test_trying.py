"""Trials: each has its time, and a dataset has one at a time."""

import pytest

from datasets.making import NewClass, create_dataset
from labeling.models import Trial
from labeling.setup import trying
from labeling.setup.trying import try_labeler
from tests.labeling.runs.slow_model import model
from tests.loops import import_rows, rules, texts
from tests.people import CLASSES, Cast
from work import leasing
from work.models import State


@pytest.mark.django_db(transaction=True)
def test_a_trial_has_its_time_and_no_more(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "TRIAL_SECONDS", 5.0)
    import_rows(cast.dataset, cast.manager, texts(3))
    with model(600) as hung:
        trial = try_labeler(labeler=hung.labeler(cast.dataset, cast.manager), actor=cast.manager)
        assert trying.work_one_trial()
        assert hung.hung_up == hung.asked == 1
    trial.refresh_from_db()
    assert (trial.state, trial.answers) == (State.FAILED, [])
    assert "longer than 5 seconds" in trial.error


def test_a_dataset_has_one_trial_at_a_time(cast: Cast) -> None:
    beta = create_dataset(name="beta", item_kind="text", creator=cast.admin, classes=[*map(NewClass, CLASSES)])
    first, _ = (try_labeler(labeler=rules(cast.dataset, cast.admin, name=n), actor=cast.admin) for n in ("a", "b"))
    other = try_labeler(labeler=rules(beta, cast.admin), actor=cast.admin)
    claimed = [leasing.claim(Trial, where=trying._NO_OTHER_OF_THE_DATASET) for _ in range(3)]
    assert claimed == [first, other, None]
