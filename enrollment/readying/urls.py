"""The addresses of readiness."""

from django.urls import path

from enrollment.readying import views

READINESS = "<slug:institution>/readiness/"

urlpatterns = [
    path(READINESS, views.readiness, name="readiness"),
    path(READINESS + "look-alikes/", views.look_alikes, name="look_alikes"),
    path(READINESS + "look-alikes/<uuid:photo_id>/", views.look_alike_decide, name="look_alike_decide"),
    path(READINESS + "look-alikes/<uuid:photo_id>/picture/", views.look_alike_picture, name="look_alike_picture"),
]
