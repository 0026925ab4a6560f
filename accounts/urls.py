from django.urls import path

from accounts import views
from accounts.invitations.urls import urlpatterns as invitations
from accounts.jobs.urls import urlpatterns as jobs
from accounts.members.urls import urlpatterns as members
from accounts.schools.urls import urlpatterns as schools
from accounts.tokens.urls import urlpatterns as tokens

urlpatterns = [
    path("", views.home, name="home"),
    path("account/language/", views.language, name="language"),
    *invitations,
    *jobs,
    *members,
    *schools,
    *tokens,
]
