"""Admin of face photos: their outcome and the possible next steps. Pictures are served to the school alone."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.files import KEEP_NOTHING, private_file
from accounts.tenant_admin import TenantModelAdmin, school_of, user_of
from enrollment.access import Act, access_record, is_opened_alone
from enrollment.errors import EnrollmentError
from enrollment.models import FacePhoto
from enrollment.photo_outcomes import photo_cause, photo_verdict
from enrollment.services.photos import face_photo_delete, face_photo_examine, look_alike_confirm

State = FacePhoto.State
LABELS: dict[str, str] = {
    State.ENROLLED: "success",
    State.HELD: "warning",
    State.REFUSED: "danger",
    State.WAITING: "info",
    State.RECEIVED: "info",
    State.WITHDRAWN: "danger",
}


class StateFilter(admin.SimpleListFilter):
    """Filter of photos by their next step."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("enrolled", State.ENROLLED.label),
            ("held", State.HELD.label),
            ("refused", State.REFUSED.label),
            ("waiting", _("Waiting to be examined")),
            ("grown", _("From lessons")),
        ]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[FacePhoto]) -> models.QuerySet[FacePhoto]:
        if self.value() == "waiting":
            return queryset.filter(state__in=[State.WAITING, State.RECEIVED])
        if self.value() == "grown":
            return queryset.exclude(cut_from=None)
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(FacePhoto)
class FacePhotoAdmin(TenantModelAdmin):
    """Admin of face photos: viewed, examined again and deleted here; added on the student's page."""

    may_add = False
    may_change = False
    list_display = ["who", "state_label", "cause", "added"]
    list_filter = [StateFilter]
    list_select_related = ["student", "looks_like", "institution"]
    search_fields = ["student__name_key", "student__roll_number"]
    search_help_text = _("The student's name or roll number")
    empty_hint = _("Photos are added on each student's page, or many at once.")
    fields = ["large_picture", "student", "state_label", "verdict", "model", "added"]
    readonly_fields = fields
    actions = ["examine_again"]
    change_form_outer_before_template = "admin/enrollment/_photo_actions.html"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # -- columns --

    @display(description=_("Student"), header=True, ordering="student__name_key")
    def who(self, photo: FacePhoto) -> list[Any]:
        picture = {"path": _address(photo, "portrait"), "squared": True, "width": 48, "height": 48}
        return [
            photo.student.name,
            photo.student.roll_number,
            photo.student.initials,
            picture if photo.portrait else None,
        ]

    @display(description=_("State"), label=LABELS, ordering="state")
    def state_label(self, photo: FacePhoto) -> tuple[str, str]:
        return photo.state, str(photo.get_state_display())

    @display(description=_("Added"), ordering="created_at")
    def added(self, photo: FacePhoto) -> datetime:
        return photo.created_at

    @display(description=_("Why"))
    def cause(self, photo: FacePhoto) -> str:
        return photo_cause(photo)

    @display(description=_("What to do"))
    def verdict(self, photo: FacePhoto) -> str:
        return photo_verdict(photo)

    @display(description=_("Photo"))
    def large_picture(self, photo: FacePhoto) -> str:
        if not photo.picture:
            return str(_("No photo is stored."))
        return format_html(
            '<img src="{}" alt="" class="max-w-full rounded-default" width="320">', _address(photo, "picture")
        )

    # -- pages --

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<path:object_id>/picture/", wrap(self.picture_view), name="enrollment_facephoto_picture"),
            path("<path:object_id>/portrait/", wrap(self.portrait_view), name="enrollment_facephoto_portrait"),
            path("<path:object_id>/examine/", wrap(self.examine_view), name="enrollment_facephoto_examine"),
            path("<path:object_id>/two-people/", wrap(self.two_people_view), name="enrollment_facephoto_two_people"),
            *super().get_urls(),
        ]

    def picture_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return self._file(request, object_id, "picture")

    def portrait_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return self._file(request, object_id, "portrait")

    def _record(self, request: HttpRequest, act: Act, photo: FacePhoto) -> None:
        access_record(
            act, institution=school_of(request), by=user_of(request), subject=photo.student_id, photo=photo.pk
        )

    def _file(self, request: HttpRequest, object_id: str, name: str) -> HttpResponseBase:
        """A photo's file; of one whose consent was withdrawn none is shown."""
        photo = self.own_or_404(request, object_id)
        if photo.state == State.WITHDRAWN:
            raise Http404
        if is_opened_alone(request):
            self._record(request, Act.PHOTO_SEEN, photo)
        return private_file(getattr(photo, name), cache_control=KEEP_NOTHING)

    def examine_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let the engine examine the picture again (POST)."""
        return self._act(request, object_id, lambda photo: face_photo_examine(photo=photo))

    def two_people_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Record that the student and the person the picture resembles are two people (POST)."""
        return self._act(
            request, object_id, lambda photo: look_alike_confirm(photo=photo, confirmed_by=user_of(request))
        )

    def _act(self, request: HttpRequest, object_id: str, act: Callable[[FacePhoto], FacePhoto]) -> HttpResponse:
        photo = self.own_or_404(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            photo = act(photo)
        except EnrollmentError as error:
            messages.error(request, str(error))
        else:
            self.log_change(request, photo, str(photo.get_state_display()))
            tell(request, photo)
        return redirect("admin:enrollment_student_change", photo.student_id)

    # -- examining and deleting many; Django's own deletion would be inside a transaction --

    @admin.action(description=_("Examine again"))
    def examine_again(self, request: HttpRequest, queryset: models.QuerySet[FacePhoto]) -> None:
        for photo in queryset.exclude(state=State.ENROLLED):
            try:
                tell(request, face_photo_examine(photo=photo), name=str(photo.student))
            except EnrollmentError as error:
                messages.error(request, str(error))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        try:
            return self._delete_view(request, object_id, extra_context)
        except EnrollmentError as error:
            messages.error(request, str(error))
            return redirect("admin:enrollment_facephoto_changelist")

    def delete_model(self, request: HttpRequest, obj: FacePhoto) -> None:
        face_photo_delete(photo=obj)
        self._record(request, Act.PHOTO_DELETED, obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[FacePhoto]) -> None:
        for photo in queryset:
            try:
                face_photo_delete(photo=photo)
                self._record(request, Act.PHOTO_DELETED, photo)
            except EnrollmentError as error:
                messages.error(request, str(error))


def tell(request: HttpRequest, photo: FacePhoto, *, name: str = "") -> None:
    """Add a message on the outcome of a photo."""
    level = {State.ENROLLED: messages.SUCCESS, State.HELD: messages.WARNING, State.REFUSED: messages.ERROR}
    sentence = photo_verdict(photo)
    messages.add_message(
        request, level.get(State(photo.state), messages.INFO), f"{name}: {sentence}" if name else sentence
    )


def _address(photo: FacePhoto, which: str) -> str:
    return reverse(f"admin:enrollment_facephoto_{which}", args=[photo.pk])
