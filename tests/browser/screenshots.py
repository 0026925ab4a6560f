"""Takes the pictures of the documents: `.venv/bin/python -m tests.browser.screenshots` (a minute or two).

The demo school alone is shown, on a database of its own. Files: docs/screenshots/*.jpg.
"""

import os
import tempfile
from pathlib import Path

import django
from playwright.sync_api import Browser, Page, sync_playwright

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from tests.browser.conftest import (  # noqa: E402
    CHROMIUM,
    LAUNCH,
    ROOT,
    close_register,
    environment,
    open_register,
    seed,
    serving,
    sign_in,
)  # fmt: skip

FOLDER = ROOT / "docs/screenshots"
TOAST = 9000  # ms until what was just done is no longer said


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        seed(data)
        with serving(environment(data)) as school, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=LAUNCH)
            take_register_and_doubt(browser, school)
            take_own_attendance(browser, school)
            take_reports(browser, school)
            take_office_and_trends(browser, school)
            browser.close()


def take_register_and_doubt(browser: Browser, school: str) -> None:
    """The class photo on a wide screen, then the latecomer's on a phone."""
    wide = a_page(browser, width=1280, height=900)
    open_register(wide, school)
    wide.get_by_role("button", name="Use the demo class photo").click()
    wide.wait_for_selector("text=Person not recognized")
    take(wide, "register")
    wide.get_by_role("button", name="Demo photo with a doubt").click()
    wide.wait_for_selector("text=Who is this?")
    phone = a_page(browser, width=360, height=780, storage_state=wide.context.storage_state())
    phone.goto(wide.url)
    phone.get_by_text("Who is this?").first.evaluate("one => scrollTo(0, one.getBoundingClientRect().y - 390)")
    take(phone, "phone")


def take_own_attendance(browser: Browser, school: str) -> None:
    page = a_page(browser, width=1280, height=900, color_scheme="dark")
    sign_in(page, school, "student@riverside.example")
    take(page, "my-attendance")


def take_reports(browser: Browser, school: str) -> None:
    """A course's lessons by student on a wide screen, and one student's page on a phone."""
    wide = a_page(browser, width=1280, height=900)
    sign_in(wide, school, "teacher@riverside.example")
    wide.goto(f"{school}/riverside/reports/")
    wide.get_by_role("link", name="Physics 10B").click()
    wide.wait_for_selector("#matrix tbody tr")
    take(wide, "matrix")
    phone = a_page(browser, width=360, height=780, storage_state=wide.context.storage_state())
    phone.goto(wide.url)
    phone.locator(".strips .st", has_text="Mateo").click()
    phone.wait_for_selector("text=By course")
    take(phone, "student")


def take_office_and_trends(browser: Browser, school: str) -> None:
    """The office's day once a register is closed, and the principal's term."""
    teacher = a_page(browser, width=1280, height=900)
    open_register(teacher, school)
    close_register(teacher)
    teacher.wait_for_selector(".dock:has-text('Closed')")
    office = a_page(browser, width=1280, height=900)
    sign_in(office, school, "admin@riverside.example")
    office.goto(f"{school}/riverside/office/")
    office.wait_for_selector(".o-gone")
    take(office, "office")
    principal = a_page(browser, width=1280, height=900)
    sign_in(principal, school, "principal@riverside.example")
    principal.goto(f"{school}/riverside/trends/")
    take(principal, "trends")


def a_page(browser: Browser, *, width: int, height: int, **options) -> Page:
    return browser.new_context(viewport={"width": width, "height": height}, locale="en-GB", **options).new_page()


def take(page: Page, name: str) -> None:
    page.wait_for_timeout(TOAST)
    page.screenshot(path=FOLDER / f"{name}.jpg", type="jpeg", quality=88)


if __name__ == "__main__":
    main()
