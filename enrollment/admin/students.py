"""Admin of students, their consents, and the photos by which they are recognised."""

from typing import Any, BinaryIO, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.models import Role
from accounts.tenant_admin import OwnRowsFilter, TenantInline, TenantModelAdmin, TenantModelForm, school_of, user_of
from enrollment.access import Act, access_record
from enrollment.admin.photos import LABELS, tell
from enrollment.admin.structure import GuardianInline
from enrollment.errors import EnrollmentError
from enrollment.models import (
    Consent,
    Course,
    Enrollment,
    FacePhoto,
    GroupPlace,
    Guardianship,
    Student,
    has_consent,
)
from enrollment.photo_outcomes import photo_verdict
from enrollment.readiness import POSES, erasures_due, with_readiness, without_consent, without_photo
from enrollment.services.consents import consent_withdraw
from enrollment.services.photos import face_photo_add
from enrollment.spreadsheets import csv_response

READY = _("Ready")
NO_CONSENT = _("No consent")
NO_PHOTO = _("No photo")
LOOKS_LIKE = _("Look-alike")
LEFT = _("Left")


class ConsentForm(TenantModelForm):
    """A consent; a student has one valid one at most."""

    also_checked = frozenset({"withdrawn_at", "replaced_at"})

    class Meta:
        model = Consent
        fields = ["student", "given_by", "wording", "given_at"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        student = cleaned.get("student")
        valid = Consent.objects.for_institution(self.institution).valid()
        if self.instance._state.adding and student and valid.filter(student_id=student.pk).exists():
            raise forms.ValidationError(
                _("A valid consent is on record already. Withdraw it before a new one is given.")
            )
        if self.instance._state.adding and student and self._is_answered(student, cleaned.get("given_by", "")):
            raise forms.ValidationError(
                _("Another answer is on record already. Record the new one in the portal, under Manage and Consents.")
            )
        if (given := cleaned.get("given_at")) and given > timezone.now():
            self.add_error("given_at", _("A consent cannot be given in the future."))
        return cleaned

    def _is_answered(self, student: Student, given_by: str) -> bool:
        """True if a refusal holds, or an expired consent of the same person waits for its renewal."""
        answers = Consent.objects.for_institution(self.institution).filter(student_id=student.pk)
        return answers.refusing().exists() or answers.standing().filter(given_by=given_by).exists()


class ConsentInline(TenantInline):
    """Consents: added here, never changed; withdrawing has its own button, because it erases the face."""

    model = Consent
    form = ConsentForm
    fields = ["answer", "given_by", "wording", "given_at", "expires_on", "withdrawn_at", "withdrawn_by"]
    readonly_fields = ["answer", "expires_on", "withdrawn_at", "withdrawn_by"]
    may_change = False
    may_delete = False
    exists_already = _("A valid consent is on record already. Withdraw it before a new one is given.")


class CourseInline(TenantInline):
    """The student's courses."""

    model = Enrollment
    verbose_name = _("course")
    verbose_name_plural = _("courses")
    fields = ["course"]
    autocomplete_fields = ["course"]
    exists_already = _("The student is on this course's roster already.")


class CourseFilter(OwnRowsFilter):
    """Filter of students by course."""

    title = _("course")
    parameter_name = "course"
    lookup = "enrollments__course"

    @staticmethod
    def rows(institution: Any) -> models.QuerySet[Any]:
        return Course.objects.for_institution(institution)


class ReadinessFilter(admin.SimpleListFilter):
    """Filter of students by what they lack to be recognised."""

    title = _("readiness")
    parameter_name = "readiness"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("ready", READY),
            ("no_consent", NO_CONSENT),
            ("no_photo", NO_PHOTO),
            ("look_alike", LOOKS_LIKE),
            ("erasing", _("Erasure unfinished")),
        ]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        school = school_of(request)
        if school is None:
            return queryset.none()
        if self.value() == "ready":
            return queryset.filter(is_active=True, consented=True, enrolled__gt=0)
        if self.value() == "look_alike":
            return queryset.filter(held__gt=0)
        wanted = {"no_consent": without_consent, "no_photo": without_photo, "erasing": erasures_due}.get(
            self.value() or ""
        )
        return queryset.filter(pk__in=wanted(school).values("pk")) if wanted else queryset


