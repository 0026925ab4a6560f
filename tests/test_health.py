"""Health for balancers, answers to HEAD, and what is said while the portal's own ground is unavailable."""

import errno
import threading

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db import OperationalError
from django.test import Client

from portal import health
from tests.conftest import PASSWORD


@pytest.fixture
def away(monkeypatch):
    """The database is gone for everybody: whatever asks it, from the session on, meets an OperationalError."""

    def ask(*args, **kwargs):
        raise OperationalError("could not connect to server")

    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", ask)


@pytest.fixture
def browser():
    return Client(raise_request_exception=False)


class TestHealth:
    @pytest.mark.parametrize("host", ["10.1.2.3", "attendance.example.org", "[::1]:8000"])
    def test_alive_for_a_probe_by_address_and_plain_http(self, settings, client, host):
        settings.SECURE_SSL_REDIRECT = True
        answer = client.get("/health/live", headers={"host": host})
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})

    def test_alive_without_a_database(self, client, away):
        assert client.get("/health/live").status_code == 200

    @pytest.mark.django_db(transaction=True)
    def test_ready(self, client):
        assert client.get("/health/ready").json() == {"status": "ok", "faults": [], "impaired": []}

    def test_not_ready_says_why(self, client, monkeypatch):
        monkeypatch.setitem(health.CHECKS, "database", lambda: 1 / 0)
        answer = client.get("/health/ready")
        assert (answer.status_code, answer.json()["faults"]) == (503, ["database"])

    @pytest.mark.django_db(transaction=True)
    def test_damaged_face_networks_are_told_and_take_nobody_out(self, client, settings, tmp_path):
        settings.FACE_MODEL_DIR = str(tmp_path)
        answer = client.get("/health/ready")
        assert (answer.status_code, answer.json()["faults"], answer.json()["impaired"]) == (200, [], ["faces"])

    def test_a_check_that_hangs_is_a_fault_and_is_not_begun_again(self, client, monkeypatch):
        begun, go = [], threading.Event()
        monkeypatch.setattr(health, "BUDGET", 0.05)
        monkeypatch.setattr(health, "CHECKS", {"cache": lambda: (begun.append(1), go.wait(5))})
        try:
            for _ in range(3):
                assert client.get("/health/ready").json()["faults"] == ["cache"]
            assert len(begun) == 1
        finally:
            go.set()

    @pytest.mark.django_db(transaction=True)
    def test_a_process_is_ready_once_its_networks_are_loaded(self, client):
        go = threading.Event()
        loading = health.warm_up.begin(lambda: go.wait(20))
        try:
            answer = client.get("/health/ready")
            assert (answer.status_code, answer.json()["faults"]) == (503, ["warm_up"])
        finally:
            go.set()
            loading.join(20)
        assert client.get("/health/ready").status_code == 200

    @pytest.mark.django_db(transaction=True)
    def test_networks_that_do_not_load_keep_no_process_out(self, client, monkeypatch):
        monkeypatch.setattr(threading, "excepthook", lambda _args: None)
        health.warm_up.begin(lambda: 1 / 0).join(20)
        assert client.get("/health/ready").status_code == 200
        go = threading.Event()
        monkeypatch.setattr(health, "LONGEST_WARM_UP", 0.0)
        loading = health.warm_up.begin(lambda: go.wait(20))
        assert client.get("/health/ready").status_code == 200
        go.set()
        loading.join(20)

    @pytest.mark.django_db
    @pytest.mark.parametrize("path", ["/health/live", "/health/", "/account/login/", "/no/such/page/"])
    def test_head_has_no_body(self, client, path):
        answer, whole = client.head(path), client.get(path)
        assert (answer.status_code, answer.content) == (whole.status_code, b"")


class TestWithoutADatabase:
    @pytest.mark.django_db
    def test_a_page_says_so(self, browser, away):
        browser.cookies["sessionid"] = "x" * 32
        answer = browser.get("/riverside/today/")
        assert answer.status_code == 503
        assert int(answer["Retry-After"]) > 0
        assert "cannot reach its database" in answer.content.decode()

    @pytest.mark.django_db
    def test_signing_in_says_so(self, browser, tess, monkeypatch):
        def full(*args, **kwargs):
            raise OperationalError("database or disk is full")

        monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.save", full)
        answer = browser.post("/account/login/", {"login": tess.user.email, "password": PASSWORD})
        assert answer.status_code == 503

    @pytest.mark.django_db
    def test_a_session_that_could_not_be_saved_is_no_bad_request(self, browser, tess, monkeypatch):
        """Django hides the database's error behind two of its own."""

        def full(*args, **kwargs):
            try:
                raise OperationalError("attempt to write a readonly database")
            except OperationalError:
                raise UpdateError from None

        monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.save", full)
        assert browser.post("/account/login/", {"login": tess.user.email, "password": PASSWORD}).status_code == 503

    @pytest.mark.django_db
    def test_the_api_says_so_in_json(self, browser, tess, away):
        answer = browser.get("/api/riverside/sessions/", headers={"authorization": "Token x"})
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert int(answer["Retry-After"]) > 0

    @pytest.mark.django_db
    def test_a_full_disk(self, browser, tess, monkeypatch):
        def full(*args, **kwargs):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("accounts.views.memberships_of", full)
        browser.force_login(tess.user)
        assert browser.get("/").status_code == 503

    @pytest.mark.django_db
    def test_a_fault_of_ours_stays_one(self, browser, tess, monkeypatch):
        monkeypatch.setattr("accounts.views.memberships_of", lambda user: 1 / 0)
        browser.force_login(tess.user)
        assert browser.get("/").status_code == 500


@pytest.mark.django_db
def test_a_session_that_ended_meanwhile_leads_to_signing_in(browser, tess, monkeypatch):
    def ended(*args, **kwargs):
        raise UpdateError

    browser.force_login(tess.user)
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.save", ended)
    answer = browser.post("/account/login/", {"login": tess.user.email, "password": PASSWORD})
    assert answer.status_code == 302
