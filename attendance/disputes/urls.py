"""Addresses of disputes and of the page of decisions."""

from django.urls import path

from attendance.disputes.views import own, staff

CHILD = "<slug:institution>/children/<uuid:student_id>/lessons/<uuid:session_id>/"
DISPUTE = "<slug:institution>/disputes/<uuid:dispute_id>/"

urlpatterns = [
    path("<slug:institution>/decisions/", staff.decisions, name="decisions"),
    path("<slug:institution>/me/lessons/<uuid:session_id>/dispute/", own.my_dispute, name="my_dispute"),
    path(CHILD + "dispute/", own.child_dispute, name="child_dispute"),
    path(DISPUTE + "withdraw/", own.dispute_withdraw_, name="dispute_withdraw"),
    path(DISPUTE + "document/", own.dispute_document, name="dispute_document"),
    path(DISPUTE + "faces/", staff.dispute_faces, name="dispute_faces"),
    path(DISPUTE + "decide/", staff.dispute_decide, name="dispute_decide"),
]
