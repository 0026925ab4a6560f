"""The page on which one chooses the student's face in a photo that shows several people."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.http import SchoolRequest
from enrollment.access import Act, access_record
from enrollment.batches.choosing import batch_photo_choose, faces_to_choose
from enrollment.batches.outcomes import batch_photo_words
from enrollment.batches.views.files import item_or_404
from enrollment.errors import EnrollmentError
from enrollment.models import BatchPhoto


class ChoiceForm(forms.Form):
    """A face, by its number among those that were shown."""

    number = forms.IntegerField(min_value=1)
    of = forms.IntegerField(min_value=1)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def batch_photo_faces(request: SchoolRequest, institution: str, item_id: UUID) -> HttpResponse:
    """The photo with its faces; the answer to the choice leads back to the report."""
    item = item_or_404(request, item_id)
    try:
        if request.method == "POST":
            return _chosen(request, item)
        choices = faces_to_choose(item)
    except EnrollmentError as error:
        messages.error(request, f"{item.file_name}: {error}")
        return redirect("photo_batch", institution, item.batch_id)
    access_record(
        Act.PHOTO_SEEN, institution=request.institution, by=request.user, subject=item.student_id, photo=item.photo_id
    )
    return render(request, "enrollment/batches/faces.html", {"item": item, "choices": choices})


def _chosen(request: SchoolRequest, item: BatchPhoto) -> HttpResponse:
    """Enrol the chosen face. Raises EnrollmentError."""
    form = ChoiceForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a face first."))
        return redirect("batch_photo_faces", item.institution.slug, item.pk)
    item = batch_photo_choose(item=item, by=request.user, **form.cleaned_data)
    name = item.student.name if item.student else item.file_name
    if item.state == BatchPhoto.State.ENROLLED:
        messages.success(request, _("%s: enrolled.") % name)
    else:
        messages.warning(request, f"{name}: {batch_photo_words(item)}")
    return redirect("photo_batch", item.institution.slug, item.batch_id)
