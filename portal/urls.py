"""URL configuration. Everything under `<institution>/` is behind the tenancy middleware."""

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from attendance.api.urls import nowhere
from portal.api_docs import DocsView, SchemaView
from portal.views import health, manifest, offline, service_worker, state

# Browsers request it by this name on pages that are not ours to edit.
favicon = RedirectView.as_view(url="/static/portal/icon.svg")

urlpatterns = [
    path("health/", health, name="health"),
    path("favicon.ico", favicon, name="favicon"),
    # With a dot in them: no school's slug can collide.
    path("sw.js", service_worker, name="service_worker"),
    path("offline.html", offline, name="offline"),
    path("manifest.webmanifest", manifest, name="manifest"),
    path("schools/state/", state, name="portal_state"),
    path("account/", include("accounts.sign_in")),
    path("admin/", admin.site.urls),
    path("api/schema/", SchemaView.as_view(), name="api_schema"),
    path("api/docs/", login_required(DocsView.as_view()), name="api_docs"),
    path("api/", include("attendance.api.urls")),
    re_path("^api/", nowhere, name="api_nowhere"),
    path("", include("accounts.urls")),
    path("", include("enrollment.urls")),
    path("", include("attendance.urls")),
]

handler400 = "portal.views.bad_request"
handler403 = "portal.views.permission_denied"
handler404 = "portal.views.page_not_found"
handler500 = "portal.views.server_error"
