"""The portal as docs/production.md says to run it, its own command and settings, behind a real nginx with TLS."""

import http.client
import json
import os
import re
import shlex
import shutil
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest

ROOT = Path(__file__).resolve().parent.parent
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
OPENSSL = shutil.which("openssl")
GUIDE = (ROOT / "docs" / "production.md").read_text("utf-8")
HOST = "attendance.example.org"
EMAIL, PASSWORD = "root@portal.example", "correct horse battery"

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(not (NGINX and OPENSSL), reason="nginx or openssl is missing: `make servers` installs them"),
    pytest.mark.xdist_group("nginx"),
]


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def documented_command(port):
    """The waitress command of the guide, with another port."""
    line = re.search(r"^    python (-m waitress .*)$", GUIDE, re.MULTILINE)[1]
    return [sys.executable, *shlex.split(line.replace("127.0.0.1:8000", f"127.0.0.1:{port}"))]


def documented_nginx(folder, behind, port):
    """The server block of the guide, with our certificate and ports, inside the least that nginx wants besides."""
    server = re.search(r"```nginx\n(.*?)```", GUIDE, re.DOTALL)[1]
    server = server.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl").replace(
        "127.0.0.1:8000", f"127.0.0.1:{behind}"
    )
    server = re.sub(r"ssl_certificate +\S+;", f"ssl_certificate {folder}/cert.pem;", server)
    server = re.sub(r"ssl_certificate_key +\S+;", f"ssl_certificate_key {folder}/key.pem;", server)
    temporary = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; {temporary}\n{server} }}\n"
    )


def environment(folder):
    settings = dict(
        re.findall(r"^(\w+)=(.+)$", re.search(r"```ini\n(SECRET.*?)```", GUIDE, re.DOTALL)[1], re.MULTILINE)
    )
    kept = {name: value for name, value in os.environ.items() if name not in ("DEMO", "DEBUG", "HTTPS")}
    ours = {
        "DATA_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3", "CACHE_URL": "locmemcache://",
        "EMAIL_URL": "consolemail://", "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DEMO": "false", "DEBUG": "false", "HTTPS": "true",
    }  # fmt: skip
    return kept | settings | ours


class Visitor:
    """Someone at the proxy's address, with cookies."""

    def __init__(self, port, certificate):
        self.port, self.cookies = port, {}
        self.context = ssl.create_default_context(cafile=str(certificate))

    def ask(self, method, path, form=None, **headers):
        connection = http.client.HTTPSConnection(HOST, self.port, context=self.context, timeout=30)
        connection._create_connection = lambda _address, *more: socket.create_connection(
            ("127.0.0.1", self.port), *more
        )
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = None
        if form is not None:
            body = urlencode(form)
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Referer": f"https://{HOST}:{self.port}{path}",
            }
            headers["Origin"] = f"https://{HOST}"
        connection.request(method, path, body, {"Host": HOST, **headers})
        answer = connection.getresponse()
        answer.body = answer.read().decode("utf-8", "replace")
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition("=")
            self.cookies[name] = value.partition(";")[0]
        return answer

    def sign_in(self, password=PASSWORD, **headers):
        page = self.ask("GET", "/account/login/", **headers)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.body)[1]
        form = {"csrfmiddlewaretoken": token, "login": EMAIL, "password": password}
        return self.ask("POST", "/account/login/", form, **headers)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    """Ports of nginx and of the web server behind it, and the certificate."""
    folder = tmp_path_factory.mktemp("proxy")
    certify = f"req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out cert.pem -subj /CN={HOST}".split()
    subprocess.run(
        [OPENSSL, *certify, "-addext", f"subjectAltName=DNS:{HOST}"], cwd=folder, check=True, capture_output=True
    )
    env = environment(folder)
    for command in (
        ["migrate", "-v0"], ["collectstatic", "--noinput", "-v0"],
        ["createsuperuser", "--noinput", "--email", EMAIL, "--name", "Root"],
    ):  # fmt: skip
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True, capture_output=True)
    behind, port = free_port(), free_port()
    (folder / "nginx.conf").write_text(documented_nginx(folder, behind, port))
    servers = [
        subprocess.Popen(documented_command(behind), cwd=ROOT, env=env),
        subprocess.Popen([NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")]),
    ]
    try:
        wait_until_served(Visitor(port, folder / "cert.pem"))
        yield port, behind, folder / "cert.pem"
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            server.wait(20)


def wait_until_served(visitor):
    for _ in range(150):
        try:
            if visitor.ask("GET", "/health/live").status == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise TimeoutError


@pytest.fixture
def visitor(proxy):
    return Visitor(proxy[0], proxy[2])


def test_signing_in(visitor):
    answer = visitor.sign_in()
    assert (answer.status, answer.getheader("Location")) == (302, "/")
    home = visitor.ask("GET", "/")  # of the portal's operator, who belongs to no school
    assert (home.status, home.getheader("Location")) == (302, "/schools/")
    assert visitor.ask("GET", "/schools/").status == 200


def test_no_page_leads_to_itself(visitor):
    for path in ("/account/login/", "/api/schema/", "/health/"):
        answer = visitor.ask("GET", path)
        assert answer.getheader("Location") != f"https://{HOST}{path}"
        assert answer.status < 500


def test_cookies_and_transport_are_secure(visitor):
    answer = visitor.ask("GET", "/account/login/")
    cookies = answer.headers.get_all("Set-Cookie")
    assert cookies
    assert all("Secure" in cookie for cookie in cookies)
    assert "max-age=31536000" in answer.getheader("Strict-Transport-Security")


def test_plain_http_is_redirected_and_a_probe_is_not(proxy):
    _port, behind, _certificate = proxy
    plain = http.client.HTTPConnection("127.0.0.1", behind, timeout=10)
    plain.request("GET", "/account/login/", headers={"Host": HOST, "X-Forwarded-Proto": "http"})
    answer = plain.getresponse()
    answer.read()
    assert (answer.status, answer.getheader("Location")) == (301, f"https://{HOST}/account/login/")
    for method in ("GET", "HEAD", "GET"):  # on one connection: a body after HEAD would break the next answer
        plain.request(method, "/health/live", headers={"Host": "10.1.2.3"})
        answer = plain.getresponse()
        assert (answer.status, bool(answer.read())) == (200, method == "GET")


def test_the_api_is_json_in_too(visitor):
    answer = visitor.ask("GET", "/api/riverside/sessions/")
    assert answer.status == 401
    assert json.loads(answer.body)["code"]


def test_who_guesses_is_slowed_down_alone_and_cannot_pretend_to_be_another(proxy, visitor):
    """The address that nginx saw tells clients apart, never a forged one."""
    for n in range(7):
        answer = visitor.sign_in("wrong", **{"X-Forwarded-For": f"198.51.100.{n}"})
    assert "Too many failed login attempts" in answer.body


def test_a_picture_that_is_too_large_is_refused_before_it_is_read(visitor):
    answer = visitor.ask("POST", "/account/login/", {"login": "x" * (27 << 20)})
    assert answer.status == 413
