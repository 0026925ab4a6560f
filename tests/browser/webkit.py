"""Debian's WebKit, which is Safari's engine, driven by its own WebDriver on a screen that is not there."""

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

from tests.browser.driven import ELEMENT, PATIENCE, Driven, connected, free_port

DRIVER, SCREEN = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
BROWSER = next((str(each) for each in Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser")), None)
WEBKIT = DRIVER and SCREEN and BROWSER


class WebKit(Driven):
    """A session of W3C WebDriver, with the methods of `Firefox`."""

    def __init__(self, address):
        self.address = address
        options = {"binary": BROWSER, "args": ["--automation"]}
        wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        self.address += f"/session/{self.send('session', wanted)['sessionId']}"

    def send(self, command, parameters, method="POST"):
        data = json.dumps(parameters).encode()
        headers = {"Content-Type": "application/json"}
        request = Request(f"{self.address}/{command}", data=data, headers=headers, method=method)  # noqa: S310
        with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            return json.load(answer)["value"]

    def goto(self, url):
        self.send("url", {"url": url})

    def run(self, script, *args):
        """The value that a script returns."""
        return self.send("execute/sync", {"script": script, "args": list(args)})

    def find(self, selector):
        return self.send("element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self.send(f"element/{self.find(selector)}/click", {})

    def type(self, selector, text):
        self.send(f"element/{self.find(selector)}/value", {"text": text})

    def quit(self):
        self.send("", {}, "DELETE")


@contextmanager
def webkit(home):
    """A WebKit on a screen of its own, with a home of its own."""
    with _screen() as display:
        port = free_port()
        env = {**os.environ, "DISPLAY": display, "HOME": str(home), "LIBGL_ALWAYS_SOFTWARE": "1"}
        driver = subprocess.Popen([DRIVER, f"--port={port}"], env=env, stderr=subprocess.DEVNULL)
        try:
            connected(port).close()
            page = WebKit(f"http://127.0.0.1:{port}")
            yield page
            page.quit()
        finally:
            driver.terminate()
            driver.wait(30)


@contextmanager
def _screen():
    """A display number of a new virtual screen, which chooses one that is free."""
    read, write = os.pipe()
    command = [SCREEN, "-displayfd", str(write), "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    screen = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as told:
            yield f":{told.readline().strip()}"
    finally:
        screen.terminate()
        screen.wait(30)