class StudentForm(TenantModelForm):
    """A student. The name is made from its two parts in the school's order, or typed where they are not known."""

    class Meta:
        model = Student
        fields = ["given_name", "family_name", "name", "roll_number", "email", "birth_date", "external_id"]
        help_texts = {"name": _("Leave empty if both names are given above. Otherwise as everybody reads it.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "name" in self.fields:
            self.fields["name"].required = False

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "name" in self.fields and not any(cleaned.get(part) for part in ("given_name", "family_name", "name")):
            self.add_error("name", forms.ValidationError(_("Give the student's names."), code="required"))
        if (born := cleaned.get("birth_date")) and born > timezone.localdate():
            self.add_error("birth_date", _("This day is in the future."))
        return cleaned


@admin.register(Student)
class StudentAdmin(TenantModelAdmin):
    """Admin of students: the person, the consent, the photos, the courses."""

    list_display = ["who", "roll_number", "readiness", "photos"]
    ordering = ["name_key", "roll_number"]
    list_filter = [ReadinessFilter, CourseFilter, "is_active"]
    search_fields = ["name_key", "roll_number"]
    search_help_text = _("Name or roll number")
    empty_hint = _("Add students one by one, or import a list from a spreadsheet.")
    form = StudentForm
    fieldsets = [
        (None, {"fields": ["given_name", "family_name", "name", "roll_number", "is_active"]}),
        (_("Contact and records"), {"fields": ["email", "birth_date", "external_id", "user", "group_names"]}),
    ]
    readonly_fields = ["group_names"]
    inlines = [ConsentInline, GuardianInline, CourseInline]
    actions = ["export_csv", "withdraw_consent"]
    deletes_with = (
        Enrollment,
        Guardianship,
        GroupPlace,
    )  # a student with consents, photos or marks is kept: “at the school” is switched off
    exists_already = _("There is a student with this roll number already.")
    change_form_outer_before_template = "admin/enrollment/_student_faces.html"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        newest = FacePhoto.objects.filter(student=models.OuterRef("pk"), state=FacePhoto.State.ENROLLED)
        rows = with_readiness(super().get_queryset(request))
        return rows.annotate(portrait=models.Subquery(newest.order_by("-created_at").values("pk")[:1]))

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> models.QuerySet[Any]:
        """Choices of a student's account: members who are students here."""
        rows = super().get_field_queryset(db, db_field, request)
        if db_field.name == "user" and school_of(request) is not None:
            return rows.filter(memberships__institution=school_of(request), memberships__role=Role.STUDENT).distinct()
        return rows

    @display(description=_("Groups"))
    def group_names(self, student: Any) -> str:
        if student._state.adding:
            return ""
        if not hasattr(student, "its_groups"):  # kept: the form asks five times
            student.its_groups = ", ".join(student.groups.filter(is_active=True).values_list("name", flat=True))
        return str(student.its_groups)

    # -- columns --

    @display(description=_("Student"), header=True, ordering="name_key")
    def who(self, student: Any) -> list[Any]:
        if student.portrait is None:
            return [student.name, "", student.initials]
        address = reverse("admin:enrollment_facephoto_portrait", args=[student.portrait])
        return [student.name, "", student.initials, {"path": address, "squared": True, "width": 40, "height": 40}]

    @display(
        description=_("Readiness"),
        label={"ready": "success", "no_consent": "danger", "no_photo": "warning", "looks_like": "warning", "left": ""},
    )
    def readiness(self, student: Any) -> tuple[str, Any]:
        if not student.is_active:
            return "left", LEFT
        if not student.consented:
            return "no_consent", NO_CONSENT
        if student.held:
            return "looks_like", LOOKS_LIKE
        return ("ready", READY) if student.enrolled else ("no_photo", NO_PHOTO)

    @display(description=_("Photos"), ordering="enrolled")
    def photos(self, student: Any) -> str:
        return gettext("%(enrolled)d of %(poses)d") % {"enrolled": student.enrolled, "poses": POSES}

    # -- pages --

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<path:object_id>/photos/", wrap(self.photos_view), name="enrollment_student_photos"),
            path("<path:object_id>/withdraw/", wrap(self.withdraw_view), name="enrollment_student_withdraw"),
            *super().get_urls(),
        ]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        student = kwargs.get("obj")
        if student is not None:
            student.institution = school_of(request)  # at hand: it need not be read again
            if request.method == "GET":
                access_record(Act.STUDENT_SEEN, institution=school_of(request), by=user_of(request), subject=student.pk)
            photos = student.photos.select_related("looks_like", "student")
            context["photos"] = [(photo, photo_verdict(photo), LABELS[photo.state]) for photo in photos]
            context["faces_enabled"] = school_of(request).faces_enabled
            context["poses"] = POSES
        return super().render_change_form(request, context, *args, **kwargs)

    def photos_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Add the posted pictures, and answer each with one sentence."""
        student = self.own_or_404(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        uploads = request.FILES.getlist("pictures")
        if not uploads:
            messages.error(request, _("Choose one or several photos first."))
        for upload in uploads:
            try:
                photo = face_photo_add(student=student, upload=cast(BinaryIO, upload), added_by=user_of(request))
            except EnrollmentError as error:
                messages.error(request, f"{upload.name}: {error}")
            else:
                self.log_change(request, student, gettext("Added a photo."))
                tell(request, photo, name=str(upload.name))
        return redirect("admin:enrollment_student_change", student.pk)

    def withdraw_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask once, then withdraw the consent and erase the face."""
        student = self.own_or_404(request, object_id)
        if request.method != "POST":
            return self._ask(request, [student], {})
        self._withdraw(request, [student])
        return redirect("admin:enrollment_student_change", student.pk)

    # -- actions --

    @admin.action(description=_("Withdraw consent and erase faces"))
    def withdraw_consent(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> HttpResponse | None:
        if request.POST.get("confirmed") != "yes":
            return self._ask(request, list(queryset), {"action": "withdraw_consent"})
        self._withdraw(request, list(queryset))
        return None

    @admin.action(description=_("Export as a spreadsheet (CSV)"))
    def export_csv(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> HttpResponse:
        """Export the chosen students with the list's columns."""
        school, by = school_of(request), user_of(request)
        access_record(Act.EXPORTED, institution=school, by=by, what="students", count=queryset.count())
        heads = [gettext("Roll number"), gettext("Name"), gettext("Readiness"), gettext("Photos")]
        rows = [[each.roll_number, each.name, self.readiness(each)[1], each.enrolled] for each in queryset]
        return csv_response("students", [heads, *rows])

    def _ask(self, request: HttpRequest, students: list[Any], hidden: dict[str, str]) -> HttpResponse:
        """Confirmation page that lists what will be erased."""
        photos = FacePhoto.objects.for_institution(school_of(request)).filter(student__in=students).count()
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Withdraw consent"),
            "opts": self.opts,
            "students": students,
            "photo_count": photos,
            "hidden": hidden,
            "checkbox_name": ACTION_CHECKBOX_NAME if hidden else "",
        }
        return TemplateResponse(request, "admin/enrollment/withdraw.html", context)

    def _withdraw(self, request: HttpRequest, students: list[Any]) -> None:
        done = 0
        for student in students:
            try:
                erased = consent_withdraw(student=student, by=user_of(request))
            except EnrollmentError as error:
                messages.warning(request, f"{student}: {gettext('The consent is withdrawn.')} {error}")
            else:
                done += 1
                counts = {"photos": erased.photos, "vectors": erased.vectors}
                self.log_change(
                    request,
                    student,
                    gettext("Consent withdrawn. Erased: %(photos)d photos, %(vectors)d face vectors.") % counts,
                )
        if done:
            sentence = ngettext(
                "Consent withdrawn and face erased: %d student.",
                "Consent withdrawn and faces erased: %d students.",
                done,
            )
            messages.success(request, sentence % done)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for added in formset.save(commit=False):
            if isinstance(added, Consent):
                added.recorded_by = user_of(request)
        super().save_formset(request, form, formset, change)
        for added in formset.new_objects:
            if isinstance(added, Consent):
                _record_consent(request, added)


def _record_consent(request: HttpRequest, consent: Consent) -> None:
    by = user_of(request)
    access_record(Act.CONSENT_RECORDED, institution=consent.institution, by=by, subject=consent.student_id)


class ValidFilter(admin.SimpleListFilter):
    """Filter of answers: consents that are valid, refusals that hold, and answers that no longer count."""

    title = _("validity")
    parameter_name = "valid"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Valid")), ("refused", _("Refused")), ("no", _("Ended"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        valid, refusing = Consent.objects.valid().values("pk"), Consent.objects.refusing().values("pk")
        if self.value() == "yes":
            return queryset.filter(has_consent("student"), pk__in=valid)
        if self.value() == "refused":
            return queryset.filter(pk__in=refusing)
        return queryset.exclude(pk__in=valid).exclude(pk__in=refusing) if self.value() == "no" else queryset


@admin.register(Consent)
class ConsentAdmin(TenantModelAdmin):
    """Admin of consents: added, never changed, never deleted."""

    form = ConsentForm
    may_delete = False
    list_display = ["student", "answer", "given_by", "wording", "given_at", "expires_on", "withdrawn_at"]
    list_filter = [ValidFilter, "answer", "medium"]
    list_select_related = ["student"]
    search_fields = ["student__name_key", "student__roll_number", "given_by"]
    search_help_text = _("Student or giver")
    empty_hint = _("Consents are recorded on each student's page, or for a whole class at once.")
    fields = ["student", "given_by", "wording", "given_at"]
    autocomplete_fields = ["student"]
    exists_already = _("A valid consent is on record already. Withdraw it before a new one is given.")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Consent, form: Any, change: bool) -> None:
        obj.recorded_by = user_of(request)
        super().save_model(request, obj, form, change)
        _record_consent(request, obj)
