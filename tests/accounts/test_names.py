"""Names folded for sorting and searching, by one rule in Python and in the browser; and cleaned where they come in."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from django import forms
from django.db.models import F
from django.urls import get_resolver, reverse
from django.utils import timezone

from accounts.models import User
from accounts.names import NameFormField, cleaned, folded
from attendance.register.guests import guests_find
from attendance.register.page import read_register
from attendance.register.sessions import session_open
from enrollment.models import Course, Enrollment, Student
from enrollment.spreadsheets import harmless, separator
from tests.conftest import make_student

NAMES = ["Zoe Adler", "Émile Durand", "Adam Berg", "Özlem Kaya", "de Groot, Jan", "Łukasz Nowak", "Ärmin Vogt"]
SCRIPT = Path("portal/static/portal/text.js")
KEYS = {
    "Émile": "emile", "E\u0301mile": "emile", "Łukasz": "lukasz", "ØRSTED": "orsted", "Weiß": "weiss", "WEISS": "weiss",
    "Weiẞ": "weiss", "İpek": "ipek", "Işık": "isik", "Đorđe": "dorde", "Ægir": "aegir", "Þór": "thor",
    "O´Neill": "o'neill", "O`Neill": "o'neill", "Oʻgʻlon": "o'g'lon", "Əliyev": "eliyev", "Ɓalaɗo": "balado",
    "Smith—Jones": "smith-jones", "مـحمد": "محمد", "مُحَمَّد": "محمد", "علی": "علي", "ليلى": "ليلي", "کریم": "كريم",
    "فاطمة": "فاطمه", "ٱلله": "الله", "R-١٢٣": "r-123", "۴۵": "45",
    "Νίκος": "νικοσ", "Йога": "иога", "O’Neill": "o'neill", "ﬁnn": "finn", "李": "李", "Ａｄａ": "ada", "": "",
}  # fmt: skip


@pytest.mark.parametrize(("name", "key"), KEYS.items())
def test_a_folded_name(name, key):
    assert folded(name) == key
    assert folded(key) == key


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
def test_the_browser_folds_alike():
    letters = [chr(code) for code in [*range(0x20, 0x300), *range(0x370, 0x700), *range(0x1E00, 0x2100)]]
    names = [*KEYS, *NAMES, *letters]
    code = SCRIPT.read_text(encoding="utf-8") + (
        ";import fs from 'node:fs'; const names = JSON.parse(fs.readFileSync(0));"
        "process.stdout.write(JSON.stringify(names.map(folded)));"
    )
    command = ["node", "--input-type=module", "-e", code]
    done = subprocess.run(
        command, input=json.dumps(names), capture_output=True, text=True, check=True, encoding="utf-8"
    )
    theirs = json.loads(done.stdout)
    assert [pair for pair in zip(names, theirs, strict=True) if folded(pair[0]) != pair[1]] == []


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ada \r\n Lovelace\t", "Ada Lovelace"),
        ("Ada\u2028Love\u0000lace\u0007", "Ada Lovelace"),
        ("Ada \u202eecalevoL\u202c", "Ada ecalevoL"),
        ("\ufeffJose\u0301", "José"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("A\u3164d\u2800a\uffff \ufdd0", "Ada"),
        ("葛\U000e0100城", "葛\U000e0100城"),
        *((unseen, "") for unseen in ("\u3164", "\u2800 \u115f", "\u200d", "\ufe0f", "\u0301", "\U0010ffff")),
    ],
)
def test_a_cleaned_name(typed, kept):
    assert cleaned(typed) == kept


@pytest.mark.django_db
class TestEntrances:
    BAD = "Ada\r\nBcc: x@y.z \u202eevil"
    GOOD = "Ada Bcc: x@y.z evil"

    def test_saved_written_in_bulk_and_updated(self, riverside):
        saved = make_student(riverside, self.BAD, "N-1")
        Student.objects.bulk_create([Student(institution=riverside, name=self.BAD, roll_number="N-2")])
        assert saved.name == self.GOOD
        assert set(Student.objects.values_list("name", "name_key")) >= {(self.GOOD, folded(self.GOOD))}
        assert not Student.objects.filter(name__contains="\n").exists()

    def test_the_key_follows_however_a_name_is_written(self, riverside, tess, physics):
        def key_of(row):
            return type(row).objects.get(pk=row.pk).name_key

        for row in (physics, tess.user):
            rows = type(row).objects.filter(pk=row.pk)
            rows.update(name="Ärger\r\n Łukasz")
            assert rows.get().name == "Ärger Łukasz"
            assert key_of(row) == "arger lukasz"
            row.name = "Özlem"
            rows.bulk_update([row], ["name"])
            assert key_of(row) == "ozlem"
            row.name = "Émile"
            row.save(update_fields=["name"])
            assert key_of(row) == "emile"
            rows.update(created_at=timezone.now()) if row is tess.user else rows.update(is_active=True)
            assert key_of(row) == "emile"

    def test_what_would_leave_a_key_behind_is_refused(self, riverside, physics, sam):
        """A student's key is made from two parts in the school's order, or from another row's column."""
        students, courses = Student.objects.filter(pk=sam.pk), Course.objects.filter(pk=physics.pk)
        for write in (
            lambda: students.update(name="Zoe"),
            lambda: students.update(family_name="Zoe"),
            lambda: courses.update(name=F("code")),
        ):
            with pytest.raises(TypeError, match="name_key is made from"):
                write()
        sam.given_name, sam.family_name = "Zoë", "Ångström"
        sam.compose_name()
        students.bulk_update([sam], ["name", "given_name", "family_name"])
        assert "angstrom" in Student.objects.get(pk=sam.pk).name_key

    def test_of_a_school_a_person_and_a_course(self, riverside):
        riverside.name = self.BAD
        riverside.save()
        user = User.objects.create(email="n@example.org", name=self.BAD)
        course = Course.objects.create(institution=riverside, code="N", name=self.BAD)
        assert (riverside.name, user.name, course.name) == (self.GOOD,) * 3

    def test_in_the_office(self, sign_in, ada, riverside):
        inlines, keys = ("consents", "guardianships", "enrollments"), ("TOTAL_FORMS", "INITIAL_FORMS")
        form = {f"{inline}-{key}": "0" for inline in inlines for key in keys}
        address = reverse("admin:enrollment_student_add")
        sign_in(ada).post(address, {"name": self.BAD, "roll_number": "N-9", "is_active": "on", **form})
        assert Student.objects.get(roll_number="N-9").name == self.GOOD


