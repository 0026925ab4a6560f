"""The addresses of consents."""

from django.urls import path

from enrollment.consenting.views import asking, lists, paper, reply, telling, wording

CONSENTS = "<slug:institution>/consents/"

urlpatterns = [
    path(CONSENTS, lists.consents, name="consents"),
    path(CONSENTS + "list.csv", lists.consents_csv, name="consents_csv"),
    path(CONSENTS + "paper/", paper.consents_paper, name="consents_paper"),
    path(CONSENTS + "wording/", wording.consent_wording, name="consent_wording"),
    path(CONSENTS + "preview/", wording.consent_preview, name="consent_preview"),
    path(CONSENTS + "send/", asking.consents_send, name="consents_send"),
    path(CONSENTS + "told/", telling.consents_told, name="consents_told"),
    path(CONSENTS + "students/<uuid:student_id>/told/", telling.consent_told, name="consent_told"),
    path(CONSENTS + "print/", asking.consents_print, name="consents_print"),
    path(CONSENTS + "photo-day/", asking.photo_day, name="photo_day"),
    # Called `school` here: families open it without an account.
    path("<slug:school>/consent/<str:token>/", reply.consent_answer, name="consent_answer"),
    path(CONSENTS + "students/<uuid:student_id>/", lists.consent_student, name="consent_student"),
    path(CONSENTS + "students/<uuid:student_id>/address/", asking.consent_address, name="consent_address"),
    path(CONSENTS + "students/<uuid:student_id>/withdraw/", lists.consent_end, name="consent_end"),
]
