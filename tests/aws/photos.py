"""Photos of real people (the AT&T/ORL set), as bytes for Rekognition."""

from functools import cache

from PIL import Image, ImageEnhance, ImageFilter

from attendance.demo.orl import orl_photo
from attendance.demo.pictures import Tile, compose
from tests.enrollment.orl import as_bytes


@cache
def photo(person, number=1):
    """A JPEG of one person: one of the set's 40, by one of 10 photos."""
    return as_bytes(orl_photo(person, number), quality=90)


@cache
def group(*people, number=7):
    """A JPEG of several people side by side."""
    tiles = [Tile(person, number) for person in people]
    return as_bytes(compose(tiles, per_row=6, factor=2), quality=90)


@cache
def unequal(large, small, number=7):
    """A JPEG of two people, the first twice as large as the second."""
    near, far = (
        compose([Tile(large, number)], per_row=1, factor=3),
        compose([Tile(small, number)], per_row=1, factor=1.5),
    )
    picture = Image.new("RGB", (near.width + far.width + 80, near.height), "#808080")
    picture.paste(far, (20, 20))
    picture.paste(near, (far.width + 60, 0))
    return as_bytes(picture, quality=90)


@cache
def wall(size=(400, 300), image_format="JPEG"):
    """A picture without a face."""
    return as_bytes(Image.new("RGB", size, "#7a8b99"), image_format)


@cache
def blurred(person):
    return as_bytes(orl_photo(person, 1).filter(ImageFilter.GaussianBlur(6)), quality=90)


@cache
def dark(person):
    return as_bytes(ImageEnhance.Brightness(orl_photo(person, 1)).enhance(0.15), quality=95)


@cache
def distant(person):
    """A face of some 45 pixels in height: found, and too small to be indexed with a filter."""
    picture = Image.new("RGB", (200, 160), "#808080")
    picture.paste(compose([Tile(person, 7)], per_row=1, factor=0.5), (60, 40))
    return as_bytes(picture, quality=95)


@cache
def turned(person):
    """A photo that lies on its side and says so in its EXIF data, as phones write it."""
    image = orl_photo(person, 1).rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise to see it upright
    return as_bytes(image, quality=90, exif=exif)
