"""Addresses of excuses."""

from django.urls import path

from attendance.excuses.views import own, staff

urlpatterns = [
    path("<slug:institution>/me/excuses/", own.my_excuses, name="my_excuses"),
    path("<slug:institution>/children/<uuid:student_id>/excuses/", own.child_excuses, name="child_excuses"),
    path("<slug:institution>/excuses/<uuid:excuse_id>/withdraw/", own.excuse_withdraw_, name="excuse_withdraw"),
    path("<slug:institution>/excuses/<uuid:excuse_id>/document/", own.excuse_document, name="excuse_document"),
    path("<slug:institution>/excuses/<uuid:excuse_id>/decide/", staff.excuse_decide, name="excuse_decide"),
    path("<slug:institution>/students/<uuid:student_id>/excuses/", staff.student_excuses, name="student_excuses"),
]
