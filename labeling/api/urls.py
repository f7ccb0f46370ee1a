"""Addresses of the labeling API, below /api/v1/."""

from django.urls import path, re_path

from datasets.api.datasets import (ArchiveView, ClassesView, ClassView, DatasetsView, DatasetView)
from exchange.api.imports import (ImportActionView, ImportReportView, ImportsView, ImportView)
from datasets.api.items import (ItemsView, ItemView, SendToReviewView)
from operating.api.jobs import (JobActionView, JobsView)
from labeling.api.labelers import (
    LabelersView,
    LabelerView,
    RunActionView,
    RunsView,
    RunView,
    TrainingsView,
    TrialsView,
)
from datasets.api.members import (InvitationsView, InvitationView, MembersView, MemberView)
from labeling.api.policies import PolicyPreviewView, PolicyVersionsView, PolicyView
from review.api.reviews import (ReviewsPreviewView, ReviewsView)
from accounts.api.schema import SchemaView
from datasets.api.splits import SplitsView
from datasets.api.tokens import TokensView

_D = "datasets/<slug:slug>/"

urlpatterns = [
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("tokens/", TokensView.as_view(), name="api-tokens"),
    path("datasets/", DatasetsView.as_view(), name="api-datasets"),
    path(_D, DatasetView.as_view(), name="api-dataset"),
    path(_D + "archive/", ArchiveView.as_view(), name="api-archive"),
    path(_D + "classes/", ClassesView.as_view(), name="api-classes"),
    path(_D + "classes/<int:pk>/", ClassView.as_view(), name="api-class"),
    path(_D + "reviews/", ReviewsView.as_view(), name="api-reviews"),
    path(_D + "reviews/preview/", ReviewsPreviewView.as_view(), name="api-reviews-preview"),
    path(_D + "splits/", SplitsView.as_view(), name="api-splits"),
    path(_D + "items/", ItemsView.as_view(), name="api-items"),
    path(_D + "items/<int:pk>/", ItemView.as_view(), name="api-item"),
    path(_D + "queue/send/", SendToReviewView.as_view(), name="api-send-to-review"),
    path(_D + "imports/", ImportsView.as_view(), name="api-imports"),
    path(_D + "imports/<int:pk>/", ImportView.as_view(), name="api-import"),
    path(_D + "imports/<int:pk>/report/", ImportReportView.as_view(), name="api-import-report"),
    re_path(
        r"^datasets/(?P<slug>[-\w]+)/imports/(?P<pk>[0-9]+)/(?P<action>pause|resume)/$",
        ImportActionView.as_view(),
        name="api-import-action",
    ),
    path(_D + "labelers/", LabelersView.as_view(), name="api-labelers"),
    path(_D + "labelers/<int:pk>/", LabelerView.as_view(), name="api-labeler"),
    path(_D + "labelers/<int:pk>/trials/", TrialsView.as_view(), name="api-trials"),
    path(_D + "labelers/<int:pk>/trainings/", TrainingsView.as_view(), name="api-trainings"),
    path(_D + "runs/", RunsView.as_view(), name="api-runs"),
    path(_D + "runs/<int:pk>/", RunView.as_view(), name="api-run"),
    re_path(
        r"^datasets/(?P<slug>[-\w]+)/runs/(?P<pk>[0-9]+)/(?P<action>pause|resume|cancel|retry|recall)/$",
        RunActionView.as_view(),
        name="api-run-action",
    ),
    path(_D + "jobs/", JobsView.as_view(), name="api-jobs"),
    re_path(
        r"^datasets/(?P<slug>[-\w]+)/jobs/(?P<kind>[a-z]+)/(?P<pk>[0-9]{1,18})/(?P<action>retry|cancel)/$",
        JobActionView.as_view(),
        name="api-job-action",
    ),
    path(_D + "policy/", PolicyView.as_view(), name="api-policy"),
    path(_D + "policy/preview/", PolicyPreviewView.as_view(), name="api-policy-preview"),
    path(_D + "policy/versions/", PolicyVersionsView.as_view(), name="api-policy-versions"),
    path(_D + "members/", MembersView.as_view(), name="api-members"),
    path(_D + "members/<int:pk>/", MemberView.as_view(), name="api-member"),
    path(_D + "invitations/", InvitationsView.as_view(), name="api-invitations"),
    path(_D + "invitations/<int:pk>/", InvitationView.as_view(), name="api-invitation"),
]
