"""An id of another school, wherever one of one's own school would do: it is as if there were no such row.

Riverside and Hilltop have a row of every kind each. Riverside's people put Hilltop's ids, numbers and addresses into
every address, query, form and JSON body, in the place of their own school's. Whatever the answer: it shows nothing of
Hilltop's, changes nothing of Hilltop's, and leaves no row of Riverside's that refers to one of Hilltop's. Nothing is
listed here: addresses come from the resolver, forms from the pages, models from the apps.
"""

import json
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection, models
from django.test import Client, override_settings
from django.urls import reverse

from accounts.models import Institution, Membership, User
from tests.access_table import VISITORS
from tests.conftest import rows_kept
from tests.hostile import SEED, encoded, forms_of, names_asked_for
from tests.test_walls import LINES, address_of, make_world, with_its_files, world_of

pytestmark = pytest.mark.thorough

TEXT = (models.CharField, models.TextField)
MARK = "Zzhill"  # in every name of Hilltop's
WORDS = ("name", "title", "label", "text", "note", "reason", "host", "place", "file_name", "given_by")
FORM = "application/x-www-form-urlencoded"
NUMBERS = {"R-001": "H-001", "R-002": "H-002", "PHY-10B": "HIL-1"}
NOBODYS = "1706afda-d654-4ee4-aefb-b5b4ea3d30a2"
OTHERS = 1  # ids that are tried for a name besides those that it may mean
WHO = [who for who in VISITORS if who not in ("signed out", "other school's admin")]
UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
OF_SCHOOLS = [
    model
    for model in apps.get_models()
    if any(isinstance(field, models.ForeignKey) and field.name == "institution" for field in model._meta.fields)
]
LOOKED_AT = [line for line in LINES if line.method == "GET"]
SENT_TO = [line for line in LINES if line.method != "GET"]


@pytest.fixture(scope="module")
def module_world(module_rows, tmp_path_factory):
    engine = {"BACKEND": "tests.engines.ScriptedEngine", "OPTIONS": {}}
    with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("pictures"), FACE_ENGINE=engine):
        here = make_world()
        there = Institution.objects.get(slug="hilltop")
        away = world_of(there, stranger=SimpleNamespace(user=here.visitors["admin"]))
        name_all(there)
        here.there, here.files = there, {**here.files, **away.files}
        here.foreign, here.before, here.kinds = foreign_values(there), rows_of(there), a_row_of_each_kind(there)
        yield here


def name_all(school):
    """Give each name of a school's the mark, and each number and address another one than Riverside's."""
    for model in OF_SCHOOLS:
        named = [field for field in model._meta.fields if field.name in WORDS and isinstance(field, TEXT)]
        for row in model._default_manager.filter(institution=school) if named else []:
            for field in named:
                setattr(row, field.name, f"{MARK} {getattr(row, field.name)}"[: field.max_length])
            row.save()
    for student in apps.get_model("enrollment.Student").objects.filter(institution=school):
        student.roll_number = student.roll_number.replace("R-", "H-")
        student.save()
    apps.get_model("enrollment.Course").objects.filter(institution=school).update(code="HIL-1")


def foreign_values(school) -> dict[str, list[str]]:
    """By each key of the other schools' rows the keys of this one's rows of the same model."""
    found: dict[str, list[str]] = {}
    for model in OF_SCHOOLS:
        theirs = [str(pk) for pk in model._default_manager.filter(institution=school).values_list("pk", flat=True)]
        own = model._default_manager.exclude(institution=school).values_list("pk", flat=True)
        found |= {str(pk): theirs for pk in own if theirs}
    return found


def a_row_of_each_kind(school) -> dict[str, str]:
    """By the model's name in small letters the key of a row."""
    rows = {model._meta.model_name: model._default_manager.filter(institution=school).first() for model in OF_SCHOOLS}
    return {kind: str(row.pk) for kind, row in rows.items() if row}


@pytest.fixture
def world(module_world, db):
    return with_its_files(module_world)


# -- What must not be --------------------------------------------------------------------------------------------------


def rows_of(school) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of a school's, and its people's accounts."""
    rows = {
        m._meta.label: list(m._default_manager.filter(institution=school).order_by("pk").values_list())
        for m in OF_SCHOOLS
    }
    people = Membership.objects.filter(institution=school).values("user")
    unread = {"last_login"}
    fields = [field.name for field in User._meta.concrete_fields if field.name not in unread]
    return rows | {"users": list(User.objects.filter(pk__in=people).order_by("pk").values_list(*fields))}


def strays(school) -> list[str]:
    """Rows of other schools that refer to one of this school's."""
    return [
        f"{model._meta.label}.{field.name}"
        for model in OF_SCHOOLS
        for field in [*model._meta.fields, *model._meta.many_to_many]
        if field.is_relation and field.related_model in OF_SCHOOLS
        if model._default_manager.exclude(institution=school).filter(**{f"{field.name}__institution": school}).exists()
    ]


@contextmanager
def writes_noted() -> Iterator[list[str]]:
    """Collects the statements that change rows."""
    noted: list[str] = []

    def note(execute, sql, params, many, context):
        if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            noted.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield noted


