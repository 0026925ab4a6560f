"""Address of the search."""

from django.urls import path

from attendance.search import views

urlpatterns = [path("<slug:institution>/search/", views.found, name="search")]
