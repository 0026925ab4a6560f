"""The addresses of the office's day."""

from django.urls import path

from attendance.office.views import day, desk, low

OFFICE = "<slug:institution>/office/"

urlpatterns = [
    path(OFFICE, day.office, name="office"),
    path(OFFICE + "live/", day.live, name="office_live"),
    path(OFFICE + "students/", desk.students, name="desk_students"),
    path(OFFICE + "registers/<uuid:session_id>/remind/", day.remind, name="register_remind"),
    path(OFFICE + "low/", low.low, name="office_low"),
    path(OFFICE + "late/", desk.late, name="desk_late"),
    path(OFFICE + "leaving/", desk.leaving, name="desk_leaving"),
    path(OFFICE + "students/<uuid:student_id>/reason/", desk.reason, name="desk_reason"),
    path(OFFICE + "reasons/<uuid:excuse_id>/undo/", desk.reason_take_back, name="desk_reason_undo"),
    path(OFFICE + "entries/<uuid:entry_id>/back/", desk.back, name="desk_back"),
    path(OFFICE + "entries/<uuid:entry_id>/undo/", desk.undo, name="desk_undo"),
]
