"""Erasure by itself, with engines that keep faces on a shelf: what is erased where, and what remains if not all."""

from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from enrollment.domain.faces import EngineUnavailable, ErasureReport
from enrollment.errors import ErasureUnfinished
from enrollment.faces.places import current_place, face_ids_at
from enrollment.models import FaceId, FacePhoto, FacePlace, LookAlike
from enrollment.services import erasure
from enrollment.signals import face_withdrawn
from tests.conftest import make_student

pytestmark = pytest.mark.django_db
State = FacePhoto.State
WAITING = "The face engine could not be reached, so its data is still to be erased. It will be tried again."
INCOMPLETE = "The face engine could not erase everything. It will be tried again."
SHELVES = {}


class Shelf:
    """Implements `FaceKeeper`: faces (id -> student) of one place; what it was asked to forget is recorded."""

    lists_faces = True

    def __init__(self):
        self.kept, self.asked, self.sticky, self.late, self.is_away = {}, [], set(), {}, False

    def owns(self, face_id):
        return not face_id.startswith("foreign")

    def is_underway(self, face_id):
        return False

    def faces(self):
        if self.is_away:
            raise EngineUnavailable("throttled", "scripted")
        return dict(self.kept)

    def forget(self, face_ids):
        self.asked.append(list(face_ids))
        for name in set(face_ids) - self.sticky:
            self.kept.pop(name, None)
            FaceId.objects.filter(face_id=name).delete()
        self.kept |= self.late
        self.late = {}
        return ErasureReport(tuple(face_ids), tuple((name, "STUCK") for name in face_ids if name in self.sticky))


class ShelfEngine:
    """An engine whose keeper is a shelf, one for each `at`."""

    def __init__(self, institution, *, at="here"):
        self.at = at

    @classmethod
    def whereabouts(cls, *, at="here"):
        return {"at": at}

    @classmethod
    def keeper(cls, institution, where, mapping):
        return SHELVES.setdefault(where["at"], Shelf())


def place_at(settings, school, at):
    settings.FACE_ENGINE = {"BACKEND": f"{__name__}.ShelfEngine", "OPTIONS": {"at": at}}
    return current_place(school)


@pytest.fixture
def places(settings, riverside):
    """An older place and the current one, each with its shelf."""
    SHELVES.clear()
    cache.clear()
    SHELVES.update(there=Shelf(), here=Shelf())
    return SimpleNamespace(there=place_at(settings, riverside, "there"), here=place_at(settings, riverside, "here"))


def keep(place, student, name, **values):
    """A face in a place and in its mapping, and its photo."""
    SHELVES[place.engine_at["at"]].kept[name] = student.pk
    face_ids_at(place).put(name, student.pk)
    values = {"state": State.ENROLLED, "place": place, **values}
    photo = FacePhoto(institution=student.institution, student=student, face_id=name, **values)
    photo.picture.save("photo.jpg", ContentFile(b"photo"), save=False)
    photo.save()
    return photo


def erase(student, callbacks):
    with callbacks(execute=True):
        return erasure.student_erase_faces(student=student)


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    return django_capture_on_commit_callbacks


class TestPlaces:
    def test_each_face_is_erased_where_it_was_enrolled(self, places, sam, sita, committed, files_of):
        keep(places.there, sam, "a")
        portrayed = keep(places.here, sam, "b")
        portrayed.portrait.save("portrait.jpg", ContentFile(b"portrait"))
        unplaced = keep(places.here, sam, "c")  # from before places were noted: asked for in all of them
        FacePhoto.objects.filter(pk=unplaced.pk).update(place=None)
        keep(places.here, sita, "d")
        assert erase(sam, committed) == erasure.Erasure(vectors=4, mappings=3, photos=3, files=4)
        assert SHELVES["there"].asked == [["a", "b", "c"]]
        assert SHELVES["here"].asked == [["b", "c"]]
        assert SHELVES["here"].kept == {"d": sita.pk}
        assert not sam.photos.exists()
        assert sita.photos.get().state == State.ENROLLED
        assert len(files_of()) == 1

    def test_a_face_that_only_the_place_knows(self, places, sam, sita, committed):
        SHELVES["here"].kept = {"a": sam.pk, "b": sita.pk, "c": None}
        assert erase(sam, committed) == erasure.Erasure(vectors=1, mappings=0, photos=0, files=0)
        assert SHELVES["here"].kept == {"b": sita.pk, "c": None}

    def test_one_that_only_the_mapping_knows(self, places, sam, sita, committed):
        for name, student in {"a": sam, "b": sita, "foreign": sam}.items():
            face_ids_at(places.here).put(name, student.pk)
        assert erase(sam, committed) == erasure.Erasure(vectors=0, mappings=1, photos=0, files=0)
        assert set(FaceId.objects.values_list("face_id", flat=True)) == {"b", "foreign"}

    def test_one_that_comes_late(self, places, sam, committed):
        keep(places.here, sam, "a")
        SHELVES["here"].late = {"late": sam.pk}
        assert erase(sam, committed).vectors == 2
        assert SHELVES["here"].asked == [["a"], ["late"]]
        assert SHELVES["here"].kept == {}

    def test_nothing_to_erase_is_not_asked_for(self, places, sam, committed):
        assert erase(sam, committed) == erasure.Erasure(0, 0, 0, 0)
        assert SHELVES["here"].asked == SHELVES["there"].asked == []


