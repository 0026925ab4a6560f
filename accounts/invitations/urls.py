"""The addresses of invitations."""

from django.urls import path

from accounts.invitations import views

urlpatterns = [
    path("account/invitations/<uuid:invitation_id>/accept/", views.accept, name="invitation_accept"),
    path("account/invitations/<uuid:invitation_id>/decline/", views.decline, name="invitation_decline"),
    path("account/invitations/<str:token>/", views.invitation, name="invitation"),
]
