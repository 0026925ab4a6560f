"""Consents to the use of a student's face: the forms, the answers, and the requests for an answer."""

from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import person_field
from accounts.names import NameField
from accounts.tenancy import MailedModel, TenantModel, TenantQuerySet, UuidModel
from enrollment.domain.consents import State


class ConsentForm(UuidModel, TenantModel):
    """A version of the form by which the school asks for consent. Never changed once somebody answered it."""

    version = models.CharField(_("version"), max_length=80, help_text=_("Such as Face consent 2026-09."))
    valid_months = models.PositiveSmallIntegerField(
        _("valid for (months)"), null=True, blank=True, help_text=_("Leave empty if answers do not expire.")
    )
    is_current = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = person_field(editable=False)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("consent form")
        verbose_name_plural = _("consent forms")
        constraints = [
            models.UniqueConstraint(fields=["institution", "version"], name="one_consent_form_per_version"),
            models.UniqueConstraint(
                fields=["institution"], condition=Q(is_current=True), name="one_consent_form_in_use"
            ),
        ]

    def __str__(self) -> str:
        return self.version


class ConsentWording(TenantModel):
    """The exact wording of a consent form in one language."""

    form = models.ForeignKey(ConsentForm, on_delete=models.CASCADE, related_name="wordings", verbose_name=_("form"))
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    text = models.TextField(_("wording"))

    class Meta:
        ordering = ["language"]
        verbose_name = _("wording")
        verbose_name_plural = _("wordings")
        constraints = [
            models.UniqueConstraint(fields=["institution", "form", "language"], name="one_wording_per_language"),
        ]

    def __str__(self) -> str:
        return f"{self.form} · {self.get_language_display()}"


class DayEndField(models.DateTimeField):
    """The instant at which the row's last day (`source`) ends at its school; written whenever the row is.

    Compared with the clock, so that a sweep, which knows no school's time zone, and a page agree on every row.
    """

    def __init__(self, *args: Any, source: str = "expires_on", **kwargs: Any) -> None:
        self.source = source
        super().__init__(*args, **{"null": True, "editable": False, **kwargs})

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        last_day: date | None = getattr(model_instance, self.source)
        ends = None
        if last_day is not None:
            zone = model_instance.institution.zone  # type: ignore[attr-defined]
            ends = datetime.combine(last_day + timedelta(days=1), time(), zone)
        setattr(model_instance, self.attname, ends)
        return ends


class ConsentQuerySet(TenantQuerySet):
    """Answers to the question for consent."""

    def standing(self) -> "ConsentQuerySet":
        """Answers that were not withdrawn and not replaced, expired ones too."""
        return self.filter(withdrawn_at=None, replaced_at=None)

    def covering(self, moment: Any) -> "ConsentQuerySet":
        """Consents that were in force at a moment (a datetime or an expression) and were not withdrawn since.

        One that its giver has renewed still covers its own time.
        """
        in_time = Q(expires_at=None) | Q(expires_at__gt=moment)
        return self.filter(in_time, answer=Consent.Answer.GRANTED, withdrawn_at=None, given_at__lte=moment)

    def valid(self) -> "ConsentQuerySet":
        """Consents that were given, not withdrawn, and have not expired."""
        return self.standing().filter(
            Q(expires_at=None) | Q(expires_at__gt=timezone.now()), answer=Consent.Answer.GRANTED
        )

    def refusing(self) -> "ConsentQuerySet":
        """Refusals and withdrawals that were not taken back. One is enough: it holds against every consent."""
        return self.standing().filter(answer__in=[Consent.Answer.REFUSED, Consent.Answer.WITHDRAWN])


