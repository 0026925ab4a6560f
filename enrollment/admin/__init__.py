"""Admin of students, consents, photos and courses."""

from enrollment.admin.courses import CourseAdmin
from enrollment.admin.photos import FacePhotoAdmin
from enrollment.admin.school import SchoolAdmin
from enrollment.admin.students import ConsentAdmin, StudentAdmin

__all__ = ["ConsentAdmin", "CourseAdmin", "FacePhotoAdmin", "SchoolAdmin", "StudentAdmin"]
