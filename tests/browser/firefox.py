"""Debian's Firefox, driven by its own Marionette."""

import json
import os
import shutil
import subprocess
from contextlib import contextmanager

from tests.browser.driven import ELEMENT, Driven, connected, free_port

FIREFOX = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox(Driven):
    """A session. Messages are JSON with their length before them: [0, number, command, parameters] and its answer."""

    def __init__(self, connection):
        self.stream, self.number = connection.makefile("rwb"), 0
        self._read()  # the greeting
        self.send("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": True}}})

    def _read(self):
        length = b""
        while (one := self.stream.read(1)) != b":":
            length += one
        return json.loads(self.stream.read(int(length)))

    def send(self, command, parameters=None):
        self.number += 1
        message = json.dumps([0, self.number, command, parameters or {}]).encode()
        self.stream.write(b"%d:%b" % (len(message), message))
        self.stream.flush()
        _kind, _number, error, result = self._read()
        assert error is None, error
        return result.get("value", result) if isinstance(result, dict) else result

    def goto(self, url):
        self.send("WebDriver:Navigate", {"url": url})

    def run(self, script, *args):
        """The value that a script returns."""
        return self.send("WebDriver:ExecuteScript", {"script": script, "args": list(args)})

    def find(self, selector):
        return self.send("WebDriver:FindElement", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self.send("WebDriver:ElementClick", {"id": self.find(selector)})

    def type(self, selector, text):
        self.send("WebDriver:ElementSendKeys", {"id": self.find(selector), "text": text})


@contextmanager
def firefox(profile):
    """A Firefox without a window, with a profile of its own."""
    port = free_port()
    (profile / "user.js").write_text(f'user_pref("marionette.port", {port});\n')
    command = [FIREFOX, "--headless", "--marionette", "--no-remote", "--profile", str(profile)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with connected(port) as connection:
            yield Firefox(connection)
    finally:
        process.terminate()
        process.wait(30)
