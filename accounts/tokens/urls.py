"""The addresses of API tokens."""

from django.urls import path

from accounts.tokens import views

urlpatterns = [
    path("account/tokens/", views.tokens, name="tokens"),
    path("account/tokens/<uuid:token_id>/revoke/", views.revoke, name="token_revoke"),
]
