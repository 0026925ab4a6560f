"""The people whom the tests are about.

Two schools. At Riverside: Tess teaches physics to Sam and Sita, Theo teaches nothing, Ada administers.
At Hilltop: Hanna administers and Hugo teaches. Nobody belongs to both.
"""

import gc
import os
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import transaction
from django.middleware import csrf
from django.utils import timezone, translation
from hypothesis import settings as hypothesis_settings

from accounts.models import Institution, Invitation, Membership, Role, User
from accounts.pending import pending
from attendance.models import ClassSession
from enrollment.models import Consent, Course, Enrollment, Student, Teaching
from tests import emptying, face_runs

pytest_plugins = ["tests.aws.fixtures", "tests.cluster_fixtures"]

PASSWORD = "correct horse battery"
AWS_SERVERS = {"ministack", "local_rekognition", "rekognition_server"}  # fixtures that start one

# Hypothesis' own deadline would fail an example on a busy machine: no test asserts a time.
hypothesis_settings.register_profile("without_deadline", deadline=None)
hypothesis_settings.register_profile("working", deadline=None, max_examples=25)  # all of them: `make test-thorough`
hypothesis_settings.register_profile("mutants", deadline=None, max_examples=20)  # each survivor runs all of them
hypothesis_settings.load_profile("without_deadline")

emptying.keep_what_django_wrote()

# A form's token of 64 random letters holds any two that a test says a page lacks, once in sixty pages: not these.
csrf.CSRF_ALLOWED_CHARS = "QqZz"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark what asks for a page or calls the API, as browsers do, and what talks to servers that stand for Amazon's.

    `make test-fast` leaves the ones to `make test-pages`, the others to `make test-thorough`.
    """
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        if "client" in asked:
            item.add_marker("pages")
        if asked & AWS_SERVERS:
            item.add_marker("aws_local")


def pytest_collection_finish():
    """Freeze imported objects: garbage collection over them took a sixth of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)


def make_member(institution, name, role):
    user = User(email=f"{name.lower()}@{institution.slug}.example", name=name)
    user.set_password(PASSWORD)
    user.save(force_insert=True)  # as `create_user`, whose validation asks the database twice more
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return Membership.objects.create(institution=institution, user=user, role=role)


def invited(school):
    """An invitation that waits at a school."""
    return Invitation.objects.create(
        institution=school, email="nina@example.org", name=f"Nina of {school.slug}", role=Role.TEACHER,
        token_hash=school.slug, expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """With ROW_SECURITY the tables are behind their policies, as `python -m tests.postgresql --walled` wants them."""
    if django_settings.ROW_SECURITY:
        with django_db_blocker.unblock():
            call_command("row_security", "on", verbosity=0)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory):
    """A folder that all workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base  # the workers' folders lie side by side


@pytest.fixture(scope="session", autouse=True)
def faces_computed_once(run_folder):
    """The networks' results are kept for all tests, except those that want `real_networks`."""
    folder = run_folder / "face-runs"
    folder.mkdir(exist_ok=True)
    os.environ[face_runs.FOLDER] = str(folder)
    face_runs.keep_runs()


@pytest.fixture(scope="session")
def pictures_root(tmp_path_factory):
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture
def own_media(settings, pictures_root):
    """The test's own folder for pictures; it exists once there is one. (Making `tmp_path` takes a millisecond.)"""
    settings.MEDIA_ROOT = pictures_root / uuid4().hex
    return settings.MEDIA_ROOT


@pytest.fixture
def real_networks():
    """Every run of the face networks is computed."""
    with face_runs.none_kept():
        yield


@pytest.fixture(autouse=True)
def nothing_counted_before():
    """Paid calls that an earlier test counted belong to a school which is gone."""
    pending.take()


@pytest.fixture(autouse=True)
def english_again():
    """A request leaves its language with the thread, until the next one brings its own."""
    yield
    translation.deactivate()


@contextmanager
def rows_kept():
    """Within it rows stay for several tests, each of which rolls back to them; after it they are gone."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def module_rows(django_db_setup, django_db_blocker):
    """Rows that a module's fixture makes are kept until the module's tests are done."""
    with django_db_blocker.unblock(), rows_kept():
        yield


def make_riverside():
    return Institution.objects.create(
        slug="riverside", name="Riverside School", time_zone="Europe/London", faces_enabled=True
    )


def make_hilltop():
    return Institution.objects.create(
        slug="hilltop", name="Hilltop School", time_zone="Asia/Kolkata", faces_enabled=True
    )


@pytest.fixture
def riverside(db):
    return make_riverside()


@pytest.fixture
def hilltop(db):
    return make_hilltop()


@pytest.fixture
def tess(riverside):
    return make_member(riverside, "Tess", Role.TEACHER)


@pytest.fixture
def theo(riverside):
    return make_member(riverside, "Theo", Role.TEACHER)


@pytest.fixture
def ada(riverside):
    return make_member(riverside, "Ada", Role.ADMIN)


@pytest.fixture
def hanna(hilltop):
    return make_member(hilltop, "Hanna", Role.ADMIN)


@pytest.fixture
def hugo(hilltop):
    return make_member(hilltop, "Hugo", Role.TEACHER)


def make_student(institution, name, roll_number, *, user=None):
    """A student with a valid consent."""
    student = Student.objects.create(institution=institution, name=name, roll_number=roll_number, user=user)
    Consent.objects.create(
        institution=institution, student=student, given_by="a parent", wording="Face consent 2026-09"
    )
    return student


def make_sam(riverside):
    """A student with an account."""
    return make_student(riverside, "Sam Field", "R-001", user=make_member(riverside, "Sam", Role.STUDENT).user)


def make_sita(riverside):
    """A student without one."""
    return make_student(riverside, "Sita Rao", "R-002")


def make_physics(riverside, tess, *students):
    course = Course.objects.create(institution=riverside, code="PHY-10B", name="Physics 10B", room="12")
    Teaching.objects.create(institution=riverside, course=course, teacher=tess)
    for student in students:
        Enrollment.objects.create(institution=riverside, course=course, student=student)
    return course


def make_lesson(course):
    """A lesson that began two minutes ago; its register is not open yet."""
    now = timezone.now()
    return ClassSession.objects.create(
        institution=course.institution,
        course=course,
        starts_at=now - timedelta(minutes=2),
        ends_at=now + timedelta(minutes=48),
        room="12",
    )


@pytest.fixture
def sam(riverside):
    return make_sam(riverside)


@pytest.fixture
def sita(riverside):
    return make_sita(riverside)


@pytest.fixture
def physics(riverside, tess, sam, sita):
    return make_physics(riverside, tess, sam, sita)


@pytest.fixture
def lesson(physics):
    return make_lesson(physics)


@pytest.fixture(scope="session")
def smtp_server():
    from tests.accounts.outbox.server import Server

    server = Server().start()
    yield server
    server.stop()


@pytest.fixture
def smtp(smtp_server, settings):
    """A real mail server on loopback, to which the portal's mails go. It has taken none yet, and refuses nobody."""
    for kept in (smtp_server.received, smtp_server.answers, smtp_server.recipients):
        kept.clear()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp_server.port
    return smtp_server


@pytest.fixture
def sign_in(client):
    """Signs a member (or a student with an account) in and returns the client."""

    def as_(person):
        client.force_login(person.user)
        return client

    return as_
