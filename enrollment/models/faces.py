"""Face photos, the places where faces are enrolled, and the embedded engine's vectors of them."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import person_field
from accounts.tenancy import TenantModel, UuidModel
from enrollment.domain.faces import Refusal
from enrollment.models.people import Student


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
        REFUSED = "refused", _("Another photo is needed")
        HELD = "held", _("Looks like somebody else")
        WAITING = "waiting", _("Waiting for the face engine")
        WITHDRAWN = "withdrawn", _("Being erased")  # with its consent; no consent given later brings it back

    class Likeness(models.TextChoices):
        """Likeness of the student and the one whom a held photo resembles."""

        VERY = "very", _("Very alike: as much as two photos of one person usually are.")
        SOME = "some", _("Alike, but less than two photos of one person usually are.")

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
    likeness = models.CharField(max_length=4, blank=True, editable=False, choices=Likeness.choices)
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
        verbose_name = _("face photo")
        verbose_name_plural = _("face photos")

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
    version = models.PositiveBigIntegerField()  # of the gallery, since it was added
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["institution", "version"], name="vectors_since")]
        constraints = [models.UniqueConstraint(fields=["institution", "face_id"], name="one_vector_per_face_id")]

    def __str__(self) -> str:
        return self.face_id


class Gallery(models.Model):
    """Version of an institution's vectors, increased with every change, so that other processes notice.

    erased: the version of the last change that was no mere addition: who knows an older one loads everything again.
    """

    institution = models.OneToOneField(
        "accounts.Institution", on_delete=models.CASCADE, related_name="+", primary_key=True
    )
    version = models.PositiveBigIntegerField(default=0)
    erased = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.institution_id} v{self.version}"
