"""Readiness: what students lack, counted and listed; pairs that look alike, decided with both faces in view."""

from datetime import timedelta

import pytest
from django.utils import timezone

from enrollment.models import Consent, Course, Enrollment, FacePhoto, Group, GroupPlace, LookAlike, Student
from enrollment.readying.selectors import (
    Lack,
    counts_by_course,
    counts_by_group,
    counts_of,
    lacking,
    lacks_of,
    pairs_to_decide,
    rows_of,
    with_lacks,
)
from enrollment.services.photos import face_photo_add
from tests.conftest import make_student
from tests.enrollment.consenting.test_answers import NO, answer

pytestmark = pytest.mark.django_db
PAGE = "/riverside/readiness/"
State = FacePhoto.State


def photo(student, state=State.ENROLLED, days=1, **fields):
    return FacePhoto.objects.create(
        institution=student.institution, student=student, state=state,
        created_at=timezone.now() - timedelta(days=days), **fields,
    )  # fmt: skip


def lacks(student):
    [row] = rows_of(student.institution, with_lacks(Student.objects.filter(pk=student.pk)))
    return list(row.lacks)


class TestALack:
    def test_of_consent_comes_alone(self, sam):
        Consent.objects.all().delete()
        assert lacks(sam) == [Lack.CONSENT]

    def test_of_consent_is_also_a_refusal(self, sam):
        photo(sam)
        answer(sam, NO, "other")
        assert lacks(sam) == [Lack.CONSENT]

    def test_of_a_photo(self, sam):
        photo(sam, State.REFUSED)
        assert lacks(sam) == [Lack.PHOTO]

    @pytest.mark.parametrize(("number", "found"), [(1, [Lack.POSES]), (2, [Lack.POSES]), (3, [])])
    def test_of_poses(self, sam, number, found):
        for _pose in range(number):
            photo(sam)
        assert lacks(sam) == found

    def test_of_a_recent_photo(self, sam):
        for _pose in range(3):
            photo(sam, days=400)
        assert lacks(sam) == [Lack.RECENT]
        photo(sam)
        assert lacks(sam) == []

    def test_of_a_face_of_ones_own_is_told_to_both(self, sam, sita):
        for student in (sam, sita):
            for _pose in range(3):
                photo(student)
        photo(sam, State.HELD, looks_like=sita)
        assert lacks(sam) == lacks(sita) == [Lack.CONFUSED]

    @pytest.mark.parametrize("ended", ["left", "withdrawn"])
    def test_is_none_once_one_of_the_two_may_not_be_compared(self, sam, sita, ended):
        photo(sam, State.HELD, looks_like=sita)
        if ended == "left":
            Student.objects.filter(pk=sita.pk).update(is_active=False)
        else:
            answer(sita, NO, "other")
        assert Lack.CONFUSED not in lacks(sam)
        assert list(pairs_to_decide(sam.institution)) == []

    def test_is_ordered_by_urgency(self):
        assert lacks_of(consented=True, band=1, is_old=True, is_confused=True) == [
            Lack.CONFUSED, Lack.RECENT, Lack.POSES,
        ]  # fmt: skip


class TestCounts:
    def test_agree_with_the_lists(self, riverside, physics, sam, sita):
        nobody = Student.objects.create(institution=riverside, name="N", roll_number="9")
        photo(sam, days=500)
        students = Student.objects.for_institution(riverside)
        counts = counts_of(students)
        assert (counts.total, counts.ready, counts.unready) == (3, 1, 1)
        assert counts.by_lack == {lack: lacking(students, lack).count() for lack in Lack}
        assert list(lacking(students, Lack.CONSENT)) == [nobody]
        assert [(s.status, s.width) for s in counts.segments] == [("P", 33.33), ("L", 33.33)]

    def test_of_groups_and_courses(self, riverside, physics, sam, sita):
        group = Group.objects.create(institution=riverside, name="10B")
        GroupPlace.objects.create(institution=riverside, group=group, student=sam)
        photo(sam)
        assert counts_by_group(riverside, [group.pk])[group.pk].ready == 1
        found = counts_by_course(riverside, [physics.pk])[physics.pk]
        assert (found.total, found.ready) == (2, 1)

    def test_of_nobody(self, hilltop):
        assert counts_of(Student.objects.for_institution(hilltop)).segments == []


