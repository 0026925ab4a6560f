"""Every address of the portal × seven kinds of visitor.

A new address fails here until a line in `tests/access_table.py` says who gets what.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.test import Client, override_settings
from django.urls import URLResolver, get_resolver, reverse

from accounts.jobs import job_start
from accounts.models import Institution, Membership, Role
from attendance.calendars.feeds import feed_create
from attendance.evacuation.running import evacuation_start
from attendance.evacuation.visitors import visitor_enter
from attendance.excuses.documents import Document, document_store
from attendance.models import (
    Capture,
    DayOff,
    DetectedFace,
    Dispute,
    Excuse,
    Kiosk,
    StatusCode,
    StudentNote,
    Substitution,
    TimetableSlot,
)
from attendance.office.desk import arrival_enter
from attendance.register.sessions import session_open
from enrollment.batches.links import photo_link_create
from enrollment.importing.runs import import_create
from enrollment.models import BatchPhoto, FacePhoto, Group, Guardian, Guardianship, PhotoBatch, Room, SchoolYear
from enrollment.structure.groups import course_group_add, group_student_add
from tests.access_table import ACCESS, MODEL_PAGE_EXCEPTIONS, MODEL_PAGES, OBJECT, PAGES, VISITORS, Access
from tests.accounts.jobs import kinds  # noqa: F401 - registers what the world's job is
from tests.attendance.api.client import jpeg
from tests.conftest import (
    invited,
    make_hilltop,
    make_lesson,
    make_member,
    make_physics,
    make_riverside,
    make_sam,
    make_sita,
    rows_kept,
)

pytestmark = pytest.mark.pages


@dataclass(frozen=True)
class Address:
    """A URL pattern. `key` is what the table calls it: its name, or its route where it has none."""

    route: str
    key: str
    name: str | None
    arguments: tuple[str, ...] = field(default=())

    @property
    def is_of_a_model(self) -> bool:
        parts = self.route.split("/")
        return parts[0] == "admin" and any(parts[1:3] == [o.app_label, o.model_name] for o in options())


def options():
    return [model._meta for model in admin.site._registry]


def addresses(resolver=None, prefix="", namespace=""):
    """Every pattern of the project, those of included modules too."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from addresses(pattern, route, inner)
        else:
            key = f"{namespace}{pattern.name}" if pattern.name else route
            yield Address(route, key, pattern.name, tuple(pattern.pattern.regex.groupindex))


def model_pages():
    """Lines for each page of each model in the admin: looking at it, and posting to it."""
    for address in addresses():
        if not address.is_of_a_model:
            continue
        app, model = address.route.split("/")[1:3]
        page = address.name.removeprefix(f"{app}_{model}_") if address.name else None
        path = "/" + address.route.replace("<path:object_id>", "{id}").replace("<uuid:object_id>", "{id}")
        usual = MODEL_PAGES.get(page, OBJECT)
        looked_at = MODEL_PAGE_EXCEPTIONS.get(str(address.name), usual)
        posted_to = MODEL_PAGE_EXCEPTIONS.get(f"{address.name} POST", looked_at)
        yield Access(address.key, looked_at, path=path)
        yield Access(address.key, posted_to, "POST", path=path)


LINES = [*ACCESS, *model_pages()]


def test_every_address_has_a_line():
    """The heart of it: no address is added without a row in the table."""
    known = {line.name for line in LINES}
    assert sorted(address.key for address in addresses() if address.key not in known) == []


def test_every_line_has_an_address():
    known = {address.key for address in addresses()}
    assert sorted({line.name for line in LINES} - known) == []


def test_every_exception_is_of_a_page():
    names = {address.name for address in addresses() if address.is_of_a_model}
    assert {name.removesuffix(" POST") for name in MODEL_PAGE_EXCEPTIONS} <= names


def test_every_name_is_one_address():
    """Two patterns of one name would hide behind one line."""
    keys = [address.key for address in addresses()]
    assert sorted({key for key in keys if keys.count(key) > 1}) == []


@pytest.fixture(scope="module")
def module_world(module_rows, tmp_path_factory):
    """The world, made once; whatever a test changes in the database is rolled back to it."""
    engine = {"BACKEND": "tests.engines.ScriptedEngine", "OPTIONS": {}}
    with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("pictures"), FACE_ENGINE=engine):
        yield make_world()


