"""Addresses of the labeling pages."""

from django.contrib.auth import views as auth
from django.urls import path, re_path
from django.views.generic import RedirectView

from labeling.views import labelers
from datasets.views import assets
from datasets.views import audit_log
from datasets.views import datasets
from accounts.views import factors
from operating.views import health
from exchange.views import imports
from datasets.views import items
from operating.views import jobs
from datasets.views import members
from datasets.views import profile
from review.views import reviews
from accounts.views import sign_in
from accounts.views import single_sign_on
from operating.views import system

_LOOK = ["get", "head", "options"]
_D = "datasets/<slug:slug>/"
_RE = r"^datasets/(?P<slug>[-\w]+)/"

urlpatterns = [
    path("", datasets.datasets, name="datasets"),
    path("datasets/", RedirectView.as_view(pattern_name="datasets", http_method_names=_LOOK), name="datasets-folder"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("sign-in/", sign_in.SignIn.as_view(), name="login"),
    path("sign-in/second-factor/", sign_in.second_factor, name="second-factor"),
    path("sign-in/passkey/", sign_in.passkey, name="passkey-sign-in"),
    path("sign-in/provider/", single_sign_on.begin, name="single-sign-on"),
    path("sign-in/provider/callback/", single_sign_on.callback, name="single-sign-on-callback"),
    path("signed-in/", sign_in.signed_in, name="signed-in"),
    path("sign-out/", auth.LogoutView.as_view(), name="logout"),
    path("system/", system.system, name="system"),
    path("profile/", profile.profile, name="profile"),
    path("profile/password/", profile.PasswordChange.as_view(), name="password_change"),
    path("profile/sessions/", profile.sessions, name="sessions"),
    path("profile/confirm/", factors.confirm, name="confirm"),
    path("profile/factors/app/", factors.add_app, name="add-app"),
    path("profile/factors/passkey/", factors.add_passkey, name="add-passkey"),
    path("profile/factors/recovery-codes/", factors.recovery_codes, name="recovery-codes"),
    path("profile/factors/<int:pk>/", factors.change_factor, name="change-factor"),
    path("profile/provider/", single_sign_on.link, name="link-identity"),
    path("profile/provider/<int:pk>/unlink/", single_sign_on.unlink, name="unlink-identity"),
    path("profile/tokens/", profile.new_token, name="new-token"),
    path("profile/tokens/<int:pk>/revoke/", profile.revoke, name="revoke-token"),
    path("invitations/<str:token>/", members.invitation, name="invitation"),
    path("new-dataset/", datasets.new_dataset, name="new-dataset"),
    path(_D + "settings/", datasets.settings, name="dataset-settings"),
    path(_D + "settings/reviews/", reviews.change, name="change-reviews"),
    path(_D + "settings/reviews/preview/", reviews.preview, name="preview-reviews"),
    path(_D + "settings/splits/", datasets.split, name="split-items"),
    path(_D + "settings/classes/", datasets.add_class, name="add-class"),
    path(_D + "settings/classes/<int:pk>/retire/", datasets.retire, name="retire-class"),
    path(_D + "archive/", datasets.archive, name="archive-dataset"),
    path(_D + "restore/", datasets.restore, name="restore-dataset"),
    path(_D + "imports/", imports.imports, name="imports"),
    path(_D + "imports/<int:pk>/", imports.import_detail, name="import"),
    path(_D + "imports/<int:pk>/confirm/", imports.confirm, name="import-confirm"),
    path(_D + "imports/<int:pk>/report/", imports.report, name="import-report"),
    re_path(_RE + r"imports/(?P<pk>[0-9]+)/(?P<action>pause|resume)/$", imports.act, name="import-act"),
    path(_D + "items/", items.items, name="items"),
    path(_D + "items/<int:pk>/file/", assets.asset, name="asset"),
    path(_D + "labelers/", labelers.labelers, name="labelers"),
    path(_D + "labelers/new/<slug:kind>/", labelers.new_labeler, name="new-labeler"),
    path(_D + "labelers/<int:pk>/", labelers.labeler, name="labeler"),
    re_path(
        _RE + r"labelers/(?P<pk>[0-9]+)/(?P<action>try|train|sample|unseen|run)/$", labelers.act, name="labeler-act"
    ),
    path(_D + "runs/<int:pk>/", labelers.run_detail, name="run"),
    re_path(
        _RE + r"runs/(?P<pk>[0-9]+)/(?P<action>pause|resume|cancel|retry|recall)/$", labelers.run_act, name="run-act"
    ),
    re_path(_RE + r"jobs/(?P<kind>[a-z]+)/(?P<pk>[0-9]{1,18})/(?P<action>retry|cancel)/$", jobs.act, name="job-act"),
    path(_D + "members/", members.members_page, name="members"),
    path(_D + "members/log/", audit_log.events, name="audit-log"),
    path(_D + "members/add/", members.add, name="add-member"),
    path(_D + "members/invite/", members.invite, name="invite"),
    path(_D + "members/invitations/<int:pk>/revoke/", members.revoke, name="revoke-invitation"),
    path(_D + "members/<int:pk>/", members.change, name="change-member"),
]
