"""The addresses of evacuations and visitors."""

from django.urls import path

from attendance.evacuation import views

EVACUATION = "<slug:institution>/evacuation/"
ONE = EVACUATION + "<uuid:evacuation_id>/"

urlpatterns = [
    path(EVACUATION, views.evacuation, name="evacuation"),
    path(EVACUATION + "start/", views.start, name="evacuation_start"),
    path(EVACUATION + "visitors/", views.visitor_new, name="visitor_new"),
    path(EVACUATION + "visitors/<uuid:visitor_id>/leave/", views.visitor_out, name="visitor_out"),
    path(ONE, views.report, name="evacuation_report"),
    path(ONE + "ticks/", views.ticks, name="evacuation_ticks"),
    path(ONE + "end/", views.end, name="evacuation_end"),
]
