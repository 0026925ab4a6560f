"""The addresses of the practice class."""

from django.urls import path

from attendance.practice import views

urlpatterns = [
    path("<slug:institution>/practice/", views.practice, name="practice"),
    path("<slug:institution>/practice/open/", views.practice_open, name="practice_open"),
    path("<slug:institution>/practice/remove/", views.practice_end, name="practice_end"),
]
