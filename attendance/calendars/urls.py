"""The addresses of calendars: feeds, files, imports."""

from django.urls import path

from attendance.calendars.views import feeds as calendar
from attendance.calendars.views import importing as calendar_import

COURSE = "<slug:institution>/courses/<uuid:course_id>/"

urlpatterns = [
    path(COURSE + "calendar.ics", calendar.course_calendar, name="course_calendar"),
    path("<slug:institution>/calendar/", calendar.calendar, name="calendar"),
    path("<slug:institution>/calendar/address/", calendar.calendar_address, name="calendar_address"),
    path("<slug:institution>/calendar/off/", calendar.calendar_off, name="calendar_off"),
    path("<slug:institution>/calendar/import/", calendar_import.upload, name="calendar_import"),
    path("<slug:institution>/calendar/import/confirm/", calendar_import.confirm, name="calendar_import_confirm"),
    path("calendar/<str:token>.ics", calendar.calendar_feed, name="calendar_feed"),
]
