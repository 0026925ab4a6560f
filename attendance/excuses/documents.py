"""Documents that students and guardians send: pictures and PDFs, kept as pixels and nothing else.

A PDF's pages are drawn and stored as a new PDF: scripts, attached files, form data, layers and metadata stay behind.
"""

import io
import logging
from dataclasses import dataclass
from typing import BinaryIO

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image

from accounts.names import cleaned
from attendance.errors import AttendanceError
from attendance.excuses.drawing import JPEG_QUALITY, MOST_PAGES, SIDE, NotDrawn, pages_drawn
from attendance.models import Statement, document_path
from enrollment.decoding import CHOOSER, decode, open_picture
from enrollment.errors import PictureError

DOCUMENT_CHOOSER = f"application/pdf,.pdf,{CHOOSER}"
_PDF = b"%PDF-"
_HEAD = 1024  # bytes within which a PDF's mark stands
logger = logging.getLogger(__name__)


class DocumentNotStored(AttendanceError):
    code = "document_not_stored"
    message = gettext_lazy("The document could not be saved, so nothing was sent. Please try again.")
    retryable = True


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it is stored. name: of the file as it came; is_pdf: else a JPEG."""

    name: str
    data: bytes
    is_pdf: bool


def read_document(upload: BinaryIO, name: str) -> Document:
    """The picture or PDF in an uploaded file, without anything else that came with it.

    Up to PICTURE_MAX_BYTES, PICTURE_MAX_PIXELS and MOST_PAGES. Raises PictureError with codes of `read_picture`, and
    `too_many_pages`, `locked` or `too_slow` for a PDF.
    """
    data = _limited(upload)
    shown = cleaned(name.replace("\\", "/").rpartition("/")[2])[-120:]
    if _PDF in data[:_HEAD]:
        return Document(shown, _pages(data), is_pdf=True)
    image = decode(open_picture(data, most_pixels=settings.PICTURE_MAX_PIXELS))
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=JPEG_QUALITY)
    return Document(shown, out.getvalue(), is_pdf=False)


def document_store(statement: Statement, document: Document | None) -> None:
    """Insert the statement's row, then store its document.

    Raises DocumentNotStored, the row is then deleted again; IntegrityError where there may be no such row.
    """
    if document is not None:
        statement.document.name = document_path(statement, ".pdf" if document.is_pdf else ".jpg")
        statement.document_name = document.name
    with transaction.atomic():
        statement.save(force_insert=True)  # before the file: no file without a row, whatever happens in between
    if document is None:
        return
    name = str(statement.document.name)
    try:
        saved = default_storage.save(name, ContentFile(document.data))
        assert saved == name  # it bears the row's id
    except OSError as error:
        logger.exception("The document %s could not be stored", name)
        statement.delete()
        raise DocumentNotStored from error


def _limited(upload: BinaryIO) -> bytes:
    limit = settings.PICTURE_MAX_BYTES
    data = upload.read(limit + 1)
    if len(data) > limit:
        sentence = _("The document is larger than %d MB. Send a smaller one.") % (limit // 1_000_000)
        raise PictureError("too_large", sentence)
    if not data:
        raise PictureError("not_a_picture", _("The file is empty. Choose the document again."))
    return data


def _pages(data: bytes) -> bytes:
    """A new PDF of the drawn pages. Raises PictureError."""
    try:
        return pages_drawn(data)
    except NotDrawn as error:
        sentences = {
            "too_many_pages": _("The PDF has more than %d pages. Send only the pages that matter.") % MOST_PAGES,
            "locked": _("The PDF needs a password. Save it without one, or send a photo of it."),
            "too_slow": _("The PDF takes too long to draw. Send a photo of it."),
        }
        damaged = _("The PDF is damaged or was not sent completely. Send it again, or a photo of it.")
        raise PictureError(error.code, sentences.get(error.code, damaged)) from error
