"""The addresses of years, groups and rooms."""

from django.urls import path

from enrollment.structure.views import groups, promoting, rooms, years

YEAR = "<slug:institution>/years/<uuid:year_id>/"
CHANGE = "<slug:institution>/years/change/"
GROUP = "<slug:institution>/groups/<uuid:group_id>/"

urlpatterns = [
    path("<slug:institution>/years/", years.years, name="years"),
    path("<slug:institution>/years/new/", years.year_new, name="year_new"),
    path(YEAR, years.year, name="year"),
    path(YEAR + "delete/", years.year_remove, name="year_remove"),
    path(CHANGE, promoting.year_change, name="year_change"),
    path(
        "<slug:institution>/years/change/<uuid:change_id>/run/", promoting.year_change_go_on, name="year_change_go_on"
    ),
    path(CHANGE + "<uuid:change_id>/undo/", promoting.year_change_back, name="year_change_undo"),
    path("<slug:institution>/groups/", groups.groups, name="groups"),
    path(GROUP, groups.group, name="group"),
    path(GROUP + "delete/", groups.group_remove, name="group_remove"),
    path(GROUP + "students/", groups.group_add, name="group_add"),
    path(GROUP + "students/<uuid:student_id>/remove/", groups.group_take_out, name="group_take_out"),
    path(GROUP + "courses/", groups.group_course_add, name="group_course_add"),
    path(GROUP + "courses/<uuid:course_id>/remove/", groups.group_course_remove, name="group_course_remove"),
    path("<slug:institution>/rooms/", rooms.rooms, name="rooms"),
    path("<slug:institution>/rooms/<uuid:room_id>/remove/", rooms.room_remove, name="room_remove"),
]
