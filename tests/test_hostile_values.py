"""Anything put into an address, a query or a form: the answer is a page or a refusal, never a fault of the portal.

Every address of the resolver, every form on every page, each as a teacher, a student and an administrator. The names
of queries and fields are not listed here: they are read off the pages, and off what the views ask a request for.
They are tried in several mixtures, always the same ones: `make test-thorough`. One by one takes an hour of a core:
`HOSTILE=one-by-one .venv/bin/pytest tests/test_hostile_values.py`.
"""

import json
import os
import random
import re
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import quote, urlencode
from uuid import uuid4

import lxml.html
import pytest
from django.contrib import admin
from django.core.cache import cache
from django.core.signals import got_request_exception
from django.db.models import ForeignKey
from django.test import Client, override_settings
from django.test.client import MULTIPART_CONTENT
from django.urls import reverse

from attendance.kiosk.pairing import kiosk_pairing_code_new
from attendance.models import Kiosk
from enrollment.models import Consent
from tests.access_table import VISITORS
from tests.conftest import rows_kept
from tests.hostile import (
    HEADERS,
    IN_HEADERS,
    IN_JSON,
    UNREADABLE,
    VALUES,
    Form,
    encoded,
    forms_of,
    linked_names,
    mixed,
    multipart,
    names_asked_for,
    one_by_one,
)
from tests.test_walls import LINES, address_of, addresses, make_world, with_its_files

pytestmark = pytest.mark.thorough

WHO = ("teacher", "student", "admin", "guardian", "principal")
REFUSALS = {403, 404}
FORM = "application/x-www-form-urlencoded"
WAYS = [pytest.param(partial(mixed, values=VALUES, most=2), id="mixed")]
if os.environ.get("HOSTILE") == "one-by-one":
    WAYS.append(pytest.param(partial(one_by_one, values=VALUES, most=2), id="one by one"))
LOOKED_AT = [line for line in LINES if line.method == "GET"]
SENT_TO = [line for line in LINES if line.method != "GET"]
PART = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")
ROUTES = [address for address in addresses() if address.arguments]


@pytest.fixture(scope="module")
def module_world(module_rows, tmp_path_factory):
    engine = {"BACKEND": "tests.engines.ScriptedEngine", "OPTIONS": {}}
    with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("pictures"), FACE_ENGINE=engine):
        yield make_world()


@dataclass
class Visit:
    """The requests of one visitor. Whatever they change is taken back; faults are collected."""

    world: object
    who: str
    faults: list[str] = field(default_factory=list)

    def send(self, method, address, body=b"", content_type=FORM, **headers):
        cache.clear()
        client = Client(raise_request_exception=False)
        client.cookies.load(self.world.cookies[self.who])
        raised = []

        def noted(**_more):
            raised.append(traceback.format_exc(limit=-4))

        got_request_exception.connect(noted)
        try:
            with rows_kept():
                response = client.generic(method, address, body, content_type, **headers)
        finally:
            got_request_exception.disconnect(noted)
        if response.status_code >= 500 or raised:
            shown = f"{body[:300]!r} {content_type}" if body else ""
            self.faults.append(
                f"{self.who}: {method} {address[:300]} {shown} {response.status_code}\n{''.join(raised)}"
            )
        return response

    def page(self, address):
        """The HTML of a page; empty where there is none for this visitor."""
        response = self.send("GET", address)
        is_html = response["Content-Type"].startswith("text/html")
        return response.content if response.status_code == 200 and is_html else b""


@pytest.fixture
def world(module_world, db):
    return with_its_files(module_world)


@contextmanager
def visited(world, who):
    found = Visit(world, who)
    yield found
    assert found.faults == [], "\n".join(found.faults)


@pytest.fixture(params=WHO)
def visit(request, world):
    with visited(world, request.param) as found:
        yield found


@pytest.fixture
def ada(world):
    """The administrator's visit alone: what only the office shows."""
    with visited(world, "admin") as found:
        yield found


@pytest.fixture
def tablet(world):
    """A paired door tablet, which is signed in as nobody."""
    door = world.objects[Kiosk]
    client = Client()
    client.post(reverse("kiosk", args=["riverside"]), {"code": kiosk_pairing_code_new(kiosk=door)})
    world.cookies["tablet"] = {name: cookie.value for name, cookie in client.cookies.items()}
    with visited(world, "tablet") as found:
        assert found.send("GET", reverse("kiosk_now", args=["riverside"])).status_code == 200
        yield found


