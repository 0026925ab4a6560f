"""The address of the principal's page."""

from django.urls import path

from attendance.trends import views

urlpatterns = [path("<slug:institution>/trends/", views.trends, name="trends")]
