"""The addresses of the members' page."""

from django.urls import path

from accounts.members import views

INVITATION = "<slug:institution>/members/invitations/<uuid:invitation_id>/"

urlpatterns = [
    path("<slug:institution>/members/", views.members, name="members"),
    path("<slug:institution>/members/send/", views.members_send, name="members_send"),
    path(INVITATION + "send-again/", views.member_send_again, name="member_send_again"),
    path(INVITATION + "address/", views.member_readdress, name="member_readdress"),
    path(INVITATION + "take-back/", views.member_take_back, name="member_take_back"),
]
