"""The kinds of imports of this app, in the order in which the upload page offers them."""

from django.utils.translation import gettext_lazy as _

from enrollment.importing.courses_kinds import COURSE_FIELDS, ROSTER_FIELDS, courses_plan, rosters_plan
from enrollment.importing.kinds import ImportKind, kind_register
from enrollment.importing.oneroster.check import oneroster_check
from enrollment.importing.people_kinds import GUARDIAN_FIELDS, TEACHER_FIELDS, guardians_plan, teachers_plan
from enrollment.importing.students import students_plan
from enrollment.importing.students_fields import FIELDS
from enrollment.importing.table_kind import table_check

kind_register(
    ImportKind(
        name="students",
        title=_("Students"),
        check=table_check(
            FIELDS,
            students_plan,
            needs=[
                ["roll_number", "external_id", "own_id", "email"],
                ["given_name", "family_name", "name", "own_id", "external_id", "roll_number"],
            ],
        ),
        models=(
            "enrollment.Group",
            "enrollment.Student",
            "enrollment.Guardian",
            "enrollment.GroupPlace",
            "enrollment.Guardianship",
            "enrollment.Enrollment",
        ),
        hint=_("Roll number and name; also e-mail, date of birth, form group and guardians."),
        fields=FIELDS,
        absent_title=_("Students who are not in this file"),
    )
)
kind_register(
    ImportKind(
        name="guardians",
        title=_("Guardians"),
        check=table_check(
            GUARDIAN_FIELDS, guardians_plan, needs=[["student"], ["name", "given_name", "family_name", "email"]]
        ),
        models=("enrollment.Guardian", "enrollment.Guardianship"),
        hint=_("The student’s roll number, the guardian’s name, e-mail and telephone; one row for each child."),
        fields=GUARDIAN_FIELDS,
    )
)
kind_register(
    ImportKind(
        name="teachers",
        title=_("Teachers"),
        check=table_check(TEACHER_FIELDS, teachers_plan, needs=[["email"], ["name", "given_name", "family_name"]]),
        models=("accounts.Invitation",),
        hint=_("Name and e-mail. They are invited when you send the invitations."),
        fields=TEACHER_FIELDS,
    )
)
kind_register(
    ImportKind(
        name="courses",
        title=_("Courses"),
        check=table_check(COURSE_FIELDS, courses_plan, needs=[["code", "external_id"]]),
        models=(
            "enrollment.Group",
            "enrollment.Course",
            "enrollment.CourseGroup",
            "enrollment.Enrollment",
            "enrollment.Teaching",
            "enrollment.InvitedTeacher",
        ),
        hint=_("Code and name; also room, teachers’ e-mails and form groups."),
        fields=COURSE_FIELDS,
        absent_title=_("Courses that are not in this file"),
    )
)
kind_register(
    ImportKind(
        name="rosters",
        title=_("Rosters"),
        check=table_check(
            ROSTER_FIELDS, rosters_plan, needs=[["code"], ["roll_number", "external_id", "email", "group"]]
        ),
        models=("enrollment.CourseGroup", "enrollment.Enrollment"),
        hint=_("The course’s code, and a student’s roll number or a form group; one row for each."),
        fields=ROSTER_FIELDS,
        absent_title=_("On the rosters, and not in this file"),
    )
)
kind_register(
    ImportKind(
        name="oneroster",
        title=_("OneRoster"),
        check=oneroster_check,
        models=(
            "enrollment.SchoolYear",
            "enrollment.Term",
            "enrollment.Group",
            "enrollment.Course",
            "enrollment.Student",
            "enrollment.Guardian",
            "accounts.Invitation",
            "enrollment.GroupPlace",
            "enrollment.Guardianship",
            "enrollment.CourseGroup",
            "enrollment.Enrollment",
            "enrollment.Teaching",
            "enrollment.InvitedTeacher",
        ),
        hint=_("The ZIP that a school information system exports: years, people, classes and rosters at once."),
        absent_title=_("In the records, and not in this file"),
        extensions=".zip",
    )
)