class Visit:
    """The requests of one visitor of Riverside's. Whatever they change is taken back; what must not be is collected."""

    def __init__(self, world, who):
        self.world, self.who, self.faults = world, who, []

    def send(self, method, address, body="", content_type=FORM):
        cache.clear()
        client = Client(raise_request_exception=False)
        client.cookies.load(self.world.cookies[self.who])
        with rows_kept():
            with writes_noted() as writes:
                answer = client.generic(method, address, body, content_type)
                shown = text_of(answer)
                if answer.status_code in (302, 303):
                    shown += text_of(client.get(answer["Location"]))
            wrong = [] if MARK not in shown else [f"shows {shown[max(0, shown.index(MARK) - 80) :][:160]!r}"]
            if writes:
                wrong += [f"{found} refers to another school's row" for found in strays(self.world.there)]
                after = rows_of(self.world.there)
                wrong += [
                    f"changes {label} of another school" for label in after if after[label] != self.world.before[label]
                ]
        if answer.status_code >= 500:
            wrong.append("fails")
        self.faults += [f"{self.who}: {method} {address} {body[:300]} {answer.status_code}: {each}" for each in wrong]
        return answer


def text_of(answer) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode("utf-8", "replace")


@pytest.fixture
def visits(world):
    """A visit of each of Riverside's people."""
    found = [Visit(world, who) for who in WHO]
    yield found
    faults = [fault for visit in found for fault in visit.faults]
    assert faults == [], "\n".join(faults)


def label(line):
    return line.label


# -- Where ids go ------------------------------------------------------------------------------------------------------


def with_foreign(world, text) -> Iterator[tuple[str, str]]:
    """The text with one of Hilltop's in the place of an id, and with one that nobody has; once for each id in it."""
    for own in dict.fromkeys(UUIDS.findall(text)):
        for other in world.foreign.get(own, [])[:2]:
            yield text.replace(own, other), text.replace(own, NOBODYS)
    for own, other in NUMBERS.items():
        if own in text:
            yield text.replace(own, other), text.replace(own, "N-000")


def admitted(line, visits):
    """Those visits whose visitor is not refused at this address by their role alone."""
    return [visit for visit in visits if line.expected[VISITORS.index(visit.who)] not in (401, 403)]


@pytest.mark.parametrize("line", LINES, ids=label)
def test_in_an_address(line, visits):
    """It is answered as the address of nothing is."""
    address = address_of(line, visits[0].world)
    for foreign, absent in with_foreign(visits[0].world, address):
        for visit in admitted(line, visits):
            body, content_type = body_of(line, line.send(visit.world))
            answers = [visit.send(line.method, each, body, content_type).status_code for each in (foreign, absent)]
            if answers[0] != answers[1]:
                visit.faults.append(f"{visit.who}: {line.method} {foreign}: {answers[0]} and not {answers[1]}")


@pytest.mark.parametrize("line", LOOKED_AT, ids=label)
def test_in_the_queries_and_forms_of_a_page(line, visits):
    address = address_of(line, visits[0].world)
    for visit in admitted(line, visits):
        with names_asked_for() as names:
            page = visit.send("GET", address)
        if page.status_code != 200:
            continue
        for name in sorted(names):
            for value in foreign_for(visit.world, name):
                visit.send("GET", f"{address.partition('?')[0]}?{urlencode({name: value})}")
        forms = forms_of(page.content, address) if page["Content-Type"].startswith("text/html") else []
        for form in forms:
            for pairs in forms_with_foreign(visit.world, form):
                send_form(visit, form, pairs)


def forms_with_foreign(world, form) -> Iterator[list[tuple[str, str]]]:
    """The fields of a form, once for each that holds an id or nothing: with one of Hilltop's in it."""
    for n, (name, value) in enumerate(form.fields):
        others = [foreign for foreign, _absent in with_foreign(world, value)] if value else foreign_for(world, name)
        for other in others:
            yield [*form.fields[:n], (name, other), *form.fields[n + 1 :]]


def send_form(visit, form, pairs):
    body = encoded((name, value.encode()) for name, value in pairs)
    if form.method == "GET":
        visit.send("GET", f"{form.action.partition('?')[0]}?{body}")
    else:
        visit.send("POST", form.action, body)


@pytest.mark.parametrize("line", SENT_TO, ids=label)
def test_under_any_name_that_a_view_asks_for(line, visits):
    """Also where no page shows the form: what scripts and the API send."""
    for visit in admitted(line, visits):
        address, sound = address_of(line, visit.world), line.send(visit.world)
        with names_asked_for() as names:
            visit.send(line.method, address, *body_of(line, sound))
        for name in sorted({*names, *sound}):
            own = str(sound.get(name, ""))
            others = [foreign for foreign, _absent in with_foreign(visit.world, own)]
            for other in others or foreign_for(visit.world, name):
                visit.send(line.method, address, *body_of(line, {**sound, name: other}))


def body_of(line, fields) -> tuple[str, str]:
    sent = {name: value for name, value in fields.items() if not hasattr(value, "read")}
    if line.is_json:
        return json.dumps(sent, default=str), "application/json"
    return urlencode(sent), FORM


def foreign_for(world, name) -> list[str]:
    """Values that a name may mean: an id of Hilltop's of each model that it may be of, and some of others."""
    kinds = world.kinds
    chance = random.Random(f"{SEED} {name}")
    meant = [key for kind, key in kinds.items() if kind in name or name in kind]
    return [*dict.fromkeys([*meant, *chance.sample(sorted(kinds.values()), OTHERS), chance.choice(["H-001", "HIL-1"])])]


def test_the_test_itself_notices(world):
    """Hilltop's own administrator is shown what the others must not see, and a row that strays is found."""
    client = Client()
    client.force_login(Membership.objects.get(institution=world.there, user__name="Hanna").user)
    assert MARK in text_of(client.get(reverse("groups", args=["hilltop"])))
    assert strays(world.there) == []
    lesson = apps.get_model("attendance.ClassSession").objects.exclude(institution=world.there).first()
    lesson.course = apps.get_model("enrollment.Course").objects.get(institution=world.there)
    lesson.save()
    assert strays(world.there) == ["attendance.ClassSession.course"]