class TestThePage:
    def test_shows_an_administrator_the_school(self, sign_in, ada, physics, sam, sita):
        page = " ".join(sign_in(ada).get(PAGE).content.decode().split())
        assert "of 2 ready" in page
        assert "What is missing" in page
        assert "Physics 10B" in page

    def test_leads_to_what_is_to_do(self, sign_in, ada, physics, sam, sita):
        Consent.objects.filter(student=sam).delete()
        page = sign_in(ada).get(f"{PAGE}?course={physics.pk}").content.decode()
        assert f"/riverside/consents/students/{sam.pk}/" in page
        station = "/riverside/photos/station"
        assert f"{station}/courses/{physics.pk}/?student={sita.pk}" in page

    def test_leads_to_the_station_of_a_group_or_course_from_the_whole_schools_list(self, sign_in, ada, physics, sita):
        client, station = sign_in(ada), "/riverside/photos/station"
        assert f"{station}/courses/{physics.pk}/?student={sita.pk}" in client.get(f"{PAGE}?lack=photo").content.decode()
        group = Group.objects.create(institution=sita.institution, name="10B")
        GroupPlace.objects.create(institution=sita.institution, group=group, student=sita)
        assert f"{station}/groups/{group.pk}/?student={sita.pk}" in client.get(f"{PAGE}?lack=photo").content.decode()
        Enrollment.objects.all().delete(), GroupPlace.objects.all().delete()
        assert 'href="/riverside/photos/"' in client.get(f"{PAGE}?lack=photo").content.decode()

    def test_the_station_begins_with_the_student_of_the_address(self, sign_in, ada, physics, sam, sita):
        page = sign_in(ada).get(f"/riverside/photos/station/courses/{physics.pk}/?student={sita.pk}").content.decode()
        assert page.count("data-first") == 1
        assert page.index("data-first") < page.index(f"students/{sita.pk}/")

    def test_is_narrowed_to_a_lack(self, sign_in, ada, sam, sita):
        photo(sam)
        page = sign_in(ada).get(f"{PAGE}?lack=photo").content.decode()
        assert "Sita Rao" in page
        assert "Sam Field" not in page
        assert "Nobody lacks this" in sign_in(ada).get(f"{PAGE}?lack=recent").content.decode()

    def test_shows_a_teacher_their_courses_and_no_details(self, sign_in, tess, riverside, physics, sam, sita):
        other = Course.objects.create(institution=riverside, code="X", name="Other course")
        Consent.objects.filter(student=sam).update(withdrawn_at=timezone.now())
        client = sign_in(tess)
        page = client.get(PAGE).content.decode()
        assert "Physics 10B" in page
        assert "Other course" not in page
        assert "What is missing" not in page
        page = client.get(f"{PAGE}?course={physics.pk}").content.decode()
        assert "No consent" in page
        assert "/consents/" not in page
        assert "/admin/" not in page
        assert client.get(f"{PAGE}?course={other.pk}").status_code == 404

    def test_shows_a_teacher_neither_group_nor_chosen_student_nor_the_whole_school(
        self, sign_in, tess, riverside, physics, sam
    ):
        group = Group.objects.create(institution=riverside, name="10B")
        client = sign_in(tess)
        assert client.get(f"{PAGE}?group={group.pk}").status_code == 404
        assert client.get(f"{PAGE}?student={sam.pk}").status_code == 404
        assert "Sam Field" not in client.get(f"{PAGE}?lack=photo").content.decode()

    def test_is_for_staff_of_the_school(self, client, sign_in, sam, hanna, physics):
        assert client.get(PAGE).status_code == 302
        assert sign_in(sam).get(PAGE).status_code == 403
        assert sign_in(hanna).get(PAGE).status_code == 404
        assert sign_in(hanna).get(f"/hilltop/readiness/?course={physics.pk}").status_code == 404

    @pytest.mark.parametrize("size", [10, 150])
    def test_costs_the_same_at_any_size(self, sign_in, ada, riverside, django_assert_max_num_queries, size):
        course = Course.objects.create(institution=riverside, code="C", name="Course")
        group = Group.objects.create(institution=riverside, name="10B")
        for number in range(size):
            student = make_student(riverside, f"S {number:03}", f"Z{number}")
            Enrollment.objects.create(institution=riverside, course=course, student=student)
            GroupPlace.objects.create(institution=riverside, group=group, student=student)
            photo(student)
        client = sign_in(ada)
        for query in ("", f"?group={group.pk}", f"?course={course.pk}", "?lack=poses"):
            with django_assert_max_num_queries(14):
                assert client.get(f"{PAGE}{query}").status_code == 200


