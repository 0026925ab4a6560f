"""Unusual but valid pictures are understood, damaged ones get one sentence, and memory stays bounded."""

import contextlib
import io
import random
import struct

import numpy as np
import pytest
from PIL import Image
from pillow_heif import HeifImagePlugin  # noqa: F401 - registers the writer that the tests use

from enrollment import decoding
from enrollment.decoding import CHOOSER, FORMATS, format_names
from enrollment.errors import PictureError
from enrollment.pictures import read_picture
from tests.enrollment.orl import as_bytes, face

ORIENTATION = 0x0112
FUZZED = 20_000  # pictures
SEED = 20261130


def read(data):
    return read_picture(io.BytesIO(data))


def ramp():
    """A grey ramp, 256 x 128: eight bits."""
    return Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (128, 1)))


def levels(picture):
    return len(np.unique(np.asarray(picture.image.convert("L"))))


def turned_ramp():
    """A ramp of colours, 256 x 128: turning it shows."""
    return Image.merge("RGB", (ramp(), ramp().rotate(180), ramp()))


# -- Formats ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("image_format", FORMATS)
def test_each_accepted_format_is_read(image_format):
    picture = read(as_bytes(turned_ramp(), image_format))
    assert picture.image.size == (256, 128)
    assert abs(picture.image.getpixel((200, 60))[0] - 200) < 8
    assert Image.open(io.BytesIO(picture.data)).format == "JPEG"


def test_the_formats_are_named_in_one_place():
    assert format_names() == "JPEG, PNG, WebP, HEIC or AVIF"
    with pytest.raises(PictureError, match=format_names()):
        read(b"hello, this is no picture")
    with pytest.raises(PictureError, match=f"GIF photos are not accepted. Send {format_names()}"):
        read(as_bytes(ramp(), "GIF"))
    assert all(f"image/{name.lower()}" in CHOOSER for name in FORMATS.values())


def test_no_other_decoder_ever_sees_a_file(monkeypatch):
    """A file of any other format is refused by its first bytes: its decoder is never run."""
    from PIL import TiffImagePlugin

    def opened(*_):
        raise AssertionError("the TIFF decoder was run")

    data = as_bytes(ramp(), "TIFF")
    monkeypatch.setattr(TiffImagePlugin.TiffImageFile, "_open", opened)
    with pytest.raises(PictureError) as caught:
        read(data)
    assert caught.value.code == "wrong_format"


# -- Modes ------------------------------------------------------------------------------------------------------------


def test_grey_of_16_bits_is_scaled():
    deep = Image.fromarray(np.asarray(ramp()).astype(np.uint16) * 257)
    picture = read(as_bytes(deep, "PNG"))
    assert levels(picture) == 256
    assert picture.image.getpixel((100, 5)) == (100, 100, 100)


@pytest.mark.parametrize(
    ("mode", "factor"),
    [("I;16", 257), ("I;16B", 257), ("I;16L", 257), ("I", 257), ("I", 1), ("I", 100_000), ("F", 1), ("F", 1 / 255)],
)
def test_deep_modes_are_scaled_not_clipped(mode, factor):
    values = np.asarray(ramp()).astype(np.float64) * factor
    if mode.startswith("I;16"):
        order = ">u2" if mode == "I;16B" else "<u2"
        image = Image.frombytes(mode, (256, 128), values.astype(order).tobytes())
    else:
        image = Image.fromarray(values.astype(np.int32 if mode == "I" else np.float32))
        assert image.mode == mode
    seen = np.asarray(decoding.decode(image))[5, :, 0].astype(int)
    assert np.abs(seen - np.arange(256)).max() <= 1


def test_floats_that_are_no_numbers_are_black():
    image = Image.fromarray(np.array([[np.nan, np.inf], [0.5, 1.0]], np.float32))
    assert [decoding.decode(image).getpixel(at)[0] for at in [(0, 0), (1, 0), (0, 1), (1, 1)]] == [0, 0, 128, 255]


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK"])
def test_every_mode_shows_the_same_ramp(mode):
    image = ramp().convert("RGB").convert(mode)
    picture = read(as_bytes(image, "JPEG" if mode == "CMYK" else "PNG"))
    assert picture.image.mode == "RGB"
    columns = np.asarray(picture.image)[..., 0].mean(axis=0)
    assert columns[:32].mean() < 40 < 200 < columns[-32:].mean()


@pytest.mark.parametrize("mode", ["P", "L", "RGB", "LA", "RGBA"])
def test_transparent_areas_are_white(mode):
    if mode in ("P", "L", "RGB"):
        image = Image.new(mode, (100, 100), 0)
        data = as_bytes(image, "PNG", transparency=(0, 0, 0) if mode == "RGB" else 0)
    else:
        data = as_bytes(Image.new(mode, (100, 100), (0,) * len(mode)), "PNG")
    assert read(data).image.getpixel((50, 50)) == (255, 255, 255)


