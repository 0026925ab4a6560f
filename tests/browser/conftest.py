"""A real server with the demo school, and a real Chromium.

The demo is seeded once, for all processes of a run; each test module gets a copy and a server process of its own.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from attendance.demo.school import PASSWORD
from tests.browser.faces import write_camera
from tests.browser.first_look import FIRST_LOOK, WHOLE

ROOT = Path(__file__).parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
LAUNCH = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-quic"]


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            if item.name not in FIRST_LOOK and item.path.name not in WHOLE:
                item.add_marker(pytest.mark.thorough)


def environment(folder):
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DATA_DIR": str(folder),
        "SECRET_KEY": "browser-tests-" + "0" * 40,
        "DEBUG": "false",
        "HTTPS": "false",
        "DEMO": "true",
    }


@pytest.fixture(scope="session")
def seeded(tmp_path_factory):
    """A data folder with the demo school and the collected static files. Nobody writes to it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base  # the workers' folders lie side by side
    folder, done = shared / "demo", shared / "demo.done"
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            seed(folder)
            done.touch()
    return folder


def seed(folder):
    shutil.rmtree(folder, ignore_errors=True)  # what somebody began who failed
    folder.mkdir()
    for command in (["migrate", "-v0"], ["collectstatic", "--noinput", "-v0"], ["seed_demo"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment(folder), check=True)


@pytest.fixture(scope="module")
def school(seeded, tmp_path_factory):
    """The address of a server over a fresh copy of the demo."""
    folder = tmp_path_factory.mktemp("server") / "data"
    shutil.copytree(seeded, folder)
    with serving(environment(folder)) as address:
        yield address


@contextmanager
def serving(env):
    """A server process with these settings; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{port}", "--threads=8", "portal.wsgi:application"]
    server = subprocess.Popen(command, cwd=ROOT, env=env)
    try:
        wait_for(f"http://127.0.0.1:{port}/health/")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def wait_for(url):
    for _ in range(100):
        try:
            return urlopen(url, timeout=5)  # noqa: S310
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(url)


@pytest.fixture(scope="session")
def chromium():
    sync_api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM:
        pytest.skip("No Chromium on this machine: install Debian's package chromium.")
    # Playwright's own loop runs in this thread for the rest of the session; nothing here uses Django's ORM.
    with sync_api.sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="session")
def browser(chromium):
    browser = chromium.launch(executable_path=CHROMIUM, args=LAUNCH)
    yield browser
    browser.close()


@pytest.fixture
def open_page(browser):
    """Opens a page of its own browser session; the test fails on any script error or breach of the security policy."""
    opened, complaints = [], []

    def open_(*, width=1280, height=900, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        opened.append(context)
        page = context.new_page()
        watch(page, complaints)
        return page

    yield open_
    for context in opened:
        context.close()
    assert not complaints


@pytest.fixture
def camera_page(chromium, tmp_path):
    """Like `open_page`, in a Chromium of its own whose camera plays these pictures."""
    opened, complaints = [], []

    def open_(pictures, *, allowed=True, width=360, height=740, scheme="light", **film_as):
        film = tmp_path / "camera.y4m"
        write_camera(film, pictures, **film_as)
        flags = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"]
        if allowed:
            flags.append("--use-fake-ui-for-media-stream")
        browser = chromium.launch(executable_path=CHROMIUM, args=[*LAUNCH, *flags])
        opened.append(browser)
        page = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme).new_page()
        watch(page, complaints)
        return page

    yield open_
    for browser in opened:
        browser.close()
    assert not complaints


def watch(page, complaints):
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None)


_signed_in = {}  # the cookies of users who signed in at this server before: hashing a password is slow on purpose


def sign_in(page, school, email):
    if kept := _signed_in.get((school, email)):
        page.context.add_cookies(kept)
        page.goto(school)
        if "/login/" not in page.url:
            return
    _sign_in_by_hand(page, school, email)
    _signed_in[school, email] = page.context.cookies()


def _sign_in_by_hand(page, school, email):
    page.goto(f"{school}/account/login/")
    page.fill("#id_login", email)
    page.fill("#id_password", PASSWORD)
    page.click(".form button[type=submit]")
    page.wait_for_url(lambda url: "/login/" not in url)


def close_register(page):
    """Closes the register that the page shows, by its sheet."""
    page.locator("[data-closing]").click()
    page.locator("#closing").get_by_role("button", name="Close register").click()


def open_register(page, school):
    """Signs the teacher in and opens the register of the lesson of now."""
    sign_in(page, school, "teacher@riverside.example")
    page.click(".now .btn:not(.take)")
    page.wait_for_selector("#register .dock")
    page.wait_for_load_state("load")  # with its scripts: a photo that is chosen before them is nobody's
