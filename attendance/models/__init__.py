"""The schema: lessons, the pictures taken in them, the faces seen there, and the register."""

from attendance.models.calendar import CalendarFeed as CalendarFeed
from attendance.models.calendar import DayOff as DayOff
from attendance.models.calendar import Substitution as Substitution
from attendance.models.captures import Capture as Capture
from attendance.models.captures import DetectedFace as DetectedFace
from attendance.models.captures import capture_path as capture_path
from attendance.models.checkin import CodeDisplay as CodeDisplay
from attendance.models.checkin import CodeTry as CodeTry
from attendance.models.kiosk import Kiosk as Kiosk
from attendance.models.kiosk import LivenessAttempt as LivenessAttempt
from attendance.models.lessons import ClassSession as ClassSession
from attendance.models.lessons import TimetableSlot as TimetableSlot
from attendance.models.lessons import Weekday as Weekday
from attendance.models.register import MarkFields as MarkFields
from attendance.models.register import MarkRow as MarkRow
from attendance.models.register import MarkVersion as MarkVersion
from attendance.models.register import RosterEntry as RosterEntry
from attendance.models.register import SessionSummary as SessionSummary
from attendance.models.register_events import RegisterEvent as RegisterEvent
from attendance.models.register_events import RegisterVersion as RegisterVersion
from attendance.models.status_codes import StatusCode as StatusCode
from attendance.models.verdicts import Verdict as Verdict