@pytest.mark.parametrize("image_format", ["WEBP", "PNG", "AVIF", "HEIF"])
def test_of_an_animation_the_first_picture_alone_is_decoded(image_format):
    first = turned_ramp()
    others = [Image.new("RGB", first.size, (n % 256, 0, 0)) for n in range(300 if image_format == "WEBP" else 20)]
    picture = read(as_bytes(first, image_format, save_all=True, append_images=others))
    assert picture.image.size == (256, 128)
    assert abs(picture.image.getpixel((200, 60))[0] - 200) < 8


# -- Orientation ------------------------------------------------------------------------------------------------------


def with_exif(payload):
    return as_bytes(turned_ramp(), exif=b"Exif\0\0" + payload, quality=95)


def directory(*entries, extra=b""):
    """Little-endian TIFF with one directory; entries are (tag, type, count, value bytes of 4)."""
    body = struct.pack("<2sHI", b"II", 42, 8) + struct.pack("<H", len(entries))
    for tag, kind, count, value in entries:
        body += struct.pack("<HHI", tag, kind, count) + value
    return body + struct.pack("<I", 0) + extra


def after(entries):
    """Offset of the data behind a directory of so many entries."""
    return struct.pack("<I", 8 + 2 + 12 * entries + 4)


ORIENTED = (ORIENTATION, 3, 1, struct.pack("<HH", 6, 0))
TURNED = {
    "alone": directory(ORIENTED),
    "resolution 1/0": directory(ORIENTED, (0x011A, 5, 1, after(2)), extra=struct.pack("<II", 1, 0)),
    "two resolutions": directory(ORIENTED, (0x011A, 5, 2, after(2)), extra=struct.pack("<IIII", 72, 1, 72, 1)),
    "resolution signed": directory(ORIENTED, (0x011A, 10, 1, after(2)), extra=struct.pack("<ii", -72, 1)),
    "resolution as bytes": directory(ORIENTED, (0x011A, 7, 4, b"abcd")),
    "resolution as text": directory(ORIENTED, (0x011A, 2, 4, b"72\0\0")),
    "date as number": directory(ORIENTED, (0x0132, 3, 2, struct.pack("<HH", 1, 2))),
    "maker as number": directory(ORIENTED, (0x010F, 4, 1, struct.pack("<I", 5))),
    "software as numbers": directory(ORIENTED, (0x0131, 4, 2, after(2)), extra=struct.pack("<II", 1, 2)),
    "width as text": directory(ORIENTED, (0x0100, 2, 4, b"abc\0")),
    "width -1": directory(ORIENTED, (0x0100, 9, 1, struct.pack("<i", -1))),
    "positioning as text": directory(ORIENTED, (0x0213, 2, 2, b"1\0\0\0")),
    "exif pointer to nowhere": directory(ORIENTED, (0x8769, 4, 1, struct.pack("<I", 99999))),
    "exif pointer as text": directory(ORIENTED, (0x8769, 2, 4, b"abc\0")),
    "position's pointer to itself": directory(ORIENTED, (0x8825, 4, 1, struct.pack("<I", 8))),
    "unknown type": directory(ORIENTED, (0x0100, 99, 1, b"\0\0\0\0")),
    "thumbnail's directory is the first": directory(ORIENTED)[:-4] + struct.pack("<I", 8),
}
LEFT = {
    "as rational x/0": directory((ORIENTATION, 5, 1, after(1)), extra=struct.pack("<II", 6, 0)),
    "as text": directory((ORIENTATION, 2, 2, b"6\0\0\0")),
    "9": directory((ORIENTATION, 3, 1, struct.pack("<HH", 9, 0))),
    "as float": directory((ORIENTATION, 11, 1, struct.pack("<f", 6.0))),
    "as nan": directory((ORIENTATION, 11, 1, struct.pack("<f", float("nan")))),
    "count too large": directory((ORIENTATION, 3, 0x7FFFFFFF, struct.pack("<I", 8))),
    "no directory": b"II*\0\x08\0\0\0",
    "cut off": b"II*\0",
    "nothing": b"",
    "not a TIFF": b"hello, this is no directory",
}


@pytest.mark.parametrize("name", TURNED)
def test_orientation_is_followed_whatever_else_exif_says(name):
    assert read(with_exif(TURNED[name])).image.size == (128, 256)


@pytest.mark.parametrize("name", LEFT)
def test_an_orientation_that_is_none_leaves_the_picture(name):
    assert read(with_exif(LEFT[name])).image.size == (256, 128)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_orientation_counts_in_every_format(image_format):
    tags = Image.Exif()
    tags[ORIENTATION] = 6
    picture = read(as_bytes(turned_ramp(), image_format, exif=tags))
    assert picture.image.size == (128, 256)
    assert not Image.open(io.BytesIO(picture.data)).getexif()


