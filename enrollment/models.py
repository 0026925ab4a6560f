"""Students, courses and rosters; consent; face photographs and what the embedded engine keeps of them."""

from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from accounts.tenancy import TenantModel, TenantQuerySet
from enrollment.domain.faces import Refusal


class StudentQuerySet(TenantQuerySet):
    """Students."""

    def with_consent(self) -> "StudentQuerySet":
        """Those whose face may be enrolled and searched for: a recorded consent that was not withdrawn."""
        valid = Consent.objects.filter(student=OuterRef("pk"), withdrawn_at=None)
        return self.filter(Exists(valid), is_active=True)


class Student(TenantModel):
    """Somebody on a roster. They need no account: `user` is set where they sign in to see their own attendance."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    roll_number = models.CharField(_("roll number"), max_length=40)
    name = models.CharField(_("name"), max_length=120)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="students",
        verbose_name=_("account"),
    )
    is_active = models.BooleanField(_("at the school"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[models.Manager["Student"]] = StudentQuerySet.as_manager()

    class Meta:
        ordering = ["name", "roll_number"]
        verbose_name = _("student")
        verbose_name_plural = _("students")
        constraints = [
            models.UniqueConstraint(fields=["institution", "roll_number"], name="one_student_per_roll_number"),
            models.UniqueConstraint(
                fields=["institution", "user"], condition=Q(user__isnull=False), name="one_student_per_account"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.roll_number})"

    @property
    def initials(self) -> str:
        """Up to two letters that stand for a portrait."""
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


class Course(TenantModel):
    """What is taught to one group: it has a roster, teachers and lessons."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=120)
    room = models.CharField(_("room"), max_length=40, blank=True)
    grace_minutes = models.PositiveSmallIntegerField(
        _("minutes of grace"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(240)],
        help_text=_("Empty: as the school's."),
    )
    students = models.ManyToManyField(Student, through="Enrollment", related_name="courses", verbose_name=_("students"))
    teachers = models.ManyToManyField(
        Membership, through="Teaching", related_name="courses", verbose_name=_("teachers")
    )
    is_active = models.BooleanField(_("taught now"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("course")
        verbose_name_plural = _("courses")
        constraints = [models.UniqueConstraint(fields=["institution", "code"], name="one_course_per_code")]

    def __str__(self) -> str:
        return self.name


class Enrollment(TenantModel):
    """A student on a course's roster."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="enrollments", verbose_name=_("course"))
    student = models.ForeignKey(
        Student, on_delete=models.CASCADE, related_name="enrollments", verbose_name=_("student")
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["student__name"]
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
        ordering = ["course__name"]
        verbose_name = _("teacher of a course")
        verbose_name_plural = _("teachers of courses")
        constraints = [
            models.UniqueConstraint(fields=["institution", "course", "teacher"], name="once_a_teacher_of_a_course"),
        ]

    def __str__(self) -> str:
        return f"{self.teacher} · {self.course}"


class Consent(TenantModel):
    """A dated record that a student's face may be used: who gave it, to which words, who wrote it down."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="consents", verbose_name=_("student"))
    given_by = models.CharField(_("given by"), max_length=120, help_text=_("The student, or whose parent they are."))
    wording = models.CharField(
        _("wording"), max_length=80, help_text=_("Which form was signed, for example “Face consent 2026-09”.")
    )
    given_at = models.DateTimeField(_("given on"), default=timezone.now)
    withdrawn_at = models.DateTimeField(_("withdrawn on"), null=True, blank=True, editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("withdrawal recorded by"),
    )

    class Meta:
        ordering = ["-given_at"]
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "student"], condition=Q(withdrawn_at=None), name="one_valid_consent_per_student"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.student} · {self.given_at:%Y-%m-%d}"


def photo_path(photo: "FacePhoto", filename: str) -> str:
    """Where an enrolment photograph is kept: no name of a person, one folder a photograph."""
    return f"faces/{photo.institution_id}/{photo.id}/photo.jpg"


def portrait_path(photo: "FacePhoto", filename: str) -> str:
    """Where the small portrait cut from it is kept: it lives and dies with the photograph."""
    return f"faces/{photo.institution_id}/{photo.id}/portrait.jpg"


class FacePhoto(TenantModel):
    """A photograph by which a student's face was, or was to be, enrolled."""

    class State(models.TextChoices):
        RECEIVED = "received", _("Not yet examined")
        ENROLLED = "enrolled", _("Enrolled")
        REFUSED = "refused", _("Another picture is needed")
        HELD = "held", _("Looks like somebody else")
        WAITING = "waiting", _("Waiting for the face engine")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="photos", verbose_name=_("student"))
    picture = models.ImageField(_("picture"), upload_to=photo_path)
    portrait = models.ImageField(upload_to=portrait_path, blank=True, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.RECEIVED, editable=False)
    refusal = models.CharField(
        max_length=20, blank=True, editable=False, choices=[(code.value, code.value) for code in Refusal]
    )
    looks_like = models.ForeignKey(
        Student, on_delete=models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("looks like")
    )
    face_id = models.CharField(max_length=64, blank=True, editable=False)
    model = models.CharField(_("face model"), max_length=80, blank=True, editable=False)
    face_px = models.PositiveIntegerField(_("width of the face"), null=True, editable=False)
    # The confirmed face of a class photo that it was cut from (`growth`); None: somebody added it.
    cut_from = models.UUIDField(null=True, editable=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("face photograph")
        verbose_name_plural = _("face photographs")

    def __str__(self) -> str:
        return f"{self.student} · {self.get_state_display()}"


class LookAlike(TenantModel):
    """Two students of whom a person has confirmed that they are two, though their faces look alike.

    Their faces are never marked without asking.
    """

    first = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="+")
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("look-alike pair")
        verbose_name_plural = _("look-alike pairs")
        constraints = [
            models.UniqueConstraint(fields=["institution", "first", "second"], name="one_row_per_look_alike_pair"),
            models.CheckConstraint(condition=Q(first__lt=models.F("second")), name="look_alikes_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first} · {self.second}"


class FaceId(TenantModel):
    """The ORM's store of the mapping face id → student. Read and written by its repository alone."""

    face_id = models.CharField(max_length=64)
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["institution", "face_id"], name="one_student_per_face_id")]

    def __str__(self) -> str:
        return self.face_id


class FaceVector(TenantModel):
    """What the embedded engine keeps of a face. Read and written by its gallery alone.

    vector: 128 little-endian float32, of unit length, not centred; 256 more by the second embedder, where there is one.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    face_id = models.CharField(max_length=64)
    model = models.CharField(max_length=80)
    vector = models.BinaryField()
    face_px = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "face_id"], name="one_vector_per_face_id")]

    def __str__(self) -> str:
        return self.face_id


class Gallery(models.Model):
    """A number that grows with every change of an institution's vectors, so that other processes notice."""

    institution = models.OneToOneField(
        "accounts.Institution", on_delete=models.CASCADE, related_name="+", primary_key=True
    )
    version = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.institution_id} v{self.version}"
