"""Someone with a browser's cookies who comes to the portal through its proxy, by TLS."""

import gzip
import http.client
import re
import socket
import ssl
from pathlib import Path
from urllib.parse import urlencode

from tests.cluster import HOST


class Visitor:
    """Asks at the proxy's address, with cookies."""

    def __init__(self, port: int, certificate: Path) -> None:
        self.port, self.cookies = port, {}
        self.context = ssl.create_default_context(cafile=str(certificate))

    def ask(self, method, path, form=None, **headers):
        """The answer, its `body` read as text."""
        body = None
        if form is not None:
            body = urlencode(form)
            headers |= {"Content-Type": "application/x-www-form-urlencoded"}
        return self._answer(method, path, body, headers)

    def _answer(self, method, path, body, headers):
        connection = http.client.HTTPSConnection(HOST, self.port, context=self.context, timeout=120)
        connection._create_connection = lambda _address, *more: socket.create_connection(
            ("127.0.0.1", self.port), *more
        )
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers |= {"Referer": f"https://{HOST}:{self.port}{path}", "Origin": f"https://{HOST}"}
        connection.request(method, path, body, {"Host": HOST, **headers})
        answer = connection.getresponse()
        content = answer.read()
        if answer.headers["Content-Encoding"] == "gzip":
            content = gzip.decompress(content)
        answer.body = content.decode("utf-8", "replace")
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition("=")
            self.cookies[name] = value.partition(";")[0]
        return answer

    def sign_in(self, email, password, **headers):
        """The answer to the form."""
        page = self.ask("GET", "/account/login/", **headers)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.body)[1]
        form = {"csrfmiddlewaretoken": token, "login": email, "password": password}
        return self.ask("POST", "/account/login/", form, **headers)
