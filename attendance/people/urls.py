"""Address of the page of people."""

from django.urls import path

from attendance.people import views

urlpatterns = [path("<slug:institution>/people/", views.people, name="people")]
