"""The addresses of guardians' pages."""

from django.urls import path

from enrollment.guardians import views

GUARDIAN = "<slug:institution>/guardians/<uuid:guardian_id>/"

urlpatterns = [
    path("<slug:institution>/guardians/", views.guardians, name="guardians"),
    path("<slug:institution>/guardians/invite/", views.guardians_invite_, name="guardians_invite"),
    path(GUARDIAN, views.guardian, name="guardian"),
    path(GUARDIAN + "invite/", views.guardian_invite_, name="guardian_invite"),
    path(GUARDIAN + "end/", views.guardian_end, name="guardian_end"),
    path(GUARDIAN + "orders/<uuid:student_id>/", views.order_record, name="order_record"),
    path(GUARDIAN + "orders/<uuid:student_id>/lift/", views.order_lift, name="order_lift"),
]
