"""Columns by their headers, and values from cells."""

from datetime import date, time

import pytest

from enrollment.importing.fields import Field, Reads, columns_match
from enrollment.importing.students_fields import FIELDS
from enrollment.importing.values import BadValue, date_of, date_orders, value_of


@pytest.mark.parametrize(
    "headers",
    [
        ["Pupil no.", "Forename", "Surname", "DOB", "Tutor group", "Parent 1 e‑mail"],
        ["Schüler-Nr.", "Vorname", "Nachname", "Geburtsdatum", "Klasse", "E-Mail Mutter"],
        ["MATRICULE", "Prénom", "Nom", "Date de naissance", "Classe", "courriel parent 1"],
        ["Número de alumno", "Nombre", "Apellidos", "Fecha de nacimiento", "Grupo", "correo madre"],
        [" roll_number ", "GivenName", "family name", "birth_date", "Class", "Guardian's email"],
    ],
)
def test_headers_in_several_languages(headers):
    wanted = ["roll_number", "given_name", "family_name", "birth_date", "group", "guardian1_email"]
    assert list(columns_match(headers, FIELDS).values()) == wanted


def test_a_tutor_may_be_a_teacher_or_a_parent_and_is_not_guessed():
    assert columns_match(["Tutor", "Tutor 1", "Correo tutor"], FIELDS) == {1: "guardian1_name", 2: "guardian1_email"}


def test_the_first_of_two_columns_for_one_field():
    assert columns_match(["Name", "Full name", "Bus"], FIELDS) == {0: "name"}


@pytest.mark.parametrize(
    ("texts", "orders"),
    [
        (["14/03/2011", "03/04/2011"], ["dmy"]),
        (["03/14/2011"], ["mdy"]),
        (["03/04/2011", "01/02/2012"], ["dmy", "mdy"]),
        (["03.04.2011"], ["dmy"]),
        (["2011-04-03", "", "2011-04-05"], ["ymd"]),
        (["2011/04/03"], ["ymd"]),
        (["unknown"], ["dmy"]),
    ],
)
def test_one_order_a_column(texts, orders):
    assert date_orders(texts) == orders


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("1.5.2010", "dmy", date(2010, 5, 1)),
        ("5/1/2010", "mdy", date(2010, 5, 1)),
        ("2010-05-01", "mdy", date(2010, 5, 1)),
        ("2010-05-01 00:00:00", "dmy", date(2010, 5, 1)),
        ("2010-05-01T00:00:00.000Z", "dmy", date(2010, 5, 1)),
    ],
)
def test_dates(text, order, day):
    assert date_of(text, order) == day


@pytest.mark.parametrize("text", ["31/02/2011", "00.00.0000", "40299", "1.5.10", "1/5-2010", "soon", "01.01.0210"])
def test_what_is_no_date(text):
    with pytest.raises(BadValue):
        date_of(text, "dmy")


def value(reads, text, most=10):
    return value_of(Field("x", "X", reads, most=most), text)


def test_values():
    assert value(Reads.EMAIL, "Ada@Example.org") == "ada@example.org"
    assert value(Reads.TIME, "9.30") == time(9, 30)
    assert value(Reads.TIME, "2:05 pm") == time(14, 5)
    assert [value(Reads.WEEKDAY, text) for text in ("Monday", "Di.", "mercredi", "jueves", "7")] == [0, 1, 2, 3, 6]
    assert value(Reads.LIST, "a; b,a") == ("a", "b")
    assert (value(Reads.FLAG, "Ja"), value(Reads.FLAG, "no")) == (True, False)
    assert value(Reads.LANGUAGE, "de") == "de"


@pytest.mark.parametrize(
    ("reads", "text"),
    [
        (Reads.TEXT, "x" * 11),
        (Reads.KEY, "1,2E+15"),
        (Reads.EMAIL, "ada@"),
        (Reads.TIME, "25:00"),
        (Reads.WEEKDAY, "someday"),
        (Reads.FLAG, "maybe"),
        (Reads.LANGUAGE, "Klingon"),
    ],
)
def test_bad_values(reads, text):
    with pytest.raises(BadValue, match=r"\w"):
        value(reads, text)
