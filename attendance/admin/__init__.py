"""Admin for lessons, days off, substitutions, status codes and kiosks."""

from attendance.admin.calendar import DayOffAdmin as DayOffAdmin
from attendance.admin.calendar import SubstitutionAdmin as SubstitutionAdmin
from attendance.admin.kiosks import KioskAdmin as KioskAdmin
from attendance.admin.status_codes import StatusCodeAdmin as StatusCodeAdmin
from attendance.admin.timetable import ClassSessionAdmin as ClassSessionAdmin
from attendance.admin.timetable import CourseWithTimetableAdmin as CourseWithTimetableAdmin
from attendance.admin.timetable import TimetableSlotAdmin as TimetableSlotAdmin
