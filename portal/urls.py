"""Which address leads where. Everything under `<institution>/` is behind the tenancy middleware."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from portal.views import health

# Browsers ask for it by this name on pages that are not ours to edit.
favicon = RedirectView.as_view(url="/static/portal/icon.svg")

urlpatterns = [
    path("health/", health, name="health"),
    path("favicon.ico", favicon, name="favicon"),
    path("account/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("attendance.urls")),
]
