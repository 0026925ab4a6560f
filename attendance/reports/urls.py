"""The addresses of reports."""

from django.urls import path

from attendance.reports.views import landing, matrices, students

MARK = "<slug:institution>/sessions/<uuid:session_id>/marks/<uuid:student_id>/"

urlpatterns = [
    path("<slug:institution>/reports/", landing.reports, name="reports"),
    path(
        "<slug:institution>/courses/<uuid:course_id>/attendance/", matrices.course_attendance, name="course_attendance"
    ),
    path("<slug:institution>/groups/<uuid:group_id>/attendance/", matrices.group_attendance, name="group_attendance"),
    path("<slug:institution>/students/<uuid:student_id>/", students.student, name="student"),
    path("<slug:institution>/students/<uuid:student_id>/days/<day:day>/", students.student_day, name="student_day"),
    path("<slug:institution>/students/<uuid:student_id>/notes/", students.note_new, name="note_new"),
    path(
        "<slug:institution>/students/<uuid:student_id>/notes/<uuid:note_id>/delete/",
        students.note_remove,
        name="note_remove",
    ),
    path(MARK + "cell/", matrices.mark_cell, name="mark_cell"),
]
