"""The addresses of the access log."""

from django.urls import path

from enrollment.access_log import views

urlpatterns = [
    path("<slug:institution>/access-log/", views.access_log, name="access_log"),
    path("<slug:institution>/access-log/log.csv", views.access_log_file, name="access_log_file"),
]