def forms_below(cls):
    for form in cls.__subclasses__():
        yield form
        yield from forms_below(form)


def test_a_form_that_is_no_model_s_cleans_names_too():
    """A name of which nothing can be seen is missing; else the model would refuse what the form let through."""
    get_resolver().url_patterns  # noqa: B018 - loads every view, and so every form
    ours = [
        form
        for form in forms_below(forms.Form)
        if form.__module__.split(".")[0] in ("accounts", "attendance", "enrollment")
    ]
    names = {"name", "admin_name", "new_name", "room", "building"}
    found = [(form, name) for form in ours for name in names & set(form.base_fields)]
    assert len(found) > 8
    for form, name in found:
        name_field = form.base_fields[name]
        if not isinstance(name_field, forms.ModelChoiceField):
            assert isinstance(name_field, NameFormField), (form, name)
    field = NameFormField(required=True)
    assert field.clean(" Ada\r\n\u202eLove ") == "Ada Love"
    for unseen in ("\u200b\u202e", " \ufeff", "a\x00b", "\u3164", "\u200d", "\u2800\ufe0f"):
        with pytest.raises(forms.ValidationError):
            field.clean(unseen)


@pytest.mark.django_db
class TestSortedAndFound:
    @pytest.fixture
    def named(self, riverside, physics):
        students = [make_student(riverside, name, f"N-{n:03}") for n, name in enumerate(NAMES)]
        for student in students:
            Enrollment.objects.create(institution=riverside, course=physics, student=student)
        return students

    def test_the_register(self, lesson, tess, named):
        names = [row.student.name for row in read_register(session_open(session=lesson, by=tess.user)).rows]
        mine = [name for name in names if name in NAMES]
        assert mine == sorted(NAMES, key=folded)
        assert mine[:2] == ["Adam Berg", "Ärmin Vogt"]

    def test_by_the_same_rule_in_every_database_and_in_python(self, riverside):
        """In the order of the keys' characters: a language's own rules would have Al-Amin first, and カ before き."""
        names = ["Al'Amin", "Al-Amin", "Alamin", "De Groot", "Degas", "Zoe", "き", "カ"]
        for number, name in enumerate(reversed(names)):
            make_student(riverside, name, f"N-{number}")
        assert list(Student.objects.values_list("name", flat=True).order_by("name_key")) == names
        assert sorted(names, key=folded) == names

    @pytest.mark.parametrize("words", ["Émile", "émile", "Emile", "E\u0301mile", "ÉMILE dur", "N-001"])
    def test_the_office(self, sign_in, ada, named, words):
        page = sign_in(ada).get(reverse("admin:enrollment_student_changelist"), {"q": words}).content.decode()
        assert "Émile Durand" in page
        assert "Zoe Adler" not in page

    @pytest.mark.parametrize("words", ["özlem", "ozlem", "ÖZLEM", "Kaya"])
    def test_a_picker(self, sign_in, ada, named, words):
        query = {"term": words, "app_label": "enrollment", "model_name": "consent", "field_name": "student"}
        answer = sign_in(ada).get(reverse("admin:autocomplete"), query).json()
        assert ["Özlem Kaya" in each["text"] for each in answer["results"]] == [True]

    @pytest.mark.parametrize("words", ["lukasz", "Łukasz", "LUKASZ now"])
    def test_guests(self, lesson, tess, riverside, words):
        make_student(riverside, "Łukasz Nowak", "N-100")
        opened = session_open(session=lesson, by=tess.user)
        assert [student.name for student in guests_find(session=opened, words=words)] == ["Łukasz Nowak"]


@pytest.mark.parametrize("cell", ["=1+1", "＝1+1", " =1", "\u3000＠x", "\t=1", "+1", "－1", "\n=1"])
def test_no_cell_is_a_formula(cell):
    assert harmless(cell).startswith("'")


def test_the_separator_is_the_one_of_the_language(settings):
    from django.utils.translation import override

    with override("de"):
        assert separator() == ";"
    with override("en"):
        assert separator() == ","
