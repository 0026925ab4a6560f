"""A photo with one face sharp and everybody else unrecognisable: made on request, never stored."""

from collections.abc import Sequence

from PIL import Image, ImageDraw

from enrollment.domain.faces import Box

MOST_SIDE = 1280  # pixels of the longer side that are sent
COARSEST = 48  # pixels of the longer side from which the rest is drawn, also faces that no engine found
OF_A_FACE = 5  # pixels that remain of the widest of the other faces


def only_face(image: Image.Image, own: Box, others: Sequence[Box]) -> Image.Image:
    """A smaller copy of an upright RGB picture in which only the ellipse within `own` is sharp.

    Boxes are in the picture's own pixels. The rest is drawn from so few pixels that the widest of `others` has
    OF_A_FACE; blurring after that only smooths, there is nothing to sharpen again. Parts of other boxes that lie over
    the own one are blurred too.
    """
    scale = min(1.0, MOST_SIDE / max(image.size))
    size = _times(image.size, scale)
    widest = max((max(box.width, box.height) for box in others), default=1)
    few = min(COARSEST / max(image.size), OF_A_FACE / widest, 1.0)
    blurred = image.resize(_times(image.size, few), Image.Resampling.BOX).resize(size, Image.Resampling.BICUBIC)
    return Image.composite(image.resize(size, Image.Resampling.LANCZOS), blurred, _mask(size, scale, own, others))


def _mask(size: tuple[int, int], scale: float, own: Box, others: Sequence[Box]) -> Image.Image:
    mask = Image.new("L", size, 0)
    draw = ImageDraw.Draw(mask)
    draw.ellipse(_corners(own, scale), fill=255)
    for box in others:
        draw.rectangle(_corners(box, scale), fill=0)
    return mask


def _corners(box: Box, scale: float) -> tuple[float, float, float, float]:
    left, top = box.left * scale, box.top * scale
    return left, top, left + max(box.width * scale, 1), top + max(box.height * scale, 1)


def _times(size: tuple[int, int], factor: float) -> tuple[int, int]:
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))
