"""School years with their terms: the rules, the service, and the form that makes both at once."""

from datetime import date

import pytest
from django.urls import reverse

from enrollment.domain.spans import Span, faults, gaps
from enrollment.errors import EnrollmentError
from enrollment.models import Group, SchoolYear, Term
from enrollment.structure.years import TermInput, year_delete, year_save

YEAR = Span("2026/27", date(2026, 9, 1), date(2027, 7, 20))
AUTUMN = Span("Autumn", date(2026, 9, 1), date(2026, 12, 18))
SPRING = Span("Spring", date(2027, 1, 5), date(2027, 3, 26))


class TestRules:
    def test_good_terms(self):
        assert faults(YEAR, [AUTUMN, SPRING]) == {}

    @pytest.mark.parametrize(
        ("term", "fault"),
        [
            (Span("X", date(2027, 2, 1), date(2027, 1, 10)), "backwards"),
            (Span("X", date(2027, 6, 1), date(2027, 8, 1)), "outside"),
            (Span("X", date(2026, 12, 18), date(2027, 1, 10)), "overlaps"),
            (Span("Autumn", date(2027, 4, 10), date(2027, 5, 10)), "twice"),
        ],
    )
    def test_bad_ones(self, term, fault):
        assert faults(YEAR, [AUTUMN, term]) == {1: fault}

    def test_holidays_lie_between_terms(self):
        assert gaps([SPRING, AUTUMN]) == [Span("Autumn", date(2026, 12, 19), date(2027, 1, 4))]

    def test_a_weekend_is_no_holiday(self):
        after = Span("Next", date(2026, 12, 21), date(2027, 1, 20))
        assert gaps([AUTUMN, after]) == []


def save(school, *terms, **changes):
    data = {"name": YEAR.name, "starts_on": YEAR.first, "ends_on": YEAR.last, **changes}
    return year_save(institution=school, terms=terms, **data)


@pytest.mark.django_db
class TestService:
    def test_saves_both_and_changes_both(self, riverside):
        year = save(
            riverside, TermInput("Autumn", AUTUMN.first, AUTUMN.last), TermInput("S", SPRING.first, SPRING.last)
        )
        kept = year.terms.get(name="S")
        save(riverside, TermInput("Spring", SPRING.first, SPRING.last, kept.pk), year=year, name="26/27")
        assert list(Term.objects.values_list("pk", "name")) == [(kept.pk, "Spring")]
        assert SchoolYear.objects.get().name == "26/27"

    @pytest.mark.parametrize(
        ("terms", "changes", "code"),
        [
            ([TermInput("A", date(2026, 8, 1), date(2026, 12, 1))], {}, "terms_outside"),
            ([], {"ends_on": date(2026, 1, 1)}, "year_backwards"),
        ],
    )
    def test_refuses(self, riverside, terms, changes, code):
        with pytest.raises(EnrollmentError) as caught:
            save(riverside, *terms, **changes)
        assert caught.value.code == code
        assert not SchoolYear.objects.exists()

    def test_one_year_a_name(self, riverside, hilltop):
        save(riverside)
        save(hilltop)
        with pytest.raises(EnrollmentError, match="already"):
            save(riverside)

    def test_a_year_with_groups_is_kept(self, riverside):
        year = save(riverside)
        Group.objects.create(institution=riverside, name="8a", year=year)
        with pytest.raises(EnrollmentError, match="groups"):
            year_delete(year=year)


def posted(*rows, **changes):
    data = {"name": "2026/27", "starts_on": "2026-09-01", "ends_on": "2027-07-20", **changes}
    data |= {"terms-TOTAL_FORMS": len(rows), "terms-INITIAL_FORMS": 0}
    for number, row in enumerate(rows):
        data |= {f"terms-{number}-{key}": value for key, value in row.items()}
    return data


def row(name="Autumn", first="2026-09-01", last="2026-12-18", pk=""):
    return {"id": pk, "name": name, "starts_on": first, "ends_on": last}


EMPTY = row("", "", "")


@pytest.mark.django_db
class TestPages:
    def test_a_year_with_its_terms_in_one_go(self, sign_in, ada):
        client = sign_in(ada)
        assert client.get("/riverside/years/").url == "/riverside/years/new/"
        assert "/27" in client.get("/riverside/years/new/").content.decode()
        rows = [row(), EMPTY, row("Spring", "2027-01-05", "2027-03-26")]
        assert client.post("/riverside/years/new/", posted(*rows)).url == "/riverside/setup/"  # while it is unfinished
        assert [term.name for term in Term.objects.all()] == ["Autumn", "Spring"]
        assert "Autumn" in client.get("/riverside/years/").content.decode()

    def test_is_changed_and_deleted(self, sign_in, ada, riverside):
        client, year = sign_in(ada), save(riverside, TermInput("Autumn", AUTUMN.first, AUTUMN.last))
        url = reverse("year", args=["riverside", year.pk])
        assert "Autumn" in client.get(url).content.decode()
        client.post(url, posted(row("Winter", pk=year.terms.get().pk), name="New"))
        assert (SchoolYear.objects.get().name, Term.objects.get().name) == ("New", "Winter")
        client.post(url, posted(row("", pk=year.terms.get().pk), name="New"))
        assert not Term.objects.exists()
        client.post(reverse("year_remove", args=["riverside", year.pk]))
        assert not SchoolYear.objects.exists()

    @pytest.mark.parametrize(
        ("rows", "changes", "said"),
        [
            ([row(last="2026-08-01")], {}, "before the first"),
            ([row(first="2026-08-01")], {}, "not within"),
            ([row(), row("B", "2026-12-01", "2027-01-01")], {}, "overlaps"),
            ([row(), row("Autumn", "2027-02-01", "2027-03-01")], {}, "Two terms"),
            ([row(first="")], {}, "required"),
            ([row("")], {}, "required"),
            ([], {"ends_on": "2026-01-01"}, "before the first"),
            ([], {"starts_on": "soon"}, "valid date"),
        ],
    )
    def test_what_is_wrong_stands_beside_its_row(self, sign_in, ada, rows, changes, said):
        page = sign_in(ada).post("/riverside/years/new/", posted(*rows, **changes)).content.decode()
        assert said in page
        assert not SchoolYear.objects.exists()

    def test_another_schools_year_is_not_there(self, sign_in, ada, hilltop):
        year = save(hilltop)
        client = sign_in(ada)
        assert client.get(reverse("year", args=["riverside", year.pk])).status_code == 404
        assert client.post(reverse("year_remove", args=["riverside", year.pk])).status_code == 404
