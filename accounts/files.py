"""Private files, sent by the portal itself or by the bucket that holds them."""

import logging
from typing import Any

from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)

# The visitor's browser may show it for a minute without asking: then the consent may have been withdrawn, or another
# person may be at the device. Caches in between may not keep it.
KEEP = "private, max-age=60, must-revalidate"
KEEP_NOTHING = "private, no-store"  # it must be gone with its row


def private_file(file: FieldFile, *, cache_control: str = KEEP) -> HttpResponseBase:
    """Response with a stored JPEG, for a visitor whose right to see it was checked. Raises Http404 if it was deleted.

    From a disk it is sent. A storage that signs addresses (`signed_url`) sends it itself: the response redirects there
    and may be cached for half the time that the address is valid. An unavailable storage gives 503.
    """
    if not file:
        raise Http404
    try:
        storage: Any = file.storage
        if hasattr(storage, "holder_of"):  # while pictures are moved
            storage = storage.holder_of(str(file.name))
        if hasattr(storage, "signed_url"):
            return _redirect(storage, str(file.name), cache_control)
        response: Any = FileResponse(file.open("rb"), content_type="image/jpeg")
    except FileNotFoundError as error:
        raise Http404 from error
    except OSError:
        logger.exception("The picture %s cannot be read now", file.name)
        return HttpResponse(_("The photo cannot be read now. Try again later."), status=503, content_type="text/plain")
    response["Cache-Control"] = cache_control
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _redirect(storage: Any, name: str, cache_control: str) -> HttpResponseRedirect:
    response = HttpResponseRedirect(storage.signed_url(name, cache_control=cache_control))
    seconds = int(storage.querystring_expire) // 2
    response["Cache-Control"] = f"private, max-age={seconds}" if cache_control == KEEP else cache_control
    return response
