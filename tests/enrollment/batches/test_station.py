"""The camera station: who is offered, what each photo leads to, and that nobody without a consent is photographed."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from enrollment.batches.station import RETAKEN_WITHIN, courses_to_enrol, groups_counted, groups_to_enrol, sitters_of
from enrollment.models import Consent, FacePhoto, Group, GroupPlace, Student
from tests.conftest import make_student
from tests.enrollment.orl import as_file, face

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(sign_in, ada):
    return sign_in(ada)


@pytest.fixture
def group(riverside, sam, sita):
    made = Group.objects.create(institution=riverside, name="10A")
    for student in (sam, sita):
        GroupPlace.objects.create(institution=riverside, group=made, student=student)
    return made


def at(name, **of):
    return reverse(name, kwargs={"institution": "riverside", **of})


def take(client, student, person=1, number=1, **data):
    body = {"picture": as_file(face(person, number)), **data}
    return client.post(at("station_take", student_id=student.pk), body)


class TestChoosing:
    def test_groups_and_courses_with_what_they_lack(self, office, group, physics, sam):
        take(office, sam)
        html = " ".join(office.get(at("photo_station")).content.decode().split())
        assert html.count("1 of 2 with a photo") == 2
        assert at("station_of_group", group_id=group.pk) in html
        assert at("station_of_course", course_id=physics.pk) in html

    def test_no_students_yet_says_what_to_do(self, office):
        assert "There are no students to photograph yet" in office.get(at("photo_station")).content.decode()

    def test_empty_and_ended_ones_are_not_offered(self, riverside, group, hilltop):
        Group.objects.create(institution=riverside, name="Empty")
        [found] = groups_counted(groups_to_enrol(riverside))
        assert (found.name, found.size, found.ready) == ("10A", 2, 0)
        Group.objects.update(is_active=False)
        assert not groups_to_enrol(riverside)
        assert not courses_to_enrol(hilltop)

    def test_faces_off(self, office, riverside, group):
        riverside.faces_enabled = False
        riverside.save()
        assert "Face recognition is off" in office.get(at("photo_station")).content.decode()

    def test_another_school_s_group_is_nowhere(self, office, hilltop):
        theirs = Group.objects.create(institution=hilltop, name="10A")
        assert office.get(at("station_of_group", group_id=theirs.pk)).status_code == 404


class TestThePage:
    def test_consent_and_photos_are_shown(self, office, group, sam, sita):
        Consent.objects.filter(student=sita).update(withdrawn_at=timezone.now())
        html = " ".join(office.get(at("station_of_group", group_id=group.pk)).content.decode().split())
        assert 'data-name="Sam Field" data-number="R-001" data-consent="yes" data-photos="0"' in html
        assert 'data-name="Sita Rao" data-number="R-002" data-consent="no"' in html
        assert "no consent: 1" in html

    def test_a_refusal_is_told_apart(self, sam, sita):
        Consent.objects.filter(student=sita).update(answer=Consent.Answer.REFUSED)
        found = {sitter.student.name: sitter for sitter in sitters_of(Student.objects.all())}
        assert (found["Sita Rao"].consented, found["Sita Rao"].has_refused, found["Sita Rao"].missing) == (
            False,
            True,
            0,
        )
        assert (found["Sam Field"].consented, found["Sam Field"].has_refused, found["Sam Field"].missing) == (
            True,
            False,
            3,
        )

    def test_leavers_are_not_called(self, office, group, sam):
        Student.objects.filter(pk=sam.pk).update(is_active=False)
        assert "Sam Field" not in office.get(at("station_of_group", group_id=group.pk)).content.decode()

    def test_one_query_for_all(self, group, django_assert_num_queries):
        with django_assert_num_queries(1):
            sitters_of(Student.objects.filter(group_places__group=group))


class TestTaking:
    def test_a_photo_is_enrolled_at_once(self, office, sam, ada):
        answer = take(office, sam).json()
        photo = FacePhoto.objects.get()
        assert answer == {
            "state": "enrolled", "words": answer["words"], "photo": str(photo.pk), "photos": 1,
        }  # fmt: skip
        assert photo.added_by == ada.user
        assert take(office, sam, 1, 2).json()["photos"] == 2

    def test_without_a_consent_nothing_is_kept(self, office, sam, files_of):
        Consent.objects.update(withdrawn_at=timezone.now())
        response = take(office, sam)
        assert (response.status_code, response.json()["error"]) == (422, "no_consent")
        assert (FacePhoto.objects.count(), files_of()) == (0, [])

    def test_a_bad_one_is_said_and_taken_again(self, office, sam, no_face_file):
        bad = office.post(at("station_take", student_id=sam.pk), {"picture": no_face_file()}).json()
        assert (bad["state"], "No face" in bad["words"], bad["photos"]) == ("refused", True, 0)
        good = take(office, sam, instead_of=bad["photo"]).json()
        assert (good["state"], FacePhoto.objects.count()) == ("enrolled", 1)

    def test_a_good_one_is_replaced_once_the_new_one_is_there(self, office, sam):
        first = take(office, sam).json()
        second = take(office, sam, 1, 2, instead_of=first["photo"]).json()
        assert (second["photos"], FacePhoto.objects.get().pk != first["photo"]) == (1, True)

    def test_the_same_picture_instead_of_itself_stays(self, office, sam):
        first = take(office, sam).json()
        FacePhoto.objects.update(created_at=timezone.now() - timedelta(minutes=5))
        assert take(office, sam, instead_of=first["photo"]).json()["photos"] == 1

    def test_only_what_was_just_taken_here_is_replaced(self, office, sam, sita, ada):
        old = take(office, sam).json()["photo"]
        FacePhoto.objects.update(created_at=timezone.now() - RETAKEN_WITHIN)
        assert take(office, sam, 1, 2, instead_of=old).json()["error"] == "not_yours"
        FacePhoto.objects.update(created_at=timezone.now(), added_by=None)
        assert take(office, sam, 1, 2, instead_of=old).json()["error"] == "not_yours"
        assert take(office, sita, 3, 1, instead_of=old).json()["state"] == "enrolled"  # no photo of hers
        assert FacePhoto.objects.filter(student=sam).count() == 1

    def test_another_one_s_face_is_held(self, office, sam, sita):
        take(office, sam)
        assert take(office, sita, 1, 2).json()["state"] == "held"

    @pytest.mark.parametrize("body", [{}, {"picture": "text"}, {"instead_of": "no id"}])
    def test_bad_input(self, office, sam, body):
        assert office.post(at("station_take", student_id=sam.pk), body).status_code == 400

    def test_strangers_and_leavers_are_nowhere(self, office, sam, hilltop):
        assert take(office, make_student(hilltop, "Hal", "H-1")).status_code == 404
        Student.objects.filter(pk=sam.pk).update(is_active=False)
        assert take(office, sam).status_code == 404
        assert office.post(at("station_take", student_id=uuid4())).status_code == 404
