"""Courses, their rosters and teachers."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Invitation, Membership
from accounts.names import NameField, NameKeyField
from accounts.tenancy import TenantModel, UuidModel
from enrollment.models.people import Student
from enrollment.models.structure import Group, SchoolYear


class Course(UuidModel, TenantModel):
    """A course, taught to one group: it has a roster, teachers and lessons."""

    code = models.CharField(_("code"), max_length=40)
    name = NameField(_("name"), max_length=120)
    name_key = NameKeyField()
    room = NameField(_("room"), max_length=40, blank=True)
    # Empty: taught in no particular year.
    year = models.ForeignKey(
        SchoolYear,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="courses",
        verbose_name=_("school year"),
    )
    external_id = models.CharField(_("external id"), max_length=255, blank=True)
    grace_minutes = models.PositiveSmallIntegerField(
        _("grace period (minutes)"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(240)],
        help_text=_("Leave empty for the school's."),
    )
    students = models.ManyToManyField(Student, through="Enrollment", related_name="courses", verbose_name=_("students"))
    groups = models.ManyToManyField(Group, through="CourseGroup", related_name="courses", verbose_name=_("groups"))
    teachers = models.ManyToManyField(
        Membership, through="Teaching", related_name="courses", verbose_name=_("teachers")
    )
    is_active = models.BooleanField(_("taught now"), default=True)

    class Meta:
        ordering = ["name_key"]
        verbose_name = _("course")
        verbose_name_plural = _("courses")
        constraints = [
            models.UniqueConstraint(fields=["institution", "code"], name="one_course_per_code"),
            models.UniqueConstraint(
                fields=["institution", "external_id"], condition=~Q(external_id=""), name="one_course_per_external_id"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Enrollment(TenantModel):
    """A student on a course's roster."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="enrollments", verbose_name=_("course"))
    student = models.ForeignKey(
        Student, on_delete=models.CASCADE, related_name="enrollments", verbose_name=_("student")
    )
    # The group that brought the student onto the roster and takes them off again; empty: added on their own.
    group = models.ForeignKey(
        Group, on_delete=models.CASCADE, null=True, editable=False, related_name="+", verbose_name=_("group")
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["student__name_key"]
        verbose_name = _("place on a roster")
        verbose_name_plural = _("rosters")
        constraints = [
            models.UniqueConstraint(fields=["institution", "course", "student"], name="once_on_a_roster"),
        ]

    def __str__(self) -> str:
        return f"{self.student} · {self.course}"


class Teaching(TenantModel):
    """A member of staff who teaches a course."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="teachings", verbose_name=_("course"))
    teacher = models.ForeignKey(
        Membership, on_delete=models.CASCADE, related_name="teachings", verbose_name=_("teacher")
    )

    class Meta:
        ordering = ["course__name_key"]
        verbose_name = _("teacher of a course")
        verbose_name_plural = _("teachers of courses")
        constraints = [
            models.UniqueConstraint(fields=["institution", "course", "teacher"], name="once_a_teacher_of_a_course"),
        ]

    def __str__(self) -> str:
        return f"{self.teacher} · {self.course}"


class InvitedTeacher(TenantModel):
    """Somebody who was invited to the school and is to teach a course: a `Teaching` once they accept."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="invited_teachers")
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="+")

    class Meta:
        ordering = ["invitation__name"]
        constraints = [
            models.UniqueConstraint(fields=["institution", "course", "invitation"], name="once_invited_to_a_course"),
        ]

    def __str__(self) -> str:
        return f"{self.invitation.name} · {self.course}"


class CourseGroup(TenantModel):
    """A group that is taught in a course: its students are on the course's roster."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="course_groups", verbose_name=_("course"))
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="course_groups", verbose_name=_("group"))

    class Meta:
        ordering = ["group__name_key"]
        verbose_name = _("group of a course")
        verbose_name_plural = _("groups of courses")
        constraints = [
            models.UniqueConstraint(fields=["institution", "course", "group"], name="once_a_group_of_a_course"),
        ]

    def __str__(self) -> str:
        return f"{self.group} · {self.course}"