def visits_of(lines):
    """Each address with every visitor who is let in, and with the first of those whom it refuses alike."""
    found = []
    for line in lines:
        shown, refused = dict(zip(VISITORS, line.expected, strict=True)), set()
        for who in WHO:
            if shown[who] not in refused:
                found.append(pytest.param(line, who, id=f"{who}-{line.label}"))
            refused |= {shown[who]} & REFUSALS
    return pytest.mark.parametrize(("line", "visit"), found, indirect=["visit"])


# -- Addresses and queries ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ways", WAYS)
@pytest.mark.parametrize("address", ROUTES, ids=lambda address: address.route)
def test_any_argument(address, ways, visit):
    for values in ways(address.arguments, of=address.route):
        path = PART.sub(lambda part: argument(visit.world, part[1] or part[2], values), address.route)  # noqa: B023
        visit.send("GET", "/" + re.sub(r"[\^$]", "", path))


def argument(world, name, values):
    """An argument in an address: a hostile value, or for the others one that leads somewhere."""
    if name in values:
        return quote(values[name], safe="")
    known = {"institution": "riverside", "school": "riverside", "number": "1", "day": "2026-11-30", "token": "guessed"}
    known |= {"course_id": world.physics.pk, "slot_id": world.slot.pk, "session_id": world.session.pk}
    known |= {"student_id": world.sam.pk, "capture_id": world.capture.pk, "face_id": world.detected_face.pk}
    return str(known.get(name, world.sam.pk))


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.label)
def test_any_value_in_the_headers(line, world):
    """Of a page that is asked for, and of what is sent; each address by one of them, who may be signed out by it."""
    body = b"" if line.method == "GET" else urlencode(texts_of(line.send(world))).encode()
    with visited(world, random.Random(line.label).choice(WHO)) as visit:
        for tried in mixed(HEADERS, IN_HEADERS, 5, of=line.label):
            names = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in tried.items()}
            visit.send(line.method, address_of(line, world), body, **names)


def texts_of(fields):
    return {name: value for name, value in fields.items() if not hasattr(value, "read")}


# -- Queries and forms -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ways", WAYS)
@visits_of(LOOKED_AT)
def test_any_value_in_a_query_and_in_the_forms_of_a_page(line, ways, visit):
    address = address_of(line, visit.world)
    with names_asked_for() as names:
        page = visit.page(address)
    forms = forms_of(page, address) if page else []
    names |= linked_names(page) if page else {"nothing"}
    names |= {name for form in forms for name in form.names}  # a form may be opened with values from a link
    for values in ways(names, of=line.label):
        often = [(name + end, value) for name, value in values.items() for end in ("", "[]", "[0]", "")]
        visit.send("GET", f"{address.partition('?')[0]}?{encoded(often)}")
    for form in forms:
        for values in ways(form.names, of=f"{line.label} {form.action}"):
            sent(visit, form, values)


def sent(visit, form, values):
    pairs = form.filled_in(values)
    if form.method == "GET":
        visit.send("GET", f"{form.action.partition('?')[0]}?{encoded(pairs)}")
    elif form.files:
        content = next(iter(values.values()), b"")
        files = [(name, content.replace(b'"', b""), content) for name in form.files]
        visit.send("POST", form.action, multipart(pairs, files), MULTIPART_CONTENT)
    else:
        visit.send("POST", form.action, encoded(pairs).encode())


@pytest.mark.parametrize("ways", WAYS)
@visits_of(SENT_TO)
def test_any_value_under_any_name_that_a_view_asks_for(line, ways, visit):
    """Also where no page shows the form: what scripts and devices send."""
    address, sound = address_of(line, visit.world), line.send(visit.world)
    files = {name for name, value in sound.items() if hasattr(value, "read")}
    fields = tuple((name, str(value)) for name, value in sound.items() if name not in files)
    form = Form(address, "POST", fields, tuple(files))
    with names_asked_for() as names:
        sent(visit, form, {})
    for values in ways(names | set(form.names), of=line.label):
        sent(visit, form, values)


