"""The addresses of papers."""

from django.urls import path

from attendance.papers import views

SESSION = "<slug:institution>/sessions/<uuid:session_id>/"

urlpatterns = [
    path(SESSION + "register.pdf", views.register_pdf, name="register_pdf"),
    path(SESSION + "empty.pdf", views.blank_pdf, name="blank_pdf"),
]
