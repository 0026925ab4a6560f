"""Benchmark of the dark: what the camera page sends of a dark scene, by the number of frames.

    python bench/dark.py            both kinds of darkness
    python bench/dark.py tenth      one of them: tenth, window

The photos, classes and enrolment of `bench/hard.py`. Each photo becomes a film of a still scene: frames with that
script's degradation, each with noise of its own and compressed by itself, as a webcam's are. A real Chromium runs the
page's own script on them (`portal/static/portal/camera/burst.js`), and what it makes of them is recognised.

For each kind and number of frames `<kind>_<frames>.ours_<1|3>.<figure>`: see `bench/hard.py`.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # run.py does so for all; called alone it is needed too
from bench.hard import DATA, ENROLLED, PROBES, SEED, STRANGERS, Enrolled, drawn, each, say

KINDS = ("tenth", "window")
FRAMES = (4, 9)
MOST = max(FRAMES)


def main() -> None:
    if not (DATA / "protocol.csv").is_file():
        print(json.dumps({"skipped": "lfw_dev is not at hand; HARD_DATA can name its folder."}))
        return
    import django

    django.setup()
    from attendance.evaluation.photos import place, read_image, read_protocol, see
    from attendance.management.commands.evaluate_faces import local_model

    model = local_model()
    photos = read_protocol(DATA / "protocol.csv", DATA)
    trying = drawn(photos)
    places = each(lambda photo: place(read_image(photo.path), model.analyse), trying, model)
    enrolled = Enrolled(photos, model)
    document = {"data_sets": ["lfw_dev"], "probes": PROBES, "strangers": STRANGERS, "seed": SEED}
    for kind in [kind for kind in KINDS if kind in sys.argv[1:] or not sys.argv[1:]]:
        for count, pictures in sent(kind, trying, places).items():
            faces = each(lambda picture: see(picture, model.analyse_with_both), pictures, model)
            seen = dict(zip(trying, faces, strict=True))
            figures = {f"ours_{enroll}": enrolled.figures(enroll, "ours", trying, seen) for enroll in ENROLLED}
            document[f"{kind}_{count}"] = figures
            say(f"{kind}_{count}", figures)
    print(json.dumps(document))


def sent(kind, trying, places):
    """Number of frames -> the pictures that the page makes of so many of each photo's film."""
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import CHROMIUM, LAUNCH
    from tests.browser.lab import burst, open_lab

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=LAUNCH)
        lab = open_lab(browser)
        made = {count: [] for count in FRAMES}
        for number, photo in enumerate(trying):
            frames = film(kind, photo, places[number], number)
            for count in FRAMES:
                picture, _shown = burst(lab, frames, most=count)
                made[count].append(frames[0] if picture is None else picture)
        browser.close()
    return made


def film(kind, photo, face, number):
    from attendance.evaluation.degradations import DEGRADATIONS
    from attendance.evaluation.photos import read_image

    image = read_image(photo.path)
    return [DEGRADATIONS[kind](image, face, number * MOST + n) for n in range(MOST)]


if __name__ == "__main__":
    main()
