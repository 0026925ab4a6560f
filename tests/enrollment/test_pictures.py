"""Every kind of upload is read, or answered with one sentence."""

import contextlib
import io

import pytest
from PIL import Image, ImageChops, ImageOps, ImageStat

from enrollment.errors import PictureError
from enrollment.pictures import read_picture, square_crop
from tests.enrollment.orl import as_bytes, face

ORIENTATION, MAKE, GPS = 0x0112, 0x010F, 0x8825


def read(data):
    return read_picture(io.BytesIO(data))


def exif(orientation=1):
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    tags[MAKE] = "SecretCamera"
    tags[GPS] = {1: "N", 2: (51.0, 30.0, 0.0)}
    return tags


def code_of(data):
    with pytest.raises(PictureError) as caught:
        read(data)
    assert str(caught.value).endswith(".")
    return caught.value.code


def coloured(width=400, height=300):
    """Red on the left, blue on the right: turning it shows."""
    image = Image.new("RGB", (width, height), "red")
    image.paste("blue", (width // 2, 0, width, height))
    return image


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_accepted_formats(image_format):
    picture = read(as_bytes(coloured(), image_format))
    assert picture.image.mode == "RGB"
    assert (picture.width, picture.height) == (400, 300)
    assert Image.open(io.BytesIO(picture.data)).format == "JPEG"


@pytest.mark.parametrize("image_format", ["GIF", "BMP", "TIFF"])
def test_other_formats_are_named(image_format):
    assert code_of(as_bytes(coloured(), image_format)) == "wrong_format"


@pytest.mark.parametrize("data", [b"", b"hello", b"\xff\xd8\xff\xe0", b"%PDF-1.7\n", b"<svg xmlns='x'/>"])
def test_what_is_no_picture(data):
    assert code_of(data) in {"not_a_picture", "broken"}


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
def test_truncated(image_format, kept):
    data = as_bytes(face(1), image_format)
    assert code_of(data[: int(len(data) * kept)]) in {"broken", "not_a_picture"}


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_any_damage_is_a_sentence(image_format):
    """Bytes overwritten here and there: read all the same, or refused; never another exception."""
    data = as_bytes(face(1), image_format)
    for at in range(0, len(data), max(1, len(data) // 60)):
        damaged = data[:at] + b"\x00\xff\x13\x37" + data[at + 4 :]
        with contextlib.suppress(PictureError):
            read(damaged)


@pytest.mark.thorough
def test_a_decompression_bomb_is_refused_before_it_is_decoded():
    assert code_of(as_bytes(Image.new("1", (20_000, 20_000)), "PNG")) == "too_many_pixels"


def test_too_many_pixels_for_the_setting(settings):
    settings.PICTURE_MAX_PIXELS = 100_000
    assert code_of(as_bytes(coloured())) == "too_many_pixels"


def test_too_many_bytes(settings):
    settings.PICTURE_MAX_BYTES = 1000
    assert code_of(as_bytes(face(1))) == "too_large"


def test_too_small():
    assert code_of(as_bytes(coloured(400, 79))) == "too_small"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_is_turned_upright(orientation):
    sent = as_bytes(coloured(), exif=exif(orientation))
    picture = read(sent)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(sent)))
    assert picture.image.size == upright.size
    assert picture.image.tobytes() == upright.tobytes()
    stored = Image.open(io.BytesIO(picture.data))
    assert stored.size == upright.size
    assert ORIENTATION not in stored.getexif()


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
def test_metadata_is_gone(image_format):
    data = as_bytes(coloured(), image_format, exif=exif())
    assert b"SecretCamera" in data
    picture = read(data)
    assert b"SecretCamera" not in picture.data
    assert not Image.open(io.BytesIO(picture.data)).getexif()


def segment(marker, content):
    return bytes([0xFF, marker]) + (2 + len(content)).to_bytes(2, "big") + content


def between_scans(jpeg, inserted):
    """A progressive JPEG with something before the Huffman tables of its second scan."""
    at = jpeg.index(b"\xff\xc4", jpeg.index(b"\xff\xda"))
    return jpeg[:at] + inserted + jpeg[at:]


SECRET = b"stowaway"
PLAIN, PROGRESSIVE = as_bytes(face(1)), as_bytes(face(1), progressive=True)
STOWAWAYS = {
    "text behind the end": PLAIN + SECRET,
    "a film behind the end, with end markers in it": PLAIN + b"ftypmp42" + SECRET + b"\xff\xd9x",
    "a second picture behind the end": PLAIN + as_bytes(face(2), comment=SECRET),
    "an archive behind the end": PLAIN + b"PK\x03\x04" + SECRET,
    "a comment between scans": between_scans(PROGRESSIVE, segment(0xFE, SECRET)),
    "Exif between scans": between_scans(PROGRESSIVE, segment(0xE1, b"Exif\0\0" + SECRET)),
    "text behind the data of the last scan": PLAIN[:-2] + SECRET + PLAIN[-2:],
    "a comment": as_bytes(face(1), comment=SECRET),
    "a comment of a turned picture": as_bytes(face(1), comment=SECRET, exif=exif(6)),
    "an Adobe marker of another length": PLAIN[:2] + segment(0xEE, b"Adobe" + SECRET) + PLAIN[2:],
    "a JFIF marker with a thumbnail": PLAIN[:2] + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\4\1" + SECRET * 2) + PLAIN[2:],
    "a JFXX marker": PLAIN[:2] + segment(0xE0, b"JFXX\0" + SECRET) + PLAIN[2:],
    "a colour profile": as_bytes(face(1), icc_profile=SECRET),
    "a quantisation table that nothing uses": PLAIN[:2] + segment(0xDB, b"\3" + SECRET * 8) + PLAIN[2:],
}


@pytest.mark.parametrize("hidden", STOWAWAYS)
def test_nothing_but_the_picture_is_kept(hidden):
    data = STOWAWAYS[hidden]
    assert SECRET in data
    picture = read(data)
    assert SECRET not in picture.data
    assert sorted(Image.open(io.BytesIO(picture.data)).info) == [
        "jfif", "jfif_density", "jfif_unit", "jfif_version",
    ]  # fmt: skip


def test_what_is_kept_looks_like_what_was_sent():
    sent = as_bytes(face(1), quality=90)
    difference = ImageChops.difference(read(sent).image, Image.open(io.BytesIO(read(sent).data)).convert("RGB"))
    assert sum(ImageStat.Stat(difference).mean) / 3 < 1  # of 255


def test_transparency_becomes_white():
    clear = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    assert read(as_bytes(clear, "PNG")).image.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "I;16", "LA"])
def test_other_modes_become_rgb(mode):
    image = Image.new(mode, (200, 200))
    data = as_bytes(image, "JPEG" if mode == "CMYK" else "PNG")
    assert read(data).image.mode == "RGB"


@pytest.mark.parametrize("box", [(0, 0, 50, 50), (-30, -30, 90, 90), (380, 280, 60, 60), (0, 0, 400, 300)])
def test_a_portrait_is_square_wherever_the_face_is(box):
    left, top, width, height = box
    portrait = square_crop(coloured(), left=left, top=top, width=width, height=height, side=160)
    assert portrait.size == (160, 160)
