"""Acts by which the report of a batch is settled, one photo each. Every one leads back to the report."""

from collections.abc import Callable
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import SchoolRequest
from enrollment.batches.forms import PictureForm, StudentForm
from enrollment.batches.outcomes import batch_photo_words
from enrollment.batches.settling import (
    batch_photo_assign,
    batch_photo_different,
    batch_photo_remove,
    batch_photo_replace,
    batch_photo_same,
)
from enrollment.batches.views.files import item_or_404
from enrollment.errors import EnrollmentError
from enrollment.models import BatchPhoto, Student

State = BatchPhoto.State


@require_POST
def assign(request: SchoolRequest, institution: str, item_id: UUID) -> HttpResponse:
    """Say whose photo it is."""
    item = item_or_404(request, item_id)
    form = StudentForm(request.institution, request.POST)
    if not form.is_valid():
        messages.error(request, f"{item.file_name}: {form.errors['student'][0]}")
        return _back(item)
    student = cast(Student, form.cleaned_data["student"])
    return _act(request, item, lambda: batch_photo_assign(item=item, student=student))


@require_POST
def remove(request: SchoolRequest, institution: str, item_id: UUID) -> HttpResponse:
    """Take the photo out of the batch."""
    item = item_or_404(request, item_id)
    return _act(request, item, lambda: batch_photo_remove(item=item))


@require_POST
def replace(request: SchoolRequest, institution: str, item_id: UUID) -> HttpResponse:
    """Enrol another photo of the same student."""
    item = item_or_404(request, item_id)
    form = PictureForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, _("Choose a photo first."))
        return _back(item)
    upload = cast(UploadedFile, form.cleaned_data["picture"])
    return _act(request, item, lambda: batch_photo_replace(item=item, upload=upload, by=request.user))  # type: ignore[arg-type]


@require_POST
def different(request: SchoolRequest, institution: str, item_id: UUID) -> HttpResponse:
    """The two are different people."""
    item = item_or_404(request, item_id)
    return _act(request, item, lambda: batch_photo_different(item=item, by=request.user))


@require_POST
def same(request: SchoolRequest, institution: str, item_id: UUID) -> HttpResponse:
    """The photo is of the student whom it resembles."""
    item = item_or_404(request, item_id)
    return _act(request, item, lambda: batch_photo_same(item=item, by=request.user))


def _act(request: SchoolRequest, item: BatchPhoto, act: Callable[[], BatchPhoto]) -> HttpResponse:
    try:
        _tell(request, act())
    except EnrollmentError as error:
        messages.error(request, f"{item.file_name}: {error}")
    return _back(item)


def _tell(request: SchoolRequest, item: BatchPhoto) -> None:
    """A message on what became of a photo."""
    name = item.student.name if item.student else item.file_name
    if item.state == State.ENROLLED:
        messages.success(request, _("%s: enrolled.") % name)
    elif item.state == State.MATCHED:
        messages.success(request, _("%(file)s is matched with %(name)s.") % {"file": item.file_name, "name": name})
    elif item.state == State.QUEUED:
        messages.info(request, _("%s: the photo will be enrolled shortly.") % name)
    else:
        messages.warning(request, f"{name}: {batch_photo_words(item)}")


def _back(item: BatchPhoto) -> HttpResponse:
    return redirect("photo_batch", item.institution.slug, item.batch_id)