@pytest.fixture
def world(module_world, db):
    """Riverside with an open register, a picture with a doubtful face, an enrolled photo; and the visitors."""
    return with_its_files(module_world)


def with_its_files(world: Any) -> Any:
    """The world, each of its files in its place again, also one that a request deleted with its folder."""
    for file, content in world.files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return world


def make_world():
    riverside, hilltop = make_riverside(), make_hilltop()
    return world_of(riverside, stranger=make_member(hilltop, "Hanna", Role.ADMIN))


def world_of(riverside, *, stranger):
    """A school with a row of every kind, and its visitors; stranger: a member of another school."""
    tess, ada = make_member(riverside, "Tess", Role.TEACHER), make_member(riverside, "Ada", Role.ADMIN)
    fay, pia = make_member(riverside, "Fay", Role.GUARDIAN), make_member(riverside, "Pia", Role.PRINCIPAL)
    sam, sita = make_sam(riverside), make_sita(riverside)
    physics = make_physics(riverside, tess, sam, sita)
    session = session_open(session=make_lesson(physics), by=tess.user)
    capture = Capture(
        institution=riverside, session=session, nonce=uuid4(), kind="photo", width=320, height=240, state="done"
    )
    capture.picture.save("picture.jpg", ContentFile(jpeg()), save=False)
    capture.save(force_insert=True)
    detected_face = DetectedFace.objects.create(
        institution=riverside, capture=capture, number=1, left=10, top=10, width=50, height=60,
        outcome="ask", reason="below_threshold", student=sam, similarity=0.4, candidates=[[str(sam.pk), 0.4]],
    )  # fmt: skip
    photo = FacePhoto(institution=riverside, student=sam, state=FacePhoto.State.ENROLLED, face_id="f", face_px=90)
    photo.picture.save("photo.jpg", ContentFile(jpeg()), save=False)
    photo.portrait.save("portrait.jpg", ContentFile(jpeg(160, 160)), save=False)
    photo.save(force_insert=True)
    batch = PhotoBatch.objects.create(institution=riverside, name="Photo day")
    batch_photo = BatchPhoto(institution=riverside, batch=batch, student=sam, file_name="R-001.jpg", state="matched")
    batch_photo.picture.save("photo.jpg", ContentFile(jpeg()), save=False)
    batch_photo.save(force_insert=True)
    group = Group.objects.create(institution=riverside, name="10A")
    photo_link, _token = photo_link_create(student=sam, days=7, with_liveness=False, by=ada.user)
    slot = TimetableSlot.objects.create(
        institution=riverside, course=physics, weekday=0, starts="09:00", ends="09:50", first_day="2026-01-01"
    )
    day_off = DayOff.objects.create(institution=riverside, name="Summer", first_day="2026-07-20", last_day="2026-08-31")
    given = Substitution.objects.create(
        institution=riverside, course=physics, teacher=ada, first_day="2026-05-01", last_day="2026-05-02"
    )
    code = StatusCode.objects.create(institution=riverside, code="M", label="Medical", kind="E")
    door = Kiosk.objects.create(institution=riverside, name="Door", room="12")
    objects = [riverside, tess, tess.user, sam, physics, sam.consents.get(), photo, slot, session]
    objects += [day_off, given, code, door, invited(riverside), *structure(riverside, physics, sam, fay)]
    objects += [
        StudentNote.objects.create(institution=riverside, student=sam, text="Sits in front", written_by=ada.user)
    ]
    objects += [arrival_enter(student=sita, at=session.ends_at - timedelta(days=1), reason="bus", by=ada.user)]
    objects += [visitor_enter(institution=riverside, name="Mr Guest", host="", place="", by=ada.user)]
    objects += [evacuation_start(institution=riverside, key=uuid4(), is_drill=True, by=ada.user)]
    students = b"Nr.,Nachname\nR-9,Obi\n"
    import_run = import_create(institution=riverside, kind="students", name="s.csv", data=students, by=ada.user)
    excuse, dispute = statements(session, sam)
    pictures = [
        excuse.document,
        dispute.document,
        capture.picture,
        photo.picture,
        photo.portrait,
        batch_photo.picture,
        import_run.file,
    ]
    people = [None, sam.user, *(member.user for member in (tess, ada, stranger, fay, pia))]
    visitors = dict(zip(VISITORS, people, strict=True))
    return SimpleNamespace(
        session=session, physics=physics, sam=sam, sita=sita, capture=capture, detected_face=detected_face, photo=photo,
        slot=slot, given=given, import_run=import_run, batch_photo=batch_photo, group=group, photo_link=photo_link,
        feed=feed_create(membership=tess), excuse=excuse, dispute=dispute,
        job=job_start(institution=riverside, kind="scripted", by=ada.user),
        objects={type(found): found for found in objects},
        visitors=visitors,
        cookies={who: signed_in(user) for who, user in visitors.items()},
        files={Path(picture.path): Path(picture.path).read_bytes() for picture in pictures},
    )  # fmt: skip


