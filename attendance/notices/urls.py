"""The addresses of the privacy notice and the impact assessment."""

from django.urls import path

from attendance.notices import views

urlpatterns = [
    path("<slug:institution>/privacy/", views.privacy, name="privacy"),
    path("<slug:institution>/dpia/", views.dpia, name="dpia"),
]