@pytest.mark.parametrize("ways", WAYS)
@visits_of([line for line in SENT_TO if line.is_json])
def test_any_value_in_json(line, ways, visit):
    sound = line.send(visit.world)
    for values in ways([*sound, "nothing"], values=IN_JSON, most=12, of=line.label):
        body = json.dumps({**sound, **values}, default=str).encode()
        visit.send(line.method, address_of(line, visit.world), body, "application/json")


@visits_of(SENT_TO)
def test_any_body(line, visit):
    for found in mixed(["body"], UNREADABLE, 2, of=f"{line.label} {visit.who}"):
        content_type, body = found["body"]
        visit.send(line.method, address_of(line, visit.world), body, content_type)


# -- Door tablets ------------------------------------------------------------------------------------------------------

OF_TABLETS = [line for line in LINES if line.name.startswith("kiosk_") and line.method == "POST"]


@pytest.mark.parametrize("line", OF_TABLETS, ids=lambda line: line.label)
def test_any_value_from_a_paired_tablet(line, tablet):
    address, files = address_of(line, tablet.world), ("picture", "frames")
    for values in one_by_one(["nonce", "at", "nothing"], VALUES, len(VALUES), of=line.label):
        sent(tablet, Form(address, "POST", (("nonce", str(uuid4())), ("at", "0"), ("at", "-1")), files), values)
    for content_type, body in UNREADABLE:
        tablet.send("POST", address, body, content_type)


# -- The office: what Django's admin takes besides the forms that it shows ---------------------------------------------

LOOKUPS = ("", "__exact", "__isnull", "__in", "__gte", "__regex", "__nothing", "__institution__slug", "__pk")
OF_LISTS = ("q", "p", "o", "all", "e", "_popup", "_to_field", "_facets", "_changelist_filters")
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


def page_of(model, page):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_any_look_up_in_a_list(model, ada):
    fields = [each.name for each in model._meta.get_fields()]
    for tried in one_by_one(fields, LOOKUPS, 3, of=model._meta.label):
        [(name, lookup)] = tried.items()
        for values in one_by_one([name + lookup], VALUES, 1, of=model._meta.label):
            ada.send("GET", f"{page_of(model, 'changelist')}?{encoded(values.items())}")
    for values in one_by_one(OF_LISTS, VALUES, 2, of=model._meta.label):
        ada.send("GET", f"{page_of(model, 'changelist')}?{encoded(values.items())}")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_any_rows_for_any_action(model, ada):
    page = ada.page(page_of(model, "changelist"))
    actions = set(lxml.html.fromstring(page).xpath("//select[@name='action']/option/@value")) if page else set()
    for action in {*actions, "delete_selected", "nothing"} - {""}:
        for values in one_by_one(["_selected_action", "select_across", "index", "_school"], VALUES, 4, of=action):
            fields = {"action": action.encode(), "index": b"0", "_selected_action": b"a", **values}
            ada.send("POST", page_of(model, "changelist"), encoded(fields.items()).encode())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_any_word_for_suggestions(model, ada):
    for relation in [each for each in model._meta.fields if isinstance(each, ForeignKey)]:
        sound = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": relation.name}
        fields = {name: word.encode() for name, word in {**sound, "term": "a", "page": "1"}.items()}
        for values in one_by_one(fields, VALUES, 2, of=str(relation)):
            ada.send("GET", f"/admin/autocomplete/?{encoded({**fields, **values}.items())}")


@pytest.mark.parametrize("chosen", ["not-a-uuid", "", "-1", "1706afda-d654-4ee4-aefb-b5b4ea3d30a2"])
def test_a_choice_that_is_none_is_said_beside_its_field(chosen, ada):
    """The fields with suggestions, which Django shows again by asking the database for what was chosen."""
    address, fields = page_of(Consent, "add"), {"student": chosen, "given_by": "a parent", "wording": "words"}
    shown = ada.send("POST", address, urlencode(fields).encode())
    assert shown.status_code == 200
    assert shown.context["errors"]
    assert ada.send("GET", f"{address}?{urlencode({'student': chosen})}").status_code == 200


def test_a_row_that_is_addressed_by_no_field(ada):
    address = reverse("admin:enrollment_student_change", args=[ada.world.sam.pk])
    assert ada.send("GET", f"{address}?_to_field=").status_code == 200
    assert ada.send("GET", f"{address}?_to_field=nothing").status_code == 400
