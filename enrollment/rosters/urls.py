"""The address of a roster."""

from django.urls import path

from enrollment.rosters import views

urlpatterns = [
    path("<slug:institution>/courses/<uuid:course_id>/roster/", views.roster, name="roster"),
]
