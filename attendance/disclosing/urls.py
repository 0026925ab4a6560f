"""The addresses of a student's complete data."""

from django.urls import path

from attendance.disclosing import views

STUDENT = "<slug:institution>/students/<uuid:student_id>/data/"

urlpatterns = [
    path(STUDENT, views.student_data, name="student_data"),
    path(STUDENT + "<uuid:job_id>.zip", views.student_bundle, name="student_bundle"),
    path("<slug:institution>/me/data/", views.my_data, name="my_data"),
    path("<slug:institution>/me/data/<uuid:job_id>.zip", views.my_bundle, name="my_bundle"),
]
