"""The pages of a school. All of them are behind the tenancy middleware."""

from django.urls import path

from attendance import calendar_urls
from attendance.views import byhand, codes, costs, live, pictures, register, shots, students, today, webcam, why

SESSION = "<slug:institution>/sessions/<uuid:session_id>/"

urlpatterns = [
    path("<slug:institution>/", today.institution, name="institution"),
    path("<slug:institution>/today/", today.today, name="today"),
    path("<slug:institution>/today/adhoc/", today.adhoc, name="adhoc"),
    path("<slug:institution>/courses/", today.courses, name="courses"),
    path("<slug:institution>/courses/<uuid:course_id>/", today.course, name="course"),
    path(SESSION, register.session, name="session"),
    path(SESSION + "open/", register.open_, name="session_open"),
    path(SESSION + "close/", register.close, name="session_close"),
    path(SESSION + "reopen/", register.reopen, name="session_reopen"),
    path(SESSION + "photos/", register.photo, name="photo"),
    path(SESSION + "live/", live.live, name="live"),
    path(SESSION + "board/", live.board, name="board"),
    path(SESSION + "captures/<uuid:capture_id>/retry/", register.retry, name="capture_retry"),
    path(SESSION + "demo-photos/<int:number>/", register.demo_photo, name="demo_photo"),
    path(SESSION + "webcam/", webcam.webcam, name="webcam"),
    path(SESSION + "frames/", webcam.frame, name="frame"),
    path(SESSION + "shots/", shots.shots, name="shots"),
    path(SESSION + "code/", codes.code, name="code"),
    path(SESSION + "code/now/", codes.code_now, name="code_now"),
    path(SESSION + "code/stop/", codes.code_stop_, name="code_stop"),
    path(SESSION + "marks/<uuid:student_id>/", register.mark, name="mark"),
    path(SESSION + "marks/<uuid:student_id>/undo/", register.undo, name="undo"),
    path(SESSION + "marks/<uuid:student_id>/why/", why.mark_why, name="mark_why"),
    path(SESSION + "marks/<uuid:student_id>/photo/", why.mark_photo, name="mark_photo"),
    path(SESSION + "rest/", byhand.rest, name="rest"),
    path(SESSION + "rest/<int:number>/undo/", byhand.rest_undo, name="rest_undo"),
    path(SESSION + "guests/", byhand.guests, name="guests"),
    path(SESSION + "guests/<uuid:student_id>/remove/", byhand.guest_remove_, name="guest_remove"),
    path(SESSION + "faces/<uuid:sighting_id>/", register.decide, name="decide"),
    path(SESSION + "faces/<uuid:sighting_id>/undo/", register.undecide, name="undecide"),
    path("<slug:institution>/captures/<uuid:capture_id>/", pictures.capture, name="capture"),
    path("<slug:institution>/captures/<uuid:capture_id>/picture/", pictures.capture_picture, name="capture_picture"),
    path("<slug:institution>/portraits/<uuid:photo_id>/", pictures.portrait, name="portrait"),
    path("<slug:institution>/check-in/", codes.check_in, name="check_in"),
    path("<slug:institution>/me/", students.my_attendance, name="my_attendance"),
    path("<slug:institution>/me/lessons/<uuid:session_id>/", why.my_mark, name="my_mark"),
    path("<slug:institution>/me/lessons/<uuid:session_id>/photo/", why.my_mark_photo, name="my_mark_photo"),
    path("<slug:institution>/costs/", costs.costs, name="costs"),
    *calendar_urls.urlpatterns,
]
