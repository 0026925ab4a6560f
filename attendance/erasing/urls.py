"""The addresses of erasures."""

from django.urls import path

from attendance.erasing.views import schools
from attendance.erasing.views import students as views

SCHOOL_ERASURE = "schools/erased/<uuid:receipt_id>/"
ERASURE = "<slug:institution>/erasures/<uuid:receipt_id>/"

urlpatterns = [
    path("<slug:institution>/students/<uuid:student_id>/erase/", views.student_erase_ask, name="student_erase"),
    path("<slug:institution>/erasures/", views.erasures, name="erasures"),
    path("<slug:institution>/erasures/check/", views.erasure_verify, name="erasure_verify"),
    path(ERASURE, views.erasure, name="erasure"),
    path(ERASURE + "continue/", views.erasure_resume, name="erasure_resume"),
    path(ERASURE + "receipt.json", views.erasure_file, name="erasure_file"),
    # The operator's. Called `school` here: nobody is a member of what these are about.
    path("schools/erased/", schools.school_erasures, name="school_erasures"),
    path("schools/erased/<uuid:receipt_id>/", schools.school_erasure, name="school_erasure"),
    path(SCHOOL_ERASURE + "continue/", schools.school_erasure_resume, name="school_erasure_resume"),
    path(SCHOOL_ERASURE + "receipt.json", schools.school_erasure_file, name="school_erasure_file"),
    path("schools/<slug:school>/erase/", schools.school_erase_confirm, name="school_erase"),
]
