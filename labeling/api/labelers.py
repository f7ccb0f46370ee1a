"""Labelers, their tests, trainings and runs."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db.models import Model
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.models import Role
from datasets.api.base import IDEMPOTENCY_KEY, IF_MATCH, ApiView, once
from datasets.models import Dataset
from ground.errors import InvalidInput
from ground.web.requests import number_in
from labeling.models import Labeler, Run, RunScope
from labeling.runs import planning
from labeling.runs.actions import act_on_run
from labeling.serializers.jobs import NewRunIn, RunOut, TrainingOut, TrialOut
from labeling.serializers.labelers import LabelerIn, LabelerOut
from labeling.setup import defining, training, trying


class LabelersView(ApiView):
    """The labelers of a dataset."""

    @extend_schema(responses=LabelerOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List the labelers, newest first."""
        return self.page(self.dataset(slug).labelers.select_related("dataset"), LabelerOut)

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=LabelerIn, responses={201: LabelerOut})
    def post(self, request: Request, slug: str) -> Response:
        """Create a labeler. Setting an API key requires the role admin."""
        data = self.checked(LabelerIn)
        dataset = self.dataset(slug, Role.ADMIN if data["secret"] else Role.MANAGER)

        def make() -> Response:
            labeler = defining.create_labeler(dataset=dataset, actor=self.user, **data)
            return Response(LabelerOut(labeler).data, status=201)

        return once(request, make)


class LabelerView(ApiView):
    """One labeler."""

    @extend_schema(responses=LabelerOut)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """The configuration; never the API key."""
        return self._answer(get_object_or_404(Labeler, dataset=self.dataset(slug), pk=pk))

    def _answer(self, labeler: Labeler) -> Response:
        return self.stamped(LabelerOut(labeler).data, defining.labeler_state(labeler))

    @extend_schema(parameters=[IF_MATCH], request=LabelerIn, responses=LabelerOut)
    def put(self, request: Request, slug: str, pk: int) -> Response:
        """Change the labeler; its kind stays. An empty secret keeps the current one, unless the origin (scheme, host,
        port) changes: a secret belongs to its origin."""
        data: dict[str, Any] = self.checked(LabelerIn)
        dataset = self.dataset(slug, Role.ADMIN if data["secret"] else Role.MANAGER)
        labeler = get_object_or_404(Labeler, dataset=dataset, pk=pk)
        if data["enabled"] is None:
            data["enabled"] = labeler.enabled
        if data.pop("kind") != labeler.kind:
            raise InvalidInput("A labeler's kind cannot be changed; create another labeler.", field="kind")
        changed = defining.change_labeler(labeler=labeler, actor=self.user, seen=self.seen, **data)
        return self._answer(changed)


class LabelerJobsView(ApiView):
    """Jobs of one labeler: started here, run in the background, listed newest first."""

    def _labeler(self, slug: str, pk: int, role: Role) -> Labeler:
        return get_object_or_404(Labeler, dataset=self.dataset(slug, role), pk=pk)

    def _start(self, request: Request, start: Callable[[], Model], shown: type[BaseSerializer[Any]]) -> Response:
        return once(request, lambda: Response(shown(start()).data, status=202))


class TrialsView(LabelerJobsView):
    """Tests of a labeler on five items."""

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=None, responses={202: TrialOut})
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Start a test; its predictions are not saved."""
        one = self._labeler(slug, pk, Role.MANAGER)
        start = partial(trying.try_labeler, labeler=one, actor=self.user)
        return self._start(request, start, TrialOut)

    @extend_schema(responses=TrialOut(many=True))
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """List the tests, newest first."""
        return self.page(self._labeler(slug, pk, Role.MANAGER).trials.all(), TrialOut)


class TrainingsView(LabelerJobsView):
    """Training on human labels."""

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=None, responses={202: TrainingOut})
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Train the labeler. All unreviewed items are then predicted again."""
        one = self._labeler(slug, pk, Role.MANAGER)
        start = partial(training.start_training, labeler=one, actor=self.user)
        return self._start(request, start, TrainingOut)

    @extend_schema(responses=TrainingOut(many=True))
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """List the trainings, newest first."""
        return self.page(self._labeler(slug, pk, Role.VIEWER).trainings.all(), TrainingOut)


class RunsView(ApiView):
    """Runs of labelers."""

    @extend_schema(responses=RunOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List the runs, newest first."""
        return self.page(self.dataset(slug).runs.select_related("labeler", "dataset"), RunOut)

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=NewRunIn, responses={202: RunOut})
    def post(self, request: Request, slug: str) -> Response:
        """Start a run over a random sample or over the scope."""
        dataset = self.dataset(slug, Role.MANAGER)
        data = self.checked(NewRunIn)
        labeler = _labeler(dataset, data["labeler"])

        def make() -> Response:
            run = planning.start_run(
                labeler=labeler, actor=self.user, scope=RunScope(data["scope"]), sample=data["sample"]
            )
            return Response(RunOut(run, context={"request": request}).data, status=202)

        return once(request, make)


def _labeler(dataset: Dataset, text: str) -> Labeler:
    found = dataset.labelers.filter(name=text).first()
    if found is None and number_in(text) is not None:
        found = dataset.labelers.filter(pk=int(text)).first()
    if found is None:
        raise InvalidInput(f"The dataset has no labeler {text!r}.", field="labeler")
    return found


class RunView(ApiView):
    """One run."""

    @extend_schema(responses=RunOut)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """The progress of the run."""
        run = get_object_or_404(Run.objects.select_related("labeler", "dataset"), dataset=self.dataset(slug), pk=pk)
        return Response(RunOut(run, context={"request": request}).data)


class RunActionView(ApiView):
    """Pause, resume, cancel, retry, roll back."""

    @extend_schema(parameters=[IDEMPOTENCY_KEY], operation_id="act_on_run", request=None, responses={200: RunOut})
    def post(self, request: Request, slug: str, pk: int, action: str) -> Response:
        """`retry` returns the new run; the other actions return this one. `cancel` is allowed in an archived dataset
        too."""
        dataset = self.dataset(slug, Role.MANAGER, ends=action == "cancel")
        run = get_object_or_404(Run.objects.select_related("labeler", "dataset"), dataset=dataset, pk=pk)

        def act() -> Response:
            act_on_run(run, action, self.user)
            answered = Run.objects.filter(retry_of=run).latest("id") if action == "retry" else run
            answered.refresh_from_db()
            return Response(RunOut(answered, context={"request": request}).data)

        return once(request, act)
