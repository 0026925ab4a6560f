"""The pages of people, consents and photos. All of them are behind the tenancy middleware."""

from enrollment.access_log.urls import urlpatterns as access_log
from enrollment.batches.urls import urlpatterns as batches
from enrollment.consenting.urls import urlpatterns as consenting
from enrollment.guardians.urls import urlpatterns as guardians
from enrollment.importing.urls import urlpatterns as importing
from enrollment.readying.urls import urlpatterns as readying
from enrollment.rosters.urls import urlpatterns as rosters
from enrollment.structure.urls import urlpatterns as structure

urlpatterns = [
    *access_log,
    *consenting,
    *guardians,
    *importing,
    *readying,
    *rosters,
    *batches,
    *structure,
]
