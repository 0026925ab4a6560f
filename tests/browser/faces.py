"""Real faces before a camera that is not there: scenes, and films of them that Chromium plays as its camera."""

import base64
import io

import numpy as np
from PIL import Image

from attendance.demo.orl import orl_photo
from attendance.demo.pictures import Tile, compose

SIZE = (640, 480)
WALL = "#8a8a8a"
HEAD = 276 / 396  # of the width of a demo photo with its border


def scene(person, *, number=8, size=SIZE, share=None, wall=WALL):
    """A person before the camera, upright in a grey room. share: the head's width of the picture's; None: as it is."""
    room, face = Image.new("RGB", size, wall), orl_photo(person, number)
    if share:
        factor = share * size[0] / (face.width * HEAD)
        face = face.resize((round(face.width * factor), round(face.height * factor)))
    room.paste(face, ((size[0] - face.width) // 2, (size[1] - face.height) // 2))
    return room


def empty_room(size=SIZE):
    return Image.new("RGB", size, WALL)


def in_the_dark(picture, seed):
    """A frame of a camera in a tenth of the light: what is left of the picture, and the camera's own noise."""
    values = np.asarray(picture, np.float32) / 10
    noisy = values + np.random.default_rng(seed).normal(0, 6, values.shape)
    return Image.fromarray(np.clip(noisy.round(), 0, 255).astype(np.uint8))


def half_class(shown, *, size=(1280, 720)):
    """Fifteen students as one sees them from one side, in three rows."""
    room, people = Image.new("RGB", size, WALL), compose([Tile(person, 7) for person in shown], per_row=5, factor=1.6)
    room.paste(people, ((size[0] - people.width) // 2, (size[1] - people.height) // 2))
    return room


def in_video_range(picture):
    """With black at 16 and white at 235, as Chromium takes a film to be: in the dark it matters."""
    return picture.point(lambda value: 16 + value * 219 / 255)


def write_camera(path, pictures, *, frames=20, rate=10):
    """A Y4M film (4:2:0) of the pictures, each for some frames at so many a second, which Chromium plays in a loop."""
    width, height = pictures[0].size
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 C420jpeg\n" % (width, height, rate))
        for picture in pictures:
            planes = np.asarray(picture.convert("YCbCr"))
            luma = planes[:, :, 0].tobytes()
            chroma = planes[::2, ::2, 1].tobytes() + planes[::2, ::2, 2].tobytes()
            file.write((b"FRAME\n" + luma + chroma) * frames)


def data_url(picture):
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=92)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