# -- Memory -----------------------------------------------------------------------------------------------------------


def test_a_very_large_jpeg_is_decoded_at_half_its_size(monkeypatch):
    monkeypatch.setattr(decoding, "MOST_DECODED", 100_000)
    picture = read(as_bytes(turned_ramp().resize((512, 300))))
    assert picture.image.size == (256, 150)
    assert Image.open(io.BytesIO(picture.data)).size == (256, 150)  # the stored one has the boxes' pixels


@pytest.mark.parametrize(("image_format", "options"), [("PNG", {}), ("WEBP", {}), ("JPEG", {"progressive": True})])
def test_what_can_only_be_decoded_whole_has_a_lower_limit(monkeypatch, image_format, options):
    monkeypatch.setattr(decoding, "MOST_DECODED", 100_000)
    with pytest.raises(PictureError) as caught:
        read(as_bytes(turned_ramp().resize((512, 300)), image_format, **options))
    assert caught.value.code == "too_many_pixels"


@pytest.mark.parametrize("size", [(65_501, 80), (80, 65_501)])
def test_a_side_that_no_jpeg_can_have_is_refused(size):
    """Far below the limit of pixels, sound, and impossible to store."""
    with pytest.raises(PictureError, match="longer than 65500 pixels") as caught:
        read(as_bytes(Image.new("1", size), "PNG"))
    assert caught.value.code == "too_many_pixels"
    assert read(as_bytes(Image.new("1", (decoding.LONGEST_SIDE, 80)), "PNG")).width == decoding.LONGEST_SIDE


# -- Damage -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error", [RuntimeError, TypeError, struct.error, SyntaxError, MemoryError, IndexError, Image.DecompressionBombError]
)
@pytest.mark.parametrize("step", ["_open", "load"])
def test_whatever_a_decoder_raises_is_one_sentence(monkeypatch, error, step):
    from PIL.PngImagePlugin import PngImageFile

    def failing(*_args, **_options):
        raise error("inside the decoder")

    data = as_bytes(ramp(), "PNG")
    monkeypatch.setattr(PngImageFile, step, failing)
    with pytest.raises(PictureError) as caught:
        read(data)
    assert caught.value.code in {"broken", "not_a_picture", "too_many_pixels"}


def small_pictures():
    """A small sound picture of each format and of some kinds, as bytes."""
    image = face(1).convert("RGB").resize((80, 92))
    tags = Image.Exif()
    tags[ORIENTATION], tags[0x010F], tags[0x8825] = 6, "Maker", {1: "N", 2: (51.0, 30.0, 0.0)}
    others = [image.rotate(180)]
    yield as_bytes(image, "JPEG", exif=tags, quality=60)
    yield as_bytes(image, "JPEG", progressive=True, comment=b"words", quality=60)
    yield as_bytes(image.convert("CMYK"), "JPEG", quality=60)
    yield as_bytes(image, "MPO", save_all=True, append_images=others, quality=60)
    yield as_bytes(image.convert("P"), "PNG", exif=tags, transparency=3)
    yield as_bytes(Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257), "PNG")
    yield as_bytes(image.convert("L"), "PNG", save_all=True, append_images=[each.convert("L") for each in others])
    yield as_bytes(image, "WEBP", exif=tags, quality=50)
    yield as_bytes(image, "WEBP", save_all=True, append_images=others, quality=50)
    yield as_bytes(image, "HEIF", exif=tags, quality=40)
    yield as_bytes(image, "AVIF", exif=tags, quality=40, speed=10)


def mutated(data, others, chance):
    """The bytes with one or several damages: cut off, bits turned over, numbers replaced, parts moved or spliced."""
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        if len(data) < 40:
            break
        at = chance.randrange(len(data) if chance.random() < 0.5 else min(len(data), 400))
        match chance.randrange(6):
            case 0:
                del data[max(at, 20) :]
            case 1:
                data[at] ^= 1 << chance.randrange(8)
            case 2:
                number = chance.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0x80000000, chance.randrange(1 << 32)))
                data[at : at + 4] = number.to_bytes(4, chance.choice(("big", "little")))
            case 3:
                del data[at : at + chance.randrange(1, 40)]
            case 4:
                data[at:at] = data[at : at + chance.randrange(1, 60)]
            case _:
                other = chance.choice(others)
                start = chance.randrange(len(other) + 1)
                data[at : at + 60] = other[start : start + 60]
    return bytes(data)


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("part", range(4))
def test_of_20000_damaged_pictures_each_is_read_or_refused_in_one_sentence(part):
    chance = random.Random(SEED + part)
    pictures = [*small_pictures()]
    odd_exif = [*TURNED.values(), *LEFT.values()]
    for _ in range(FUZZED // 4):
        data = mutated(chance.choice(pictures), [*pictures, *odd_exif], chance)
        with contextlib.suppress(PictureError):
            assert read(data).image.mode == "RGB"
