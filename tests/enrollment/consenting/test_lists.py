"""Lists of consents: by school, group, course and state; a student's answers; the spreadsheet."""

from datetime import timedelta

import pytest
from django.utils import timezone

from enrollment.consenting.counts import counts_by_course, counts_by_group, counts_of
from enrollment.consenting.rows import in_state, rows_of, sections_of, with_answers
from enrollment.domain.consents import State
from enrollment.models import Consent, ConsentRequest, Group, GroupPlace, Student
from tests.conftest import make_student
from tests.enrollment.consenting.test_answers import NO, YES, answer

pytestmark = pytest.mark.django_db
PAGE = "/riverside/consents/"


def row_of(student):
    [student] = with_answers(Student.objects.filter(pk=student.pk))
    return rows_of(student.institution, [student])[0]


def asked(student, guardian, consent_form, **fields):
    fields = {"sent_at": timezone.now(), "times_sent": 1, **fields}
    return ConsentRequest.objects.create(
        institution=student.institution, student=student, guardian=guardian, form=consent_form, email=guardian.email,
        token_hash=guardian.name, expires_at=timezone.now() + timedelta(days=30), **fields,
    )  # fmt: skip


class TestARow:
    def test_of_nobody_asked(self, nina):
        row = row_of(nina)
        assert (row.letter, row.word, row.until, row.to_mend) == ("N", "no reply", "not asked yet", [])

    def test_without_an_address(self, nina, mira):
        type(mira).objects.update(email="")
        row = row_of(nina)
        assert (row.detail, row.has_nobody) == ("No e-mail address to ask. Print a form.", False)
        assert mira.name in [each.name for each in row.to_mend]

    def test_without_a_guardian_one_is_added_in_the_record(self, sam, sign_in, ada):
        Consent.objects.all().delete()
        assert (row_of(sam).detail, row_of(sam).has_nobody) == ("No guardian to ask is on record.", True)
        page = sign_in(ada).get(PAGE, {"state": "pending"}).content.decode()
        link = f"/admin/school/riverside/?next=/admin/enrollment/student/{sam.pk}/change/"
        assert link in page
        assert sign_in(ada).get(link, follow=True).status_code == 200

    def test_without_a_guardian_who_may_be_asked(self, nina):
        nina.guardianships.update(may_contact=False)
        assert (row_of(nina).to_mend, row_of(nina).has_nobody) == ([], True)

    def test_asked(self, nina, mira, consent_form):
        request = asked(nina, mira, consent_form)
        assert row_of(nina).name == "Mira Novak"
        assert "has not opened" in row_of(nina).detail
        request.times_sent = 2
        request.save()
        assert "reminded on" in row_of(nina).detail
        request.opened_at = timezone.now()
        request.save()
        assert "opened the link" in row_of(nina).detail

    def test_not_delivered(self, nina, mira, consent_form):
        asked(nina, mira, consent_form, mail_error="The address does not exist.")
        row = row_of(nina)
        assert (row.until, row.detail) == ("not delivered", "mira@example.org: The address does not exist.")

    def test_granted(self, nina):
        answer(nina, YES, expires_on=timezone.localdate() + timedelta(days=200))
        row = row_of(nina)
        assert (row.letter, row.css, row.name) == ("G", "P", "Mira Novak")
        assert row.until.startswith("until ")
        assert row.detail.startswith("paper form")

    def test_of_two_consents_the_longer_counts(self, nina):
        answer(nina, YES, expires_on=timezone.localdate() + timedelta(days=5))
        answer(nina, YES, "Omar Novak")
        assert row_of(nina).until == "no end date"

    def test_ending_soon(self, nina):
        answer(nina, YES, expires_on=timezone.localdate() + timedelta(days=5))
        assert (row_of(nina).word, row_of(nina).css) == ("ends soon", "L")

    def test_refused_by_the_student(self, nina):
        answer(nina, NO, "Nina Novak", by_student=True)
        assert "own refusal" in row_of(nina).detail

    def test_of_two_guardians_names_the_one_who_refused(self, nina):
        answer(nina, NO, "Omar Novak")
        answer(nina, YES)
        assert (row_of(nina).letter, row_of(nina).name) == ("R", "Omar Novak")

    def test_withdrawn(self, nina):
        answer(nina, YES)
        answer(nina, NO)
        assert (row_of(nina).letter, row_of(nina).css) == ("W", "N")

    def test_withdrawn_by_the_office(self, nina):
        answer(nina, YES)
        Consent.objects.update(withdrawn_at=timezone.now())
        assert (row_of(nina).letter, row_of(nina).name) == ("W", "Mira Novak")

    def test_expired(self, nina):
        day = timezone.localdate() - timedelta(days=1)
        answer(nina, YES, expires_on=day, given_at=timezone.now() - timedelta(days=9))
        assert (row_of(nina).letter, row_of(nina).until[:5]) == ("X", "ended")


