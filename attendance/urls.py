"""The pages of a school, behind the tenancy middleware, and the one that leads from shared photos to a register."""

from django.urls import path

from attendance.calendars import urls as feed_urls
from attendance.calibration import views as calibration
from attendance.captures.views import guests, photos, pictures, shots, webcam
from attendance.checkin import views as codes
from attendance.costs import views as costs
from attendance.demo import views as demo_views
from attendance.disclosing import urls as disclosing_urls
from attendance.disputes import urls as disputes_urls
from attendance.erasing import urls as erasing_urls
from attendance.evacuation import urls as evacuation_urls
from attendance.excuses import urls as excuses_urls
from attendance.history.views import story as corrections
from attendance.history.views import student as students
from attendance.history.views import why
from attendance.kiosk.views import checks as kiosk_checks
from attendance.kiosk.views import door as kiosk
from attendance.lessons import urls as calendar_urls
from attendance.manage import views as manage
from attendance.notices import urls as notices_urls
from attendance.office import urls as office_urls
from attendance.papers import urls as papers_urls
from attendance.people import urls as people_urls
from attendance.practice import urls as practice_urls
from attendance.register.views import byhand, live, opening
from attendance.register.views import page as register
from attendance.reports import urls as report_urls
from attendance.search import urls as search_urls
from attendance.setup import urls as setup_urls
from attendance.telling import urls as telling_urls
from attendance.today import sharing
from attendance.today import views as today
from attendance.trends import urls as trends_urls

SESSION = "<slug:institution>/sessions/<uuid:session_id>/"

urlpatterns = [
    path("share.html", sharing.share, name="share"),  # with a dot: no school's slug can collide
    path("<slug:institution>/", today.institution, name="institution"),
    path("<slug:institution>/manage/", manage.manage, name="manage"),
    path("<slug:institution>/today/", today.today, name="today"),
    path("<slug:institution>/figures/", today.figures, name="figures"),
    path("<slug:institution>/today/adhoc/", today.adhoc, name="adhoc"),
    path("<slug:institution>/courses/", today.courses, name="courses"),
    path("<slug:institution>/courses/<uuid:course_id>/", today.course, name="course"),
    path(SESSION, register.session, name="session"),
    path(SESSION + "open/", register.open_, name="session_open"),
    path(SESSION + "close/", register.close, name="session_close"),
    path(SESSION + "reopen/", register.reopen, name="session_reopen"),
    path(SESSION + "give-up/", opening.give_up, name="session_give_up"),
    path(SESSION + "follow/", opening.follow, name="roster_follow"),
    path(SESSION + "late/", opening.late, name="late_decide"),
    path(SESSION + "photos/", photos.photo, name="photo"),
    path(SESSION + "live/", live.live, name="live"),
    path(SESSION + "board/", live.board, name="board"),
    path(SESSION + "captures/<uuid:capture_id>/retry/", photos.retry, name="capture_retry"),
    path(SESSION + "demo-photos/<int:number>/", demo_views.demo_photo, name="demo_photo"),
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
    path(SESSION + "guests/", guests.guests, name="guests"),
    path(SESSION + "guests/<uuid:student_id>/remove/", guests.guest_remove_, name="guest_remove"),
    path(SESSION + "faces/<uuid:detected_face_id>/", photos.decide, name="decide"),
    path(SESSION + "faces/<uuid:detected_face_id>/undo/", photos.undecide, name="undecide"),
    path(SESSION + "marks/<uuid:student_id>/history/", corrections.mark_history, name="mark_history"),
    path(SESSION + "marks/<uuid:student_id>/correct/", corrections.mark_correct_, name="mark_correct"),
    path("<slug:institution>/captures/<uuid:capture_id>/", pictures.capture, name="capture"),
    path("<slug:institution>/captures/<uuid:capture_id>/delete/", pictures.capture_remove, name="capture_delete"),
    path("<slug:institution>/captures/<uuid:capture_id>/picture/", pictures.capture_picture, name="capture_picture"),
    path("<slug:institution>/portraits/<uuid:photo_id>/", pictures.portrait, name="portrait"),
    path("<slug:institution>/check-in/", codes.check_in, name="check_in"),
    path("<slug:institution>/me/", students.my_attendance, name="my_attendance"),
    path("<slug:institution>/me/lessons/<uuid:session_id>/", why.my_mark, name="my_mark"),
    path("<slug:institution>/me/lessons/<uuid:session_id>/photo/", why.my_mark_photo, name="my_mark_photo"),
    path("<slug:institution>/children/", students.children, name="children"),
    path("<slug:institution>/children/<uuid:student_id>/", students.child, name="child"),
    path("<slug:institution>/children/<uuid:student_id>/lessons/<uuid:session_id>/", why.child_mark, name="child_mark"),
    path("<slug:institution>/costs/", costs.costs, name="costs"),
    # Called `school` here: who opens these is a device, whom the tenancy middleware would send to sign in.
    path("<slug:school>/kiosk/", kiosk.kiosk, name="kiosk"),
    path("<slug:school>/kiosk/now/", kiosk.kiosk_now, name="kiosk_now"),
    path("<slug:school>/kiosk/frames/", kiosk.kiosk_frame, name="kiosk_frame"),
    path("<slug:school>/kiosk/checks/", kiosk_checks.kiosk_check_begin, name="kiosk_check_begin"),
    path("<slug:school>/kiosk/checks/<uuid:attempt_id>/", kiosk_checks.kiosk_check, name="kiosk_check"),
    path("<slug:institution>/calibration/", calibration.calibration, name="calibration"),
    path("<slug:institution>/calibration/threshold/", calibration.calibration_threshold, name="calibration_threshold"),
    path("<slug:institution>/calibration/own/", calibration.calibration_own, name="calibration_own"),
    *disclosing_urls.urlpatterns,
    *disputes_urls.urlpatterns,
    *excuses_urls.urlpatterns,
    *erasing_urls.urlpatterns,
    *notices_urls.urlpatterns,
    *calendar_urls.urlpatterns,
    *feed_urls.urlpatterns,
    *evacuation_urls.urlpatterns,
    *office_urls.urlpatterns,
    *people_urls.urlpatterns,
    *search_urls.urlpatterns,
    *trends_urls.urlpatterns,
    *setup_urls.urlpatterns,
    *telling_urls.urlpatterns,
    *practice_urls.urlpatterns,
    *report_urls.urlpatterns,
    *papers_urls.urlpatterns,
]
