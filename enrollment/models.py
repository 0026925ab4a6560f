"""Students, courses and rosters; consents; face photos, and the embedded engine's vectors of them."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from accounts.names import NameField, NameKeyField
from accounts.tenancy import TenantModel, TenantQuerySet, UuidModel, person_field
from enrollment.domain.faces import Refusal


class StudentQuerySet(TenantQuerySet):
    """Students."""

    def with_consent(self) -> "StudentQuerySet":
        """Students whose face may be enrolled and searched for: with a recorded consent that was not withdrawn."""
        valid = Consent.objects.filter(student=OuterRef("pk"), withdrawn_at=None)
        return self.filter(Exists(valid), is_active=True)


class Student(UuidModel, TenantModel):
    """A student. They need no account: `user` is set if they sign in to see their own attendance."""

    roll_number = models.CharField(_("roll number"), max_length=40)
    name = NameField(_("name"), max_length=120)
    name_key = NameKeyField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="students",
        verbose_name=_("account"),
    )
    is_active = models.BooleanField(_("at the school"), default=True)
    left_at = models.DateTimeField(null=True, editable=False)  # noted by `leavers_erase`
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[models.Manager["Student"]] = StudentQuerySet.as_manager()

    class Meta:
        ordering = ["name_key", "roll_number"]
        verbose_name = _("student")
        verbose_name_plural = _("students")
        indexes = [models.Index(fields=["institution", "name_key"], name="students_by_name")]
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


class Course(UuidModel, TenantModel):
    """A course, taught to one group: it has a roster, teachers and lessons."""

    code = models.CharField(_("code"), max_length=40)
    name = NameField(_("name"), max_length=120)
    name_key = NameKeyField()
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
        ordering = ["name_key"]
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


class Consent(UuidModel, TenantModel):
    """A dated consent to the use of a student's face: the giver, the wording, and the member who recorded it."""

    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="consents", verbose_name=_("student"))
    given_by = models.CharField(_("given by"), max_length=120, help_text=_("The student, or whose parent they are."))
    wording = models.CharField(
        _("wording"), max_length=80, help_text=_("Which form was signed, for example “Face consent 2026-09”.")
    )
    given_at = models.DateTimeField(_("given on"), default=timezone.now)
    withdrawn_at = models.DateTimeField(_("withdrawn on"), null=True, blank=True, editable=False)
    recorded_by = person_field(editable=False, verbose_name=_("recorded by"))
    withdrawn_by = person_field(editable=False, verbose_name=_("withdrawal recorded by"))

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
    """Path of an enrolment photo: without a person's name, one folder a photo."""
    return f"faces/{photo.institution_id}/{photo.id}/photo.jpg"


def portrait_path(photo: "FacePhoto", filename: str) -> str:
    """Path of the small portrait cut from the photo, in the same folder, so that it is deleted with it."""
    return f"faces/{photo.institution_id}/{photo.id}/portrait.jpg"


class FacePlace(TenantModel):
    """A place in which faces of the institution were enrolled: an engine's vectors and the mapping that goes with them.

    Written before the first face is enrolled there, so that it is found after the settings have changed. engine,
    face_ids: dotted paths of the backends; engine_at, face_ids_at: what each tells of where it keeps its data (Region,
    prefix of names, table), never credentials.
    """

    key = models.CharField(max_length=64)
    engine = models.CharField(max_length=200)
    engine_at = models.JSONField(default=dict)
    face_ids = models.CharField(max_length=200)
    face_ids_at = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["institution", "key"], name="one_row_per_face_place")]

    def __str__(self) -> str:
        """Such as "RekognitionFaceEngine eu-west-1 attendance"."""
        return " ".join([self.engine.rpartition(".")[2], *self.engine_at.values()])


class FacePhoto(UuidModel, TenantModel):
    """An enrolment photo of a student's face, and the outcome of enrolling it."""

    class State(models.TextChoices):
        RECEIVED = "received", _("Not yet examined")
        ENROLLED = "enrolled", _("Enrolled")
        REFUSED = "refused", _("Another picture is needed")
        HELD = "held", _("Looks like somebody else")
        WAITING = "waiting", _("Waiting for the face engine")

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
    place = models.ForeignKey(FacePlace, on_delete=models.RESTRICT, null=True, editable=False, related_name="photos")
    model = models.CharField(_("face model"), max_length=80, blank=True, editable=False)
    face_px = models.PositiveIntegerField(_("width of the face"), null=True, editable=False)
    # The confirmed face of a class photo from which it was learned; None: it was added by a person.
    cut_from = models.UUIDField(null=True, editable=False)
    added_by = person_field(editable=False)
    # When it was added; of one that was cut from a class photo, when that was taken.
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("face photograph")
        verbose_name_plural = _("face photographs")

    def __str__(self) -> str:
        return f"{self.student} · {self.get_state_display()}"

    @property
    def photographed_at(self) -> datetime | None:
        """Time at which it was taken, if known: for one cut from a class photo."""
        return self.created_at if self.cut_from else None


class LookAlike(TenantModel):
    """Two students confirmed by a person to be different people even if their faces look alike.

    Their faces are never marked without asking.
    """

    first = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="+")
    confirmed_by = person_field(editable=False)
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
    """Entry of the mapping face id → student in the ORM's store. Read and written by its repository alone."""

    face_id = models.CharField(max_length=64)
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["institution", "face_id"], name="one_student_per_face_id")]

    def __str__(self) -> str:
        return self.face_id


class FaceVector(UuidModel, TenantModel):
    """The embedded engine's vector of a face. Read and written by its gallery alone.

    vector: 128 little-endian float32, of unit length, not centred; 256 more by the second embedder, if installed.
    """

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
    """Version of an institution's vectors, increased with every change, so that other processes notice."""

    institution = models.OneToOneField(
        "accounts.Institution", on_delete=models.CASCADE, related_name="+", primary_key=True
    )
    version = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.institution_id} v{self.version}"