def statements(session, sam):
    """An excuse and a dispute of Sam's, each with a document."""
    said = {
        "institution": sam.institution,
        "student": sam,
        "giver": "student",
        "given_by": sam.user,
        "note": "Sam Field",
    }
    day = session.local_date
    found = [
        Excuse(**said, kind="illness", first_day=day, last_day=day),
        Dispute(**said, session=session, status="A", version=1),
    ]
    for statement in found:
        document_store(statement, Document("letter.jpg", jpeg(), is_pdf=False))
    return found


def structure(riverside, physics, sam, fay):
    """A year without groups, a group with Sam that is taught physics, Sam's mother, a room."""
    year = SchoolYear.objects.create(
        institution=riverside, name="2026/27", starts_on="2026-09-01", ends_on="2027-07-20"
    )
    group = Group.objects.create(institution=riverside, name="10B")
    group_student_add(group=group, students=[sam])
    course_group_add(course=physics, group=group)
    mother = Guardian.objects.create(institution=riverside, name="Fay Field", user=fay.user)
    Guardianship.objects.create(institution=riverside, guardian=mother, student=sam)
    return [year, group, mother, Room.objects.create(institution=riverside, name="12")]


def signed_in(user):
    """The cookies of somebody who just signed in; of nobody, none."""
    client = Client()
    if user:
        client.force_login(user)
    return {name: cookie.value for name, cookie in client.cookies.items()}


def address_of(line: Access, world: Any) -> str:
    if not line.path:
        return reverse(line.name, kwargs=line.at(world)) + line.query
    if "{id}" not in line.path:
        return line.path
    app, model = line.path.split("/")[2:4]
    [kind] = [o.model for o in options() if (o.app_label, o.model_name) == (app, model)]
    return line.path.format(id=world.objects[kind].pk)


def answer(line: Access, world: Any, visitor: str) -> int:
    """The status that a visitor gets. Whatever the request changed is taken back."""
    cache.clear()
    client = Client(raise_request_exception=False)
    client.cookies.load(world.cookies[visitor])
    with rows_kept():
        body = line.send(world)
        if line.is_json:
            body = {"data": json.dumps(body, default=str), "content_type": "application/json"}
        else:
            body = {"data": body}
        response = getattr(client, line.method.lower())(address_of(line, world), **body)
    return response.status_code


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.label)
def test_each_visitor_gets_what_is_theirs(line, world):
    got = {visitor: answer(line, world, visitor) for visitor in VISITORS}
    assert got == dict(zip(VISITORS, line.expected, strict=True))


LOOKED_AT = {line.name for line in PAGES if line.method == "GET"}
POSTED_ONLY = [line for line in PAGES if line.method == "POST" and line.name not in LOOKED_AT]


@pytest.mark.parametrize("line", POSTED_ONLY, ids=lambda line: line.label)
def test_a_link_changes_nothing(line, world):
    """Changes are posted; following a link to one is refused, unless it shows a form."""
    assert answer(replace(line, method="GET", send=lambda world: {}), world, "teacher") == 405


def test_everybody_has_a_place_in_the_world(world):
    """The admin's models: a new one needs a row above, or its pages are not tested."""
    assert set(admin.site._registry) <= set(world.objects)
    assert {Institution, Membership} <= set(world.objects)
