"""The addresses of notices. Those with `school` are public: the token in them admits."""

from django.urls import path

from attendance.telling import views

urlpatterns = [
    path("<slug:institution>/absence-notices/", views.telling, name="telling"),
    path("<slug:institution>/children/e-mails/", views.notice_choice, name="notice_choice"),
    path("<slug:school>/absence/<str:token>/", views.absence_reply, name="absence_reply"),
    path("<slug:school>/absence/<str:token>/stop/", views.absence_stop, name="absence_stop"),
]
