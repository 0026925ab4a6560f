"""The addresses of the set-up, of holidays, and of adding a course."""

from django.urls import path

from attendance.setup.views import courses, holidays, steps

urlpatterns = [
    path("<slug:institution>/setup/", steps.setup, name="setup"),
    path("<slug:institution>/setup/guide/", steps.setup_guide, name="setup_guide"),
    path("<slug:institution>/setup/faces/", steps.setup_faces, name="setup_faces"),
    path("<slug:institution>/setup/finish/", steps.setup_end, name="setup_end"),
    path("<slug:institution>/setup/skip/<slug:step>/", steps.setup_skip, name="setup_skip"),
    path("<slug:institution>/courses/new/", courses.course_new, name="course_new"),
    path("<slug:institution>/holidays/", holidays.holidays, name="holidays"),
    path("<slug:institution>/holidays/suggested/", holidays.holidays_suggest, name="holidays_suggest"),
    path("<slug:institution>/holidays/<uuid:day_off_id>/remove/", holidays.holiday_remove, name="holiday_remove"),
]
