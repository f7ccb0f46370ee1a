"""URLs of the pages of datasets, items and members."""

from django.urls import path
from django.views.generic import RedirectView

from datasets.views import assets, audit_log, classes, datasets, items, members, profile, reviews, settings

_LOOK = ["get", "head", "options"]
_D = "datasets/<slug:slug>/"

urlpatterns = [
    path("", datasets.datasets, name="datasets"),
    path("datasets/", RedirectView.as_view(pattern_name="datasets", http_method_names=_LOOK), name="datasets-folder"),
    path("profile/", profile.profile, name="profile"),
    path("profile/password/", profile.PasswordChange.as_view(), name="password_change"),
    path("profile/sessions/", profile.sessions, name="sessions"),
    path("profile/tokens/", profile.new_token, name="new-token"),
    path("profile/tokens/<int:pk>/revoke/", profile.revoke, name="revoke-token"),
    path("invitations/<str:token>/", members.invitation, name="invitation"),
    path("new-dataset/", datasets.new_dataset, name="new-dataset"),
    path(_D + "settings/", settings.settings, name="dataset-settings"),
    path(_D + "settings/labels/", settings.change_task, name="change-task"),
    path(_D + "settings/reviews/", reviews.change, name="change-reviews"),
    path(_D + "settings/reviews/preview/", reviews.preview, name="preview-reviews"),
    path(_D + "settings/splits/", datasets.split, name="split-items"),
    path(_D + "settings/classes/", classes.add, name="add-class"),
    path(_D + "settings/classes/<int:pk>/", classes.change, name="class"),
    path(_D + "settings/classes/<int:pk>/merge/", classes.merge, name="merge-class"),
    path(_D + "settings/classes/<int:pk>/retire/", classes.retire, name="retire-class"),
    path(_D + "settings/classes/<int:pk>/restore/", classes.restore, name="restore-class"),
    path(_D + "archive/", datasets.archive, name="archive-dataset"),
    path(_D + "restore/", datasets.restore, name="restore-dataset"),
    path(_D + "items/", items.items, name="items"),
    path(_D + "items/views/", items.new_view, name="save-view"),
    path(_D + "items/views/<int:pk>/delete/", items.remove_view, name="delete-view"),
    path(_D + "items/<int:pk>/file/", assets.asset, name="asset"),
    path(_D + "members/", members.members_page, name="members"),
    path(_D + "members/log/", audit_log.events, name="audit-log"),
    path(_D + "members/add/", members.add, name="add-member"),
    path(_D + "members/invite/", members.invite, name="invite"),
    path(_D + "members/invitations/<int:pk>/revoke/", members.revoke, name="revoke-invitation"),
    path(_D + "members/<int:pk>/", members.change, name="change-member"),
]