class TestCounts:
    @pytest.fixture
    def school(self, riverside, nina, sam, sita, physics):
        answer(sita, NO)
        return riverside

    def test_of_the_school(self, school):
        counts = counts_of(Student.objects.for_institution(school))
        assert (counts.total, counts.granted, counts.pending, counts.without) == (3, 1, 1, 1)
        assert [(s.status, s.width) for s in counts.segments] == [("P", 33.33), ("L", 33.33)]

    def test_of_nobody(self, hilltop):
        assert counts_of(Student.objects.for_institution(hilltop)).segments == []

    def test_of_groups_and_courses(self, school, group, physics):
        assert counts_by_group(school, [group.pk])[group.pk].by_state == {State.GRANTED: 1, State.PENDING: 1}
        assert counts_by_course(school, [physics.pk])[physics.pk].by_state == {State.GRANTED: 1, State.REFUSED: 1}

    def test_leavers_are_left_out(self, school, group, nina):
        Student.objects.filter(pk=nina.pk).update(is_active=False)
        assert counts_by_group(school, [group.pk])[group.pk].total == 1


class TestNarrowed:
    def test_to_those_ending_soon(self, nina, sam):
        answer(nina, YES, expires_on=timezone.localdate() + timedelta(days=5))
        assert list(in_state(Student.objects.all(), "ending")) == [nina]
        answer(nina, YES, "Omar Novak")
        assert list(in_state(Student.objects.all(), "ending")) == []

    def test_to_none_of_whom_a_refusal_stands(self, nina):
        answer(nina, YES, expires_on=timezone.localdate() + timedelta(days=5))
        answer(nina, NO, "Omar Novak")
        assert list(in_state(Student.objects.all(), "ending")) == []

    @pytest.mark.parametrize("state", [state.value for state in State])
    def test_to_a_state(self, nina, sam, state):
        assert set(in_state(Student.objects.all(), state)) == {"pending": {nina}, "granted": {sam}}.get(state, set())


def test_those_to_ask_come_first_and_those_without_cannot_be_chosen(sign_in, ada, group, nina, sam):
    answer(sam, NO, "other")
    sections = sections_of(rows_of(nina.institution, with_answers(Student.objects.order_by("name_key"))))
    assert [(s.key, [row.student for row in s.rows]) for s in sections] == [
        ("pending", [nina]), ("without", [sam]), ("granted", []),
    ]  # fmt: skip
    page = sign_in(ada).get(f"{PAGE}?group={group.pk}").content.decode()
    assert f'value="{nina.pk}"' in page
    assert f'value="{sam.pk}"' not in page
    assert "Nothing to chase here" in page


