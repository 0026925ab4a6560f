"""The camera pages: time of a look in the browser, and traffic compared with sending every frame.

A real Chromium with the demo's faces as its camera, on the walk-past page of a real server with the demo school. The
film: an empty room, people who come one after the other and stay for a while, a stranger; each for some seconds.
"Every frame" is the same page with a rule that always says yes: the next frame as soon as the last was answered.

- `requests_a_minute`, `bytes_a_minute` (pictures alone), `marked`: with the rule, and `.._every_frame` without it
- `look_ms`: a look (copy, finder, light, sharpness), the page's own running mean, while the server works beside it
- `width_640.marked_far` …: of 30 people, whose heads are 1/5, 1/10 and 1/16 of the picture's width, the share marked
  by a frame so many pixels wide, and what a frame weighs
"""

import io
import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))  # run.py does so for all; called alone it is needed too
SECONDS = int(os.environ.get("CAMERA_SECONDS", "64"))  # once through the film
WIDTHS = (640, 960, 1280)
SHARES = {"near": 1 / 5, "middle": 1 / 10, "far": 1 / 16}
QUALITY = 80
COUNT = """window.sent = []; const send = window.fetch; window.fetch = (url, what) => {
  const picture = what?.body instanceof FormData && what.body.get("picture");
  if (picture) sent.push(picture.size);
  return send(url, what);
};"""
ALWAYS = "export const sendingRule = () => ({ isWorth: () => true, sent() {}, answered() {} });"


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="camera-bench-"))
    os.environ.update(DJANGO_SETTINGS_MODULE="portal.settings", SECRET_KEY="camera-bench-" + "0" * 40, HTTPS="false")
    os.environ.update(DATA_DIR=str(folder), DEMO="true", DEBUG="false", LOG_LEVEL="WARNING")
    import django

    django.setup()
    from django.core.management import call_command

    for command in (["migrate"], ["collectstatic", "--noinput"], ["seed_demo"]):
        call_command(*command, verbosity=0, stdout=sys.stderr)
    figures: dict[str, Any] = {"data_sets": ["AT&T/ORL faces (40 people), as scenes before a camera"]}
    figures |= sending(folder)
    figures |= widths()
    print(json.dumps(figures, indent=1))


# -- What is sent ------------------------------------------------------------------------------------------------------


def film(path: Path) -> None:
    """64 s at ten frames a second: 8 s of an empty room, then seven people for 5 s each, with gaps of 3 s."""
    from tests.browser.faces import empty_room, scene, write_camera

    pictures = [empty_room()] * 8
    for person in (5, 12, 33, 9, 20, 27, 16):  # 33 is a stranger
        pictures += [scene(person)] * 5 + [empty_room()] * 3
    write_camera(path, pictures, frames=10)


def sending(folder: Path) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import environment, serving

    found: dict[str, Any] = {}
    film(folder.with_suffix(".y4m"))
    with sync_playwright() as playwright:
        for name, rule in (("", ""), ("_every_frame", ALWAYS)):
            copy = Path(shutil.copytree(folder, folder.with_name(f"{folder.name}{name or '-rule'}")))
            with serving(environment(copy)) as address:
                seen = watch(playwright, folder.with_suffix(".y4m"), address, rule)
            found |= {f"{key}{name}": value for key, value in seen.items()}
    for key in ("requests", "bytes"):
        found[f"{key}_share"] = round(found[f"{key}_a_minute"] / found[f"{key}_a_minute_every_frame"], 3)
    return found


def watch(playwright: Any, film: Path, address: str, rule: str) -> dict[str, Any]:
    """Once through the film on the walk-past page, with the page's own rule or another one."""
    from tests.browser.conftest import CHROMIUM, LAUNCH, open_register

    camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    flags = [*LAUNCH, *camera, f"--use-file-for-fake-video-capture={film}"]
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
    page = browser.new_page(service_workers="block")  # behind one no script could be exchanged
    page.add_init_script(COUNT)
    if rule:
        page.route("**/camera/sending*.js", lambda route: route.fulfill(body=rule, content_type="text/javascript"))
    open_register(page, address)
    page.goto(page.url + "webcam/")
    page.wait_for_selector("#cam[data-look-ms]")
    page.evaluate("sent.length = 0")
    page.wait_for_timeout(SECONDS * 1000)
    sent = page.evaluate("sent")
    figures = {
        "requests_a_minute": round(len(sent) * 60 / SECONDS, 1),
        "bytes_a_minute": round(sum(sent) * 60 / SECONDS),
        "look_ms": float(page.evaluate("document.getElementById('cam').dataset.lookMs")),
        "marked": int(page.locator("#cam-here").inner_text()),
    }
    browser.close()
    return figures


# -- How wide a frame is to be -----------------------------------------------------------------------------------------


def widths() -> dict[str, Any]:
    from accounts.models import Institution
    from attendance.calibration.policy import policy_for
    from attendance.demo.pictures import STUDENTS
    from attendance.domain.decision import Outcome, decide
    from enrollment.faces import faces_for
    from enrollment.models import Student
    from tests.browser.faces import scene

    school = Institution.objects.get(slug="riverside")
    students = set(Student.objects.for_institution(school).values_list("pk", flat=True))
    engine = faces_for(school)
    policy = policy_for(school, engine.calibration)
    found: dict[str, Any] = {}
    for width in WIDTHS:
        weights = []
        for name, share in SHARES.items():
            marked = 0
            for person in STUDENTS:
                image, weight = sent_as(scene(person, number=8, size=(1280, 720), share=share), width)
                faces = engine.identify(image, candidates=students)
                marked += any(one.outcome == Outcome.MARK for one in decide(faces, students, policy))
                weights.append(weight)
            found[f"width_{width}.marked_{name}"] = round(marked / len(STUDENTS), 3)
        found[f"width_{width}.bytes"] = round(statistics.mean(weights))
    return found


def sent_as(picture: Image.Image, width: int) -> tuple[Image.Image, int]:
    """The picture as the server gets it, and its weight in bytes."""
    file = io.BytesIO()
    small = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.BILINEAR)
    small.save(file, "JPEG", quality=QUALITY)
    return Image.open(io.BytesIO(file.getvalue())).convert("RGB"), file.tell()


if __name__ == "__main__":
    main()
