"""Files of a batch: received one a request, listed, and shown small."""

import io
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_http_methods
from PIL import Image

from accounts.access import require_role
from accounts.files import KEEP_NOTHING, private_file
from accounts.http import SchoolRequest
from accounts.models import Role
from enrollment.batches.directory import directory_lately
from enrollment.batches.outcomes import batch_photo_told
from enrollment.batches.receiving import Incoming, batch_manifest_receive, batch_photo_receive
from enrollment.batches.unpacking import is_archive, is_list, photo_archive_receive
from enrollment.batches.views.pages import batch_or_404
from enrollment.errors import EnrollmentError
from enrollment.models import BatchPhoto, FacePhoto, PhotoBatch
from enrollment.selectors import portraits_of, students_called

THUMBNAIL = 192  # pixels


@require_http_methods(["GET", "HEAD", "POST"])
def photo_batch_files(request: SchoolRequest, institution: str, batch_id: UUID) -> JsonResponse:
    """Receive one file: a photo, a ZIP, or a list. Asked for, the names and sizes of what has arrived."""
    batch = batch_or_404(request, batch_id)
    if request.method != "POST":
        return JsonResponse({"arrived": list(batch.items.values_list("file_name", "file_size"))})
    upload = request.FILES.get("file")
    if upload is None:
        return JsonResponse({"error": "no_file"}, status=400)
    try:
        return _received(request, batch, request.POST.get("name") or upload.name or "photo", upload)
    except EnrollmentError as error:
        status = 503 if error.retryable else 422
        return JsonResponse({"error": error.code, "detail": str(error)}, status=status)


def _received(request: SchoolRequest, batch: PhotoBatch, name: str, upload: UploadedFile) -> JsonResponse:
    """Hand the file to its service. Raises EnrollmentError."""
    if is_archive(name):
        photo_archive_receive(batch=batch, upload=upload, by=request.user)
        return JsonResponse({"name": name, "state": "archive", "detail": ""}, status=202)
    directory = directory_lately(request.institution)
    if is_list(name):
        batch_manifest_receive(batch=batch, upload=upload, directory=directory)  # type: ignore[arg-type]
        return JsonResponse({"name": name, "state": "list", "detail": ""}, status=201)
    item = batch_photo_receive(batch=batch, incoming=_incoming(name, upload), directory=directory)
    return JsonResponse({"name": name, "state": item.state, "detail": batch_photo_told(item)}, status=201)


def _incoming(name: str, upload: UploadedFile) -> Incoming:
    return Incoming(name, upload.read(settings.PICTURE_MAX_BYTES + 1), upload.size or 0)


@require_GET
def batch_photo_picture(request: SchoolRequest, institution: str, item_id: UUID) -> HttpResponseBase:
    """A small copy of a photo: of the file that waits, or of the face photo that it became."""
    item = item_or_404(request, item_id)
    file = item.picture or (item.photo and (item.photo.portrait or item.photo.picture))
    if not file:
        raise Http404
    try:
        with file.open("rb") as stored:
            small = _small(stored.read())
    except FileNotFoundError as error:
        raise Http404 from error
    except OSError:
        return HttpResponse(status=503)
    response = FileResponse(io.BytesIO(small), content_type="image/jpeg")
    response["Cache-Control"] = KEEP_NOTHING
    return response


@require_GET
def batch_photo_other(request: SchoolRequest, institution: str, item_id: UUID) -> HttpResponseBase:
    """The portrait of the student whom a photo resembles."""
    item = item_or_404(request, item_id)
    other = item.photo.looks_like_id if item.photo else None
    if other is None:
        raise Http404
    portrait = portraits_of(request.institution, [other]).get(other)
    photo = get_object_or_404(FacePhoto.objects.for_institution(request.institution), pk=portrait)
    return private_file(photo.portrait, cache_control=KEEP_NOTHING)


def _small(jpeg: bytes) -> bytes:
    """A copy of THUMBNAIL pixels a side at most, decoded at a fraction of the size."""
    image = Image.open(io.BytesIO(jpeg), formats=("JPEG",))
    image.draft("RGB", (THUMBNAIL, THUMBNAIL))
    image.thumbnail((THUMBNAIL, THUMBNAIL))
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()


@require_GET
def photo_students(request: SchoolRequest, institution: str) -> HttpResponse:
    """Students whose name or roll number has what was typed, as options of a field."""
    require_role(request, Role.ADMIN)
    found = students_called(request.institution, request.GET.get("student", ""))
    return render(request, "enrollment/batches/_options.html", {"students": found})


def item_or_404(request: SchoolRequest, item_id: UUID) -> BatchPhoto:
    """The school's photo of a batch, for its administrators. Raises PermissionDenied."""
    require_role(request, Role.ADMIN)
    items = BatchPhoto.objects.for_institution(request.institution)
    return get_object_or_404(items.select_related("institution", "batch", "student__institution", "photo"), pk=item_id)
