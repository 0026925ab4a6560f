"""Which address leads where. Everything under `<institution>/` is behind the tenancy middleware."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("account/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("attendance.urls")),
]
