"""Admin for lessons, days off, substitutions, status codes and kiosks."""

from attendance.admin.calendar import DayOffAdmin, SubstitutionAdmin
from attendance.admin.kiosks import KioskAdmin
from attendance.admin.status_codes import StatusCodeAdmin
from attendance.admin.timetable import ClassSessionAdmin, CourseWithTimetableAdmin, TimetableSlotAdmin