class TestLookAlikes:
    @pytest.fixture
    def held(self, sam, sita, face_file):
        face_photo_add(student=sam, upload=face_file(1, 1), added_by=None)
        found = face_photo_add(student=sita, upload=face_file(1, 2), added_by=None)
        assert found.state == State.HELD
        return found

    def test_show_both_faces_and_two_buttons(self, sign_in, ada, held, sam):
        client = sign_in(ada)
        page = client.get(f"{PAGE}look-alikes/").content.decode()
        portrait = FacePhoto.objects.get(student=sam).pk
        assert f"/riverside/portraits/{portrait}/" in page
        assert f"/riverside/readiness/look-alikes/{held.pk}/picture/" in page
        assert page.count('name="are"') == 2
        assert "Very alike: as much as two photos of one person usually are." in page
        assert client.get(f"{PAGE}look-alikes/{held.pk}/picture/").status_code == 200

    def test_are_two_people(self, sign_in, ada, held):
        page = sign_in(ada).post(f"{PAGE}look-alikes/{held.pk}/", {"are": "different"}, follow=True).content.decode()
        held.refresh_from_db()
        assert held.state == State.ENROLLED
        assert LookAlike.objects.get().confirmed_by == ada.user
        assert "Confirmed as different people" in page
        assert "Nobody is confused with anybody" in page

    @pytest.mark.django_db(transaction=True)
    def test_are_one_whose_photo_is_deleted(self, sign_in, ada, held, files_of):
        before = len(files_of())
        page = sign_in(ada).post(f"{PAGE}look-alikes/{held.pk}/", {"are": "same"}, follow=True).content.decode()
        assert "The photo has been deleted" in page
        assert not FacePhoto.objects.filter(pk=held.pk).exists()
        assert len(files_of()) < before

    def test_are_left_alone_by_another_word(self, sign_in, ada, held):
        sign_in(ada).post(f"{PAGE}look-alikes/{held.pk}/", {"are": "x"})
        held.refresh_from_db()
        assert held.state == State.HELD

    def test_of_another_school_or_decided_are_404(self, sign_in, hanna, ada, held):
        assert sign_in(hanna).post(f"/hilltop/readiness/look-alikes/{held.pk}/", {"are": "same"}).status_code == 404
        assert sign_in(hanna).get(f"/hilltop/readiness/look-alikes/{held.pk}/picture/").status_code == 404
        FacePhoto.objects.filter(pk=held.pk).update(state=State.REFUSED)
        assert sign_in(ada).post(f"{PAGE}look-alikes/{held.pk}/", {"are": "same"}).status_code == 404

    def test_are_no_teachers_business(self, sign_in, tess, held):
        assert sign_in(tess).get(f"{PAGE}look-alikes/").status_code == 403
        assert sign_in(tess).get(f"{PAGE}look-alikes/{held.pk}/picture/").status_code == 403
