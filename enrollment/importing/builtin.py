"""The kinds of imports of this app, in the order in which the upload page offers them."""

from django.utils.translation import gettext_lazy as _

from enrollment.importing.kinds import ImportKind, kind_register
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