class TestWhatRemains:
    def refused(self, student, committed):
        with pytest.raises(ErasureUnfinished) as unfinished:
            erase(student, committed)
        assert unfinished.value.retryable
        return unfinished.value.code, str(unfinished.value)

    @pytest.mark.parametrize("away", ["there", "here"])
    def test_while_one_place_is_away_the_other_is_emptied(self, away, places, sam, sita, committed, caplog):
        keep(places.there, sam, "a")
        photo = keep(places.here, sam, "b")
        LookAlike.objects.create(institution=sam.institution, **in_order(sam, sita))
        SHELVES[away].is_away = True
        assert self.refused(sam, committed) == ("erasure_waiting", WAITING)
        assert caplog.messages[-1] == "Faces are erased later: scripted"
        assert [place for place, shelf in SHELVES.items() if shelf.kept] == [away]
        assert set(sam.photos.values_list("state", flat=True)) == {State.WITHDRAWN}
        assert default_storage.exists(photo.picture.name)
        assert LookAlike.objects.exists()
        SHELVES[away].is_away = False
        assert erasure.erasures_resume(institution=sam.institution) == 1
        assert not sam.photos.exists()

    def test_an_engine_that_is_no_longer_installed(self, places, sam, committed):
        FacePlace.objects.filter(pk=places.there.pk).update(engine="no_such_package.Engine")
        keep(places.here, sam, "b")
        assert self.refused(sam, committed) == ("erasure_waiting", WAITING)
        assert SHELVES["here"].kept == {}

    def test_an_engine_that_cannot_say_where_it_is(self, places, sam, monkeypatch, committed):
        def away(**_options):
            raise EngineUnavailable("throttled", "scripted")

        monkeypatch.setattr(ShelfEngine, "whereabouts", away)
        assert self.refused(sam, committed) == ("erasure_waiting", WAITING)

    def test_a_face_that_the_engine_keeps(self, places, sam, committed, caplog):
        keep(places.here, sam, "b")
        SHELVES["here"].sticky = {"b"}
        assert self.refused(sam, committed) == ("erasure_incomplete", INCOMPLETE)
        assert caplog.messages[-1] == "The face engine kept (('b', 'STUCK'),)"
        assert sam.photos.exists()

    def test_what_another_room_cannot_erase_yet(self, places, sam, sita, committed):
        """Its refusal is said once the rest is done; any other fault of it hinders nothing."""
        told = []

        def broken(sender, student, **_more):
            told.append((sender, student))
            raise ValueError

        def waiting(student, **_more):
            raise ErasureUnfinished("photos_waiting", "later", retryable=True)

        keep(places.here, sam, "b")
        keep(places.here, sita, "d")
        face_withdrawn.connect(broken)
        try:
            face_withdrawn.connect(waiting)
            try:
                assert self.refused(sam, committed) == ("photos_waiting", "later")
            finally:
                face_withdrawn.disconnect(waiting)
            assert SHELVES["here"].kept == {"d": sita.pk}
            assert sam.photos.get().state == State.WITHDRAWN
            assert erase(sita, committed).vectors == 1
        finally:
            face_withdrawn.disconnect(broken)
        assert told == [(type(sam), sam), (type(sita), sita)]


def in_order(one, other):
    first, second = sorted((one, other), key=lambda student: student.pk)
    return {"first": first, "second": second}


