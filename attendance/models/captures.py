"""Pictures taken in lessons, and the faces detected in them."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import person_field
from accounts.tenancy import TenantModel, UuidModel
from attendance.domain.decision import Outcome, Reason
from attendance.models.kiosk import Kiosk
from attendance.models.lessons import ClassSession
from enrollment.domain.faces import Box
from enrollment.models import Student


def capture_path(capture: "Capture", filename: str) -> str:
    """Storage path of a class photo, kept until its retention ends."""
    return f"captures/{capture.institution_id}/{capture.id}.jpg"


def upright_path(capture: "Capture") -> str:
    """Storage path of a class photo that came on its side, once it was set upright."""
    return f"captures/{capture.institution_id}/{capture.id}.upright.jpg"


class Capture(UuidModel, TenantModel):
    """A picture taken in a session, from the moment it arrives until it is deleted on schedule."""

    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        RECOGNISING = "recognising", _("Looking for faces")
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Not recognised")  # given up: the reason says why, the register is kept by hand

    class Kind(models.TextChoices):
        PHOTO = "photo", _("Photo")
        WEBCAM = "webcam", _("Webcam")

    class Liveness(models.TextChoices):
        NOT_CHECKED = "", _("Not checked")
        PASSED = "passed", _("Passed")
        FAILED = "failed", _("Not passed")

    session = models.ForeignKey(ClassSession, on_delete=models.CASCADE, related_name="captures")
    nonce = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    picture = models.ImageField(upload_to=capture_path)  # empty once it was deleted
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    turns = models.PositiveSmallIntegerField(default=0)  # counterclockwise quarters by which it was set upright
    state = models.CharField(max_length=12, choices=State.choices, default=State.RECEIVED)
    reason = models.CharField(max_length=40, blank=True)  # why it waits or was given up: an error's code
    attempts = models.PositiveSmallIntegerField(default=0)  # that count: not those at which the engine was unavailable
    waits = models.PositiveSmallIntegerField(default=0)  # how often it was put back; the delay grows with it
    retry_at = models.DateTimeField(null=True)  # while it waits: not before
    lease_until = models.DateTimeField(null=True)  # leased for so long by the process that recognises it
    engine = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=80, blank=True)
    accept_threshold = models.FloatField(null=True)
    review_threshold = models.FloatField(null=True)
    seconds = models.FloatField(null=True)  # from the stored picture to the marks
    taken_by = person_field()
    kiosk = models.ForeignKey(Kiosk, on_delete=models.SET_NULL, null=True, related_name="+")  # the tablet at the door
    liveness = models.CharField(max_length=6, choices=Liveness.choices, blank=True)  # of the one face in it
    taken_at = models.DateTimeField(default=timezone.now)  # when it came to the server
    seen_at = models.DateTimeField(null=True)  # when it was taken, where a device kept it while it had no connection

    class Meta:
        ordering = ["taken_at"]
        constraints = [
            models.UniqueConstraint(fields=["institution", "session", "nonce"], name="one_capture_per_nonce"),
        ]
        indexes = [models.Index(fields=["state", "lease_until"], name="capture_unfinished")]

    def __str__(self) -> str:
        return f"{self.session} · {self.taken_at:%H:%M}"

    @property
    def shows_at(self) -> datetime:
        """The moment that the picture shows, at which those marked by it arrived."""
        return self.seen_at or self.taken_at

    @property
    def picture_until(self) -> datetime:
        """Time from which the picture is deleted; `pictures_expire` computes the same."""
        return max(self.taken_at, self.session.ends_at) + timedelta(days=self.institution.photo_retention_days)

    @property
    def is_over(self) -> bool:
        """True if the time of the picture is over."""
        return self.picture_until < timezone.now()

    @property
    def may_mark(self) -> bool:
        """True if a face in it may be marked without asking a person: at a tablet that nobody watches only the one that
        was checked, and nowhere one that failed."""
        if self.liveness == self.Liveness.NOT_CHECKED:
            return self.kiosk is None or self.kiosk.is_attended
        return self.liveness == self.Liveness.PASSED

    @property
    def is_finished(self) -> bool:
        """True if nothing more happens to it by itself."""
        return self.state in (self.State.DONE, self.State.FAILED)


class DetectedFace(UuidModel, TenantModel):
    """One face detected in a capture: the machine's decision on it, and a person's."""

    capture = models.ForeignKey(Capture, on_delete=models.CASCADE, related_name="detected_faces")
    number = models.PositiveSmallIntegerField()
    left = models.IntegerField()
    top = models.IntegerField()
    width = models.IntegerField()
    height = models.IntegerField()
    outcome = models.CharField(max_length=12)  # a `decision.Outcome`
    reason = models.CharField(max_length=24)  # a `decision.Reason`
    student = models.ForeignKey(Student, on_delete=models.CASCADE, null=True, related_name="+")
    similarity = models.FloatField(null=True)
    candidates = models.JSONField(default=list)  # [[student id, similarity], …], best first
    decided_student = models.ForeignKey(Student, on_delete=models.CASCADE, null=True, related_name="+")
    decided_by = person_field()
    decided_at = models.DateTimeField(null=True)
    # The face of another photo of the lesson that is this very person's, and that is shown instead of this one.
    same_as = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    # False: a person has said of this face, or of the same one in another photo, that it is somebody's who may not be
    # searched for. It is compared with nobody's any more.
    may_be_joined = models.BooleanField(default=True)
    learned_at = models.DateTimeField(null=True)  # when it was considered as another photo of the student's

    class Meta:
        ordering = ["capture", "number"]
        constraints = [
            models.UniqueConstraint(fields=["institution", "capture", "number"], name="one_row_per_face_of_a_capture"),
        ]

    def __str__(self) -> str:
        return f"{self.capture} · {self.number}"

    @property
    def box(self) -> Box:
        """Position of the face, in pixels of the picture."""
        return Box(self.left, self.top, self.width, self.height)

    @property
    def named_by_engine(self) -> set[UUID]:
        """The students whom the engine named for it."""
        return {UUID(pk) for pk, _similarity in self.candidates} | ({self.student_id} if self.student_id else set())

    def forget_students(self, gone: Collection[UUID]) -> bool:
        """Take students out of what the engine said of it, without saving; True if that changed anything.

        A face that was asked about or known elsewhere, and of which nobody is left, is nobody's. Of one that was marked
        the student stays: it is the mark's evidence.
        """
        is_marked = self.outcome == Outcome.MARK
        goes = set(gone) - ({self.student_id} if is_marked else set())
        if not goes & self.named_by_engine:
            return False
        self.candidates = [pair for pair in self.candidates if UUID(pair[0]) not in goes]
        if self.student_id in goes:
            best, self.similarity = self.candidates[0] if self.candidates else (None, None)
            self.student_id = UUID(best) if best else None
        if not is_marked and self.student_id is None:
            self.outcome, self.reason = Outcome.UNKNOWN, Reason.NOBODY
        return True
