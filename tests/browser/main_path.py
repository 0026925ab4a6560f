"""The teacher's main path for browsers that Playwright does not drive: a photo becomes a register that is closed."""

from attendance.demo.pictures import class_photo
from attendance.demo.school import PASSWORD


def walk(page, school, folder):
    """Signs in, opens the register, sends the class photo, looks at a stranger, closes, and takes the closing back."""
    photo = folder / "class.jpg"
    photo.write_bytes(class_photo())
    page.goto(f"{school}/account/login/")
    page.type("#id_login", "teacher@riverside.example")
    page.type("#id_password", PASSWORD)
    page.click(".form button[type=submit]")
    page.wait("document.querySelector('.now form button')")
    page.click(".now form button")
    page.wait("document.querySelector('#register .dock') && document.readyState === 'complete'")
    page.type("input[type=file][multiple]", str(photo))
    page.wait("document.querySelectorAll('.here-col .row-p').length === 30")
    assert page.run("return document.querySelectorAll('.photo .label').length") == 30
    assert page.run("return document.documentElement.scrollWidth <= innerWidth")
    page.click("#unknown .btn")
    page.wait("document.querySelector('#why[open] .picker')")
    page.click("#why .why-close button")
    page.click("[data-closing]")
    page.wait("document.querySelector('#closing[open] .close-now')")
    page.click("#closing .close-now button")
    page.wait("document.querySelector('.dock').textContent.includes('Closed')")
    page.click("#toast form button")
    page.wait("document.querySelector('[data-closing]')")
