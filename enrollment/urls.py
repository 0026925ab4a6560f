"""The pages of people, consents and photos. All of them are behind the tenancy middleware."""

from enrollment.rosters.urls import urlpatterns as rosters

urlpatterns = [
    *rosters,
]
