"""A school's own status codes: looked up, offered, counted, readable, and never lost."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from attendance.domain.statuses import SETTABLE, Status
from attendance.history.student import read_history, read_page
from attendance.models import ClassSession, StatusCode
from attendance.models.status_codes import Colour
from attendance.register.errors import UnknownStatus
from attendance.register.marks import MarkInput, mark_say
from attendance.register.sessions import session_close, session_open
from attendance.register.status_codes import statuses_of
from attendance.repositories import marks_for

pytestmark = pytest.mark.django_db
CSS = Path(__file__).parents[3] / "portal/static/portal/site.css"


@pytest.fixture
def code(riverside):
    def make(letters, kind="E", *, school=riverside, **fields):
        row = StatusCode(
            institution=school, code=letters, label=fields.pop("label", letters.lower()), kind=kind, **fields
        )
        row.full_clean()
        row.save()
        return row

    return make


@pytest.fixture
def say(register, tess):
    def say_(student, status, letters="", *, session=register, version=0):
        word = MarkInput(Status(status), code=letters)
        return mark_say(session=session, student_id=student.pk, word=word, by=tess.user, expected_version=version)

    return say_


# -- Looking up --


def test_five_exist_without_any_row(riverside, django_assert_num_queries):
    with django_assert_num_queries(1):
        codes = statuses_of(riverside)
        assert [(c.letter, c.label, c.is_attended) for c in codes.offered] == [
            ("P", "present", True), ("L", "late", True), ("A", "absent", False), ("E", "excused", False),
            ("D", "left early", True),
        ]  # fmt: skip
        assert codes.own == []


def test_own_codes_come_after_them_in_the_school_s_order(code, riverside):
    code("TR", label="School trip", position=2, counts_as_attended=True)
    code("MED", label="Medical", position=1)
    assert [c.letter for c in statuses_of(riverside).own] == ["MED", "TR"]
    found = statuses_of(riverside).find("TR")
    assert (found.kind, found.code, found.label, found.is_attended) == (Status.EXCUSED, "TR", "School trip", True)


def test_a_school_may_call_the_five_otherwise(code, riverside):
    code("E", "E", label="Authorised", colour=Colour.PLUM, counts_as_attended=True)
    said = statuses_of(riverside).of(Status.EXCUSED)
    assert (said.code, said.letter, said.label, said.css, said.is_attended) == ("", "E", "Authorised", "c-plum", True)
    assert len(statuses_of(riverside).offered) == len(SETTABLE)


def test_another_school_s_codes_are_not_there(code, riverside, hilltop):
    code("MED", school=hilltop)
    assert statuses_of(riverside).find("MED") is None


def test_a_code_that_nobody_knows_any_more_keeps_its_letters_and_its_kind_s_word(riverside):
    said = statuses_of(riverside).of(Status.EXCUSED, "OLD")
    assert (said.letter, said.label, said.is_attended) == ("OLD", "excused", False)


@pytest.mark.parametrize("letters", ["", "ABCD", "1A", "É!", "  "])
def test_a_code_is_one_to_three_letters_or_digits(code, letters):
    with pytest.raises(ValidationError):
        code(letters)


@pytest.mark.parametrize(("typed", "kept"), [("med", "MED"), (" tr ", "TR"), ("é", "É"), ("مر", "مر")])
def test_letters_of_any_script_count_in_upper_case(code, typed, kept):
    assert code(typed).code == kept


def test_the_five_letters_keep_their_kind_and_stay_in_use(code):
    for wrong in ({"kind": "A"}, {"is_active": False}):
        with pytest.raises(ValidationError):
            code("P", **{"kind": "P", **wrong})


def test_a_code_is_there_once_in_a_school(code, hilltop):
    code("MED")
    with pytest.raises(ValidationError):
        code("med")
    code("MED", school=hilltop)


# -- Marks with them --


def test_a_mark_keeps_kind_and_code_and_a_new_label_is_the_old_mark_s_too(code, say, sam, riverside, register):
    row = code("MED", label="Medical")
    say(sam, "E", "MED")
    mark = marks_for(riverside).for_session(register.pk)[sam.pk]
    assert (mark.status, mark.code) == (Status.EXCUSED, "MED")
    row.label = "At the doctor's"
    row.save()
    assert statuses_of(riverside).of_mark(mark).label == "At the doctor's"


def test_one_that_is_not_in_use_is_refused_but_still_known(code, say, sam, sita, riverside):
    row = code("MED", label="Medical")
    say(sam, "E", "MED")
    StatusCode.objects.filter(pk=row.pk).update(is_active=False)
    with pytest.raises(UnknownStatus):
        say(sita, "E", "MED")
    assert statuses_of(riverside).find("MED") is None
    assert statuses_of(riverside).of(Status.EXCUSED, "MED").label == "Medical"


@pytest.mark.parametrize(("status", "letters"), [("P", "MED"), ("E", "NO"), ("E", "HIL")])
def test_what_does_not_fit_is_refused(code, say, sam, hilltop, status, letters):
    code("MED")
    code("HIL", school=hilltop)
    with pytest.raises(UnknownStatus) as refused:
        say(sam, status, letters)
    assert refused.value.code == "unknown_status"


def test_changing_from_the_code_to_its_kind_is_a_change(code, say, sam):
    code("MED")
    first = say(sam, "E", "MED")
    second = say(sam, "E", version=first.version)
    assert (second.version, second.code) == (2, "")


# -- Rates --


def test_the_code_decides_what_counts_as_attended(code, say, sam, riverside, physics, tess):
    code("TR", label="School trip", counts_as_attended=True)
    code("HOM", "P", label="Works at home", counts_as_attended=False)
    now = timezone.now()
    code("CL", label="Closed", is_counted=False)
    for day, (status, letters) in enumerate(
        [("E", ""), ("E", "TR"), ("P", "HOM"), ("P", ""), ("P", ""), ("E", "CL"), ("P", "")]
    ):
        begins = now - timedelta(days=day, minutes=30)
        lesson = ClassSession.objects.create(
            institution=riverside, course=physics, starts_at=begins, ends_at=begins + timedelta(minutes=50)
        )
        say(sam, status, letters, session=session_open(session=lesson, by=tess.user))
        if day < 6:  # the last one is open: it counts once it is closed
            session_close(session=lesson, by=tess.user)
    overview = read_page(sam)[1]
    assert overview.overall.counts == {Status.EXCUSED: 3, Status.PRESENT: 3}
    assert (overview.overall.attended, overview.overall.counted, overview.overall.percent) == (3, 5, 60)
    assert [lesson.said.label for lesson in read_history(sam, cursor=None).lessons] == [
        "excused", "School trip", "Works at home", "present", "present", "Closed", "present",
    ]  # fmt: skip


# -- The office's page --


@pytest.fixture
def office(sign_in, ada):
    client = sign_in(ada)
    return lambda page, *args, **form: client.post(reverse(f"admin:attendance_statuscode_{page}", args=args), form)


def form(**fields):
    return {
        "code": "MED",
        "label": "Medical",
        "kind": "E",
        "colour": "plum",
        "position": 0,
        "is_active": "on",
        **fields,
    }


def test_the_office_adds_and_renames(office, riverside):
    assert office("add", **form()).status_code == 302
    row = StatusCode.objects.get(institution=riverside)
    office("change", row.pk, **form(label="Doctor"))
    row.refresh_from_db()
    assert (row.label, row.colour) == ("Doctor", "plum")


@pytest.mark.parametrize("wrong", [{"colour": "#ff0000"}, {"code": "P", "kind": "A"}, {"label": ""}, {"kind": "N"}])
def test_the_office_is_told_what_is_wrong(office, wrong):
    assert office("add", **form(**wrong)).status_code == 200
    assert not StatusCode.objects.exists()


def test_a_code_that_marks_have_is_taken_out_of_use_not_deleted(code, office, say, sam):
    used, unused = code("MED"), code("TR")
    say(sam, "E", "MED")
    assert office("delete", used.pk, post="yes").status_code == 403
    office("changelist", action="delete_selected", _selected_action=[used.pk, unused.pk], post="yes")
    office("delete", unused.pk, post="yes")
    assert list(StatusCode.objects.values_list("code", flat=True)) == ["MED"]
    office("change", used.pk, label="Medical", colour="red", position=0, code="XX", kind="P")
    used.refresh_from_db()
    assert (used.code, used.kind, used.is_active, used.colour) == ("MED", "E", False, "red")


# -- Colours --


def tokens():
    """The colour tokens of site.css, light and dark."""
    light, dark = re.findall(r"(?::root|\[data-bs-theme=\"dark\"\]) \{(.*?)\n\}", CSS.read_text(), re.S)[:2]
    found = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]+)", part)) for part in (light, dark)]
    return {"light": found[0], "dark": {**found[0], **found[1]}}


def luminance(colour):
    digits = colour.lstrip("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    lighter, darker = sorted([luminance(one), luminance(other)], reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_as_wcag_computes_it():
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("colour", Colour.values)
def test_every_colour_of_the_palette_can_be_read(colour, look):
    """WCAG 2.2 AA for text: 4.5 to 1, on its own ground and on a sheet of paper."""
    [(ink, ground)] = re.findall(
        rf"\.c-{colour} {{ color: var\(--([\w-]+)\); background: var\(--([\w-]+)\); }}", CSS.read_text()
    )
    known = tokens()[look]
    assert contrast(known[ink], known[ground]) >= 4.5
    assert contrast(known[ink], known["sheet"]) >= 4.5
