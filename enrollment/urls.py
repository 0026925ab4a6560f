"""The pages of people, consents and photos. All of them are behind the tenancy middleware."""

from enrollment.batches.urls import urlpatterns as batches
from enrollment.consenting.urls import urlpatterns as consenting
from enrollment.rosters.urls import urlpatterns as rosters
from enrollment.structure.urls import urlpatterns as structure

urlpatterns = [
    *consenting,
    *rosters,
    *batches,
    *structure,
]