class TestThePages:
    def test_of_the_school(self, sign_in, ada, group, physics):
        page = sign_in(ada).get(PAGE).content.decode()
        assert "10B" in page
        assert "Physics 10B" in page
        assert "of 3 granted" in " ".join(page.split())

    def test_of_a_school_without_anybody(self, sign_in, hanna):
        page = sign_in(hanna).get("/hilltop/consents/").content.decode()
        assert "No groups or courses yet" in page
        assert "You haven&#x27;t written a form yet" in page or "You haven't written a form yet" in page

    def test_of_a_course(self, sign_in, ada, physics):
        page = sign_in(ada).get(f"{PAGE}?course={physics.pk}").content.decode()
        assert "Consents for Physics 10B" in " ".join(page.split())

    def test_of_a_state(self, sign_in, ada, nina, sam):
        page = sign_in(ada).get(f"{PAGE}?state=pending").content.decode()
        assert "Nina Novak" in page
        assert "Sam Field" not in page

    def test_of_many_groups_and_courses_turn_one_by_one(self, sign_in, ada, riverside):
        Group.objects.bulk_create(Group(institution=riverside, name=f"G{n:03}", name_key=f"{n:03}") for n in range(70))
        page = sign_in(ada).get(f"{PAGE}?groups=2&page=1").content.decode()
        assert "G065" in page
        assert "G005" not in page
        assert "?groups=1&amp;page=1" in page

    def test_of_an_empty_group(self, sign_in, ada, riverside):
        group = Group.objects.create(institution=riverside, name="empty")
        assert "No students here yet" in sign_in(ada).get(f"{PAGE}?group={group.pk}").content.decode()

    @pytest.mark.parametrize("query", ["group=x", "group=00000000-0000-0000-0000-000000000000", "student=x"])
    def test_of_nothing_is_404(self, sign_in, ada, query):
        assert sign_in(ada).get(f"{PAGE}?{query}").status_code == 404

    def test_of_another_schools_group_is_404(self, sign_in, hanna, group, physics):
        for query in (f"group={group.pk}", f"course={physics.pk}"):
            assert sign_in(hanna).get(f"/hilltop/consents/?{query}").status_code == 404

    def test_is_for_administrators(self, client, sign_in, tess, sam):
        assert client.get(PAGE).status_code == 302
        assert sign_in(tess).get(PAGE).status_code == 403
        assert sign_in(sam).get(PAGE).status_code == 403

    def test_a_hundred_students_are_on_two_pages_at_the_price_of_one(
        self, sign_in, ada, riverside, django_assert_max_num_queries
    ):
        group = Group.objects.create(institution=riverside, name="10B")
        for number in range(100):
            student = make_student(riverside, f"S {number:03}", f"R-1{number:03}")
            GroupPlace.objects.create(institution=riverside, group=group, student=student)
        client = sign_in(ada)
        with django_assert_max_num_queries(14):
            page = client.get(f"{PAGE}?group={group.pk}&state=granted").content.decode()
        assert "Page 1 of 2" in " ".join(page.split())
        assert f"group={group.pk}&amp;state=granted&amp;page=2" in page
        with django_assert_max_num_queries(14):
            client.get(PAGE)


class TestTheSpreadsheet:
    def test_has_a_line_for_each(self, sign_in, ada, group, nina):
        answer(nina, NO, "=cmd()")
        lines = sign_in(ada).get(f"{PAGE}list.csv?group={group.pk}").getvalue().decode("utf-8-sig").splitlines()
        assert lines[0] == "Roll number,Name,Consent,Given by,Details,Date"
        assert lines[1].startswith("R-010,Nina Novak,refused,'=cmd()")
        assert len(lines) == 3

    def test_is_narrowed_like_the_page(self, sign_in, ada, nina, sam):
        lines = sign_in(ada).get(f"{PAGE}list.csv?state=pending").getvalue().decode().splitlines()
        assert len(lines) == 2


class TestOneStudent:
    def page(self, student):
        return f"{PAGE}students/{student.pk}/"

    def test_has_a_history(self, sign_in, ada, nina):
        answer(nina, YES)
        answer(nina, NO, "Omar Novak")
        page = sign_in(ada).get(self.page(nina)).content.decode()
        assert "Mira Novak" in page
        assert "Omar Novak" in page
        assert "R refused" in page

    def test_is_asked_about_once_before_it_is_withdrawn(self, sign_in, ada, sam):
        client = sign_in(ada)
        assert "erased for good" in " ".join(client.get(self.page(sam) + "withdraw/").content.decode().split())
        assert Consent.objects.valid().exists()
        page = client.post(self.page(sam) + "withdraw/", follow=True).content.decode()
        assert "Consent withdrawn. Erased: 0 photos" in page
        assert not Consent.objects.valid().exists()
        assert Consent.objects.get().withdrawn_by == ada.user

    def test_of_another_school_is_404(self, sign_in, hanna, sam):
        for page in ("", "withdraw/"):
            assert sign_in(hanna).get(f"/hilltop/consents/students/{sam.pk}/{page}").status_code == 404
