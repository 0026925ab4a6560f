"""Admin of students, consents, photos and courses."""

from enrollment.admin.courses import CourseAdmin
from enrollment.admin.photos import FacePhotoAdmin
from enrollment.admin.school import SchoolAdmin
from enrollment.admin.structure import GroupAdmin, GuardianAdmin, RoomAdmin, SchoolYearAdmin
from enrollment.admin.students import ConsentAdmin, StudentAdmin

__all__ = [
    "ConsentAdmin",
    "CourseAdmin",
    "FacePhotoAdmin",
    "GroupAdmin",
    "GuardianAdmin",
    "RoomAdmin",
    "SchoolAdmin",
    "SchoolYearAdmin",
    "StudentAdmin",
]
