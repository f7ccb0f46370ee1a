"""URLs of the API of datasets, items and members, below /api/v1/."""

from django.urls import path

from datasets.api.datasets import ArchiveView, ClassesView, ClassView, DatasetsView, DatasetView, MergeView
from datasets.api.items import ItemsView
from datasets.api.members import InvitationsView, InvitationView, MembersView, MemberView
from datasets.api.reviews import ReviewsPreviewView, ReviewsView
from datasets.api.splits import SplitsView
from datasets.api.tokens import TokensView

_D = "datasets/<slug:slug>/"

urlpatterns = [
    path("tokens/", TokensView.as_view(), name="api-tokens"),
    path("datasets/", DatasetsView.as_view(), name="api-datasets"),
    path(_D, DatasetView.as_view(), name="api-dataset"),
    path(_D + "archive/", ArchiveView.as_view(), name="api-archive"),
    path(_D + "classes/", ClassesView.as_view(), name="api-classes"),
    path(_D + "classes/<int:pk>/", ClassView.as_view(), name="api-class"),
    path(_D + "classes/<int:pk>/merge/", MergeView.as_view(), name="api-merge"),
    path(_D + "reviews/", ReviewsView.as_view(), name="api-reviews"),
    path(_D + "reviews/preview/", ReviewsPreviewView.as_view(), name="api-reviews-preview"),
    path(_D + "splits/", SplitsView.as_view(), name="api-splits"),
    path(_D + "items/", ItemsView.as_view(), name="api-items"),
    path(_D + "members/", MembersView.as_view(), name="api-members"),
    path(_D + "members/<int:pk>/", MemberView.as_view(), name="api-member"),
    path(_D + "invitations/", InvitationsView.as_view(), name="api-invitations"),
    path(_D + "invitations/<int:pk>/", InvitationView.as_view(), name="api-invitation"),
]
