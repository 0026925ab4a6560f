"""The addresses of erasures."""

from django.urls import path

from attendance.erasing import views

ERASURE = "<slug:institution>/erasures/<uuid:receipt_id>/"

urlpatterns = [
    path("<slug:institution>/students/<uuid:student_id>/erase/", views.student_erase_ask, name="student_erase"),
    path("<slug:institution>/erasures/", views.erasures, name="erasures"),
    path("<slug:institution>/erasures/check/", views.erasure_verify, name="erasure_verify"),
    path(ERASURE, views.erasure, name="erasure"),
    path(ERASURE + "continue/", views.erasure_resume, name="erasure_resume"),
    path(ERASURE + "receipt.json", views.erasure_file, name="erasure_file"),
]