class TestLookAlikes:
    def test_pairs_with_the_student_go_and_others_stay(self, places, riverside, sam, sita, committed):
        people = sorted([sam, sita, make_student(riverside, "Nora", "R-003")], key=lambda student: student.pk)
        for pair in ((0, 1), (0, 2), (1, 2)):
            LookAlike.objects.create(institution=riverside, **in_order(*(people[n] for n in pair)))
        erase(people[1], committed)
        assert list(LookAlike.objects.values_list("first", "second")) == [(people[0].pk, people[2].pk)]

    def test_who_is_held_for_resembling_them_is_examined_again(self, places, sam, sita, committed):
        held = keep(places.here, sita, "", state=State.HELD, refusal="looks_like", looks_like=sam)
        refused = keep(places.here, sita, "", state=State.REFUSED, refusal="blurred", looks_like=sam)
        others = keep(places.here, sam, "", state=State.HELD, refusal="looks_like", looks_like=sita)
        erase(sam, committed)
        shown = [(photo.state, photo.refusal, photo.looks_like) for photo in (fresh(held), fresh(refused))]
        assert shown == [(State.RECEIVED, "", None), (State.REFUSED, "blurred", None)]
        assert not FacePhoto.objects.filter(pk=others.pk).exists()

    def test_who_is_held_for_resembling_somebody_else_stays_so(self, places, riverside, sam, sita, committed):
        held = keep(places.here, sita, "", state=State.HELD, looks_like=make_student(riverside, "Nora", "R-003"))
        erase(sam, committed)
        assert (fresh(held).state, fresh(held).looks_like.name) == (State.HELD, "Nora")


def fresh(photo):
    return FacePhoto.objects.get(pk=photo.pk)


class TestPartsOfIt:
    def test_photos_are_withdrawn_of_the_student_alone(self, places, sam, sita):
        mine, theirs = keep(places.here, sam, "a"), keep(places.here, sita, "b")
        erasure.photos_withdraw(student=sam)
        assert (fresh(mine).state, fresh(theirs).state) == (State.WITHDRAWN, State.ENROLLED)

    def test_single_faces_are_forgotten_where_they_are(self, places, sam):
        SHELVES["there"].kept = {"a": sam.pk, "b": sam.pk}
        erasure.faces_forget(places.there, ["b", "a"])
        assert (SHELVES["there"].asked, SHELVES["there"].kept, SHELVES["here"].asked) == ([["a", "b"]], {}, [])

    def test_no_faces_or_no_place_is_nothing_to_forget(self, places):
        erasure.faces_forget(None, ["a"])
        erasure.faces_forget(places.here, [])
        assert SHELVES["here"].asked == SHELVES["there"].asked == []

    def test_a_place_is_emptied_whosever_its_faces_are(self, places, sam):
        SHELVES["there"].kept = {"b": sam.pk, "a": None}
        erasure.place_empty(places.there)
        erasure.place_empty(places.there)
        assert (SHELVES["there"].asked, SHELVES["there"].kept, SHELVES["here"].asked) == ([["a", "b"]], {}, [])

    @pytest.mark.parametrize(
        "part",
        [lambda place: erasure.place_empty(place), lambda place: erasure.faces_forget(place, ["a"])],
        ids=["place_empty", "faces_forget"],
    )
    def test_what_remains_of_them_is_said(self, part, places):
        SHELVES["here"].kept, SHELVES["here"].sticky = {"a": None}, {"a"}
        with pytest.raises(ErasureUnfinished, match=INCOMPLETE):
            part(places.here)
        places.here.engine = "no_such_package.Engine"
        with pytest.raises(ErasureUnfinished, match=WAITING) as unfinished:
            part(places.here)
        assert isinstance(unfinished.value.__cause__, ImportError)

    def test_what_is_due_is_resumed_and_files_without_a_row_go(self, places, riverside, hilltop, sam, sita, committed):
        keep(places.here, sam, "a")
        keep(places.here, sita, "b")
        stray = default_storage.save(f"faces/{riverside.pk}/gone/photo.jpg", ContentFile(b"photo"))
        sam.consents.all().delete()
        assert erasure.erasures_resume(institution=hilltop) == 0
        assert default_storage.exists(stray)
        assert erasure.erasures_resume(institution=riverside) == 1
        assert not default_storage.exists(stray)
        assert (sam.photos.count(), sita.photos.count()) == (0, 1)
