"""The addresses of the operator's pages."""

from django.urls import path

from accounts.schools import views

urlpatterns = [
    path("schools/", views.schools, name="schools"),
    path("schools/new/", views.school_new, name="school_new"),
    path("schools/test-mail/", views.test_mail, name="test_mail"),
]