class Consent(UuidModel, TenantModel):
    """A dated answer to the use of a student's face: the giver, the wording, and the member who recorded it."""

    class Answer(models.TextChoices):
        GRANTED = "granted", _("Granted")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")  # refused by a person who had agreed before

    class Medium(models.TextChoices):
        PAPER = "paper", _("On paper")
        ONLINE = "online", _("Online")
        SPOKEN = "spoken", _("In person")  # a student's own refusal counts in any form

    student = models.ForeignKey(
        "enrollment.Student", on_delete=models.CASCADE, related_name="consents", verbose_name=_("student")
    )
    answer = models.CharField(_("answer"), max_length=10, choices=Answer.choices, default=Answer.GRANTED)
    medium = models.CharField(_("given"), max_length=10, choices=Medium.choices, default=Medium.PAPER)
    given_by = NameField(_("given by"), max_length=120, help_text=_("Name of the student or parent who signed."))
    guardian = models.ForeignKey(
        "enrollment.Guardian",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="consents",
        verbose_name=_("guardian"),
    )
    by_student = models.BooleanField(_("the student's own answer"), default=False, editable=False)
    wording = models.CharField(
        _("wording"), max_length=80, help_text=_("Which form was signed, for example “Face consent 2026-09”.")
    )
    # The wording that was signed, where the school keeps its forms here; and the language in which it was read.
    form = models.ForeignKey(
        ConsentForm, on_delete=models.RESTRICT, null=True, blank=True, related_name="answers", verbose_name=_("form")
    )
    language = models.CharField(max_length=10, blank=True, editable=False)
    given_at = models.DateTimeField(_("given on"), default=timezone.now)
    expires_on = models.DateField(_("valid until"), null=True, blank=True)  # its last day; empty: does not expire
    expires_at = DayEndField(source="expires_on")
    # When it ceased to stand: a consent by a withdrawal, any answer by a newer one, such as the renewal of a consent.
    withdrawn_at = models.DateTimeField(_("withdrawn on"), null=True, blank=True, editable=False)
    replaced_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)  # when it was recorded
    recorded_by = person_field(editable=False, verbose_name=_("recorded by"))
    withdrawn_by = person_field(editable=False, verbose_name=_("withdrawal recorded by"))

    objects: ClassVar[models.Manager["Consent"]] = ConsentQuerySet.as_manager()

    class Meta:
        ordering = ["-given_at"]
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "student", "given_by"],
                condition=Q(withdrawn_at=None, replaced_at=None),
                name="one_standing_answer_per_giver",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.student} · {self.given_at:%Y-%m-%d}"


class ConsentRequest(UuidModel, MailedModel, TenantModel):
    """A question for consent, sent by link to a guardian or adult student. Only a hash of its secret is kept."""

    class State(models.TextChoices):
        PENDING = "pending", _("No reply")
        ANSWERED = "answered", _("Answered")
        REVOKED = "revoked", _("Taken back")

    student = models.ForeignKey(
        "enrollment.Student", on_delete=models.CASCADE, related_name="consent_requests", verbose_name=_("student")
    )
    guardian = models.ForeignKey(
        "enrollment.Guardian",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="consent_requests",
        verbose_name=_("guardian"),
    )
    form = models.ForeignKey(ConsentForm, on_delete=models.CASCADE, related_name="requests", verbose_name=_("form"))
    email = models.EmailField(_("e-mail"))
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PENDING, editable=False)
    answer = models.ForeignKey(Consent, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    requested_by = person_field(editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # The job that took this mail up last: whatever becomes of that job, it does not send it twice.
    sending = models.UUIDField(null=True, editable=False)
    opened_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(_("valid until"), editable=False)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("request for consent")
        verbose_name_plural = _("requests for consent")
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "student", "email"],
                condition=Q(state="pending"),
                name="one_pending_request_per_student_and_address",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.student} · {self.email}"


def has_consent(student: str = "pk") -> Q:
    """Condition on rows whose `student` (a path to the id) has a valid consent that no refusal stands against."""
    answers = Consent.objects.filter(student=OuterRef(student))
    return Q(Exists(answers.valid())) & ~Q(Exists(answers.refusing()))


def consent_state(student: str = "pk") -> Case:
    """The State of the answers about a row's `student` (a path to the id): the one place that computes it."""
    answers = Consent.objects.filter(student=OuterRef(student))
    refusals = answers.refusing()
    cases = [
        (refusals.filter(answer=Consent.Answer.WITHDRAWN), State.WITHDRAWN),
        (refusals, State.REFUSED),
        (answers.valid(), State.GRANTED),
        (answers.standing(), State.EXPIRED),
        (answers.filter(answer=Consent.Answer.GRANTED), State.WITHDRAWN),
    ]
    whens = [When(Exists(found), then=Value(state.value)) for found, state in cases]
    return Case(*whens, default=Value(State.PENDING.value), output_field=models.CharField())
