"""Real faces as uploads: the AT&T (ORL) set, out of the installed wheel."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile

from attendance.demo.orl import orl_photo

__all__ = ["as_bytes", "as_file", "face"]


def face(person, number=1):
    return orl_photo(person, number)


def as_bytes(image, image_format="JPEG", **options):
    out = io.BytesIO()
    image.save(out, image_format, **options)
    return out.getvalue()


def as_file(image, name="face.jpg", image_format="JPEG", **options):
    return SimpleUploadedFile(name, as_bytes(image, image_format, **options), content_type="image/jpeg")
