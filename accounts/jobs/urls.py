"""The addresses of jobs."""

from django.urls import path

from accounts.jobs import views

urlpatterns = [
    path("<slug:institution>/jobs/<uuid:job_id>/", views.job, name="job"),
    path("<slug:institution>/jobs/<uuid:job_id>/stop/", views.job_stop, name="job_stop"),
]
