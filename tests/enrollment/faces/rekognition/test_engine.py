"""The Rekognition engine against the local server: calls on the wire, quotas, obstacles, what is kept in step."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from PIL import Image

from accounts.metering import calls_flush
from accounts.models import PaidCalls
from attendance.demo.orl import enlarged, orl_photo
from attendance.evaluation.drawn_covers import TRIED
from enrollment.domain.faces import Cover, EngineUnavailable, FaceError, PoorQuality, Refusal, Unlike
from enrollment.errors import ErasureUnfinished
from enrollment.faces import faces_for, warm_up
from enrollment.faces.local.analysis import LANDMARKS
from enrollment.faces.local.engine import LocalModel
from enrollment.faces.rekognition.collection import collection_id, refusal_of
from enrollment.faces.rekognition.detectors import cover_in
from enrollment.faces.rekognition.engine import RekognitionFaceEngine
from enrollment.faces.rekognition.erasure import new_intent
from enrollment.faces.rekognition.limits import RekognitionRefused
from enrollment.models import FacePhoto
from enrollment.photo_outcomes import photo_verdict
from enrollment.repositories import face_ids_for
from enrollment.repositories.orm import OrmFaceIdRepository
from enrollment.services.erasure import student_erase_faces
from enrollment.services.photos import face_photo_add
from portal.aws import clients
from portal.aws.clients import client
from portal.aws.pace import patience
from tests.conftest import make_student
from tests.engines import GOOD
from tests.enrollment.faces.conftest import tiles
from tests.enrollment.orl import as_file

pytestmark = pytest.mark.django_db
SEARCH = "SearchFacesByImage"
BACKEND = "enrollment.faces.rekognition.engine.RekognitionFaceEngine"
QUICK = dict.fromkeys(
    ("CreateUser", "AssociateFaces", "DisassociateFaces", "DeleteUser", "DeleteFaces", "ListFaces", "ListUsers"), 1000
)


@pytest.fixture
def server(local_rekognition, settings):
    """The local Rekognition. Searches keep the quota of the tests' Region, 50 a second."""
    settings.AWS_RATES = QUICK
    settings.FACE_ENGINE = {"BACKEND": BACKEND}
    cache.clear()
    return local_rekognition


@pytest.fixture
def engine(server, riverside):
    return RekognitionFaceEngine(riverside)


@pytest.fixture
def users(server, riverside):
    return RekognitionFaceEngine(riverside, users=True)


@pytest.fixture
def mapping(riverside):
    return face_ids_for(riverside)


@pytest.fixture
def one_attempt(monkeypatch):
    """botocore's own retries would make a test of an obstacle last some seconds."""
    monkeypatch.setattr(clients, "RETRIES", {"mode": "standard", "total_max_attempts": 1})
    clients.forget_clients()
    yield
    clients.forget_clients()


@pytest.fixture
def enrolled(engine, sam):
    """Sam is enrolled with two photos; counting begins here."""
    for number in (1, 2):
        engine.enroll(orl_photo(1, number), student_id=sam.pk)
    return sam


def stored(institution):
    """Ids of the faces that the collection really holds."""
    answer = client("rekognition").list_faces(CollectionId=collection_id(institution.pk))
    return [face["FaceId"] for face in answer["Faces"]]


def users_of(institution):
    answer = client("rekognition").list_users(CollectionId=collection_id(institution.pk))
    return [user["UserId"] for user in answer["Users"]]


def unavailable(call):
    with pytest.raises(EngineUnavailable) as caught:
        call()
    assert caught.value.retryable
    assert str(caught.value)
    return caught.value.code


def see(engine, person=1):
    return engine.identify(orl_photo(person, 7), candidates=None)


def upright(box):
    """Rough positions of eyes, nose and mouth of an upright face in a box."""
    return (LANDMARKS - LANDMARKS.mean(0)) * (box.width / 80) + (box.left + box.width / 2, box.top + box.height * 0.55)


class TestCallsOnTheWire:
    def test_thirty_faces_are_thirty_calls(self, server, engine, enrolled):
        server.quota(SEARCH, 50)
        server.forget_calls()
        seen = engine.identify(tiles(range(1, 31)), candidates=None)
        assert len(seen) == 30
        assert server.calls() == {SEARCH: 30}
        assert server.throttled() == {}
        assert seen[0].matches[0].student_id == enrolled.pk

    def test_detection_by_rekognition_is_one_more(self, server, riverside, enrolled):
        server.forget_calls()
        RekognitionFaceEngine(riverside, detector="rekognition").identify(tiles(range(1, 5)), candidates=None)
        assert server.calls() == {"DetectFaces": 1, SEARCH: 4}

    def test_what_rekognition_says_of_covers_is_kept(self, riverside, enrolled):
        photo = orl_photo(1, 7)
        [place] = LocalModel.from_options().detect(photo)
        covered = Image.fromarray(TRIED["mask_black"](np.asarray(photo), upright(place.box), None))
        engine = RekognitionFaceEngine(riverside, detector="rekognition")
        [bare], [masked] = (engine.identify(picture, candidates=None) for picture in (photo, covered))
        assert (bare.quality.cover, masked.quality.cover) == (None, Cover.PART)
        assert engine.calibration.covered_accept > 0

    @pytest.mark.parametrize(
        ("attributes", "cover"),
        [
            ({}, None),
            ({"FaceOccluded": {"Value": False}, "Sunglasses": {"Value": False}}, None),
            ({"FaceOccluded": {"Value": True}, "Sunglasses": {"Value": False}}, Cover.PART),
            ({"FaceOccluded": {"Value": True}, "Sunglasses": {"Value": True}}, Cover.UPPER),
            ({"Sunglasses": {"Value": True}}, Cover.UPPER),
        ],
    )
    def test_attributes_as_covers(self, attributes, cover):
        assert cover_in(attributes) == cover

    def test_a_picture_without_faces_costs_nothing(self, server, engine, enrolled):
        server.forget_calls()
        assert engine.identify(Image.new("RGB", (640, 480)), candidates=None) == []
        assert server.calls() == {}

    def test_whose_faces_they_are_is_one_question(self, engine, enrolled, monkeypatch):
        asked = []
        read = OrmFaceIdRepository.get_many

        def noted(self, ids):
            asked.append(set(ids))
            return read(self, ids)

        monkeypatch.setattr(OrmFaceIdRepository, "get_many", noted)
        engine.identify(tiles([1, 1, 1, 2], columns=2), candidates=None)
        assert [len(ids) for ids in asked] == [2]

    def test_a_collection_is_made_with_the_first_photo(self, server, engine, riverside, sam):
        assert see(engine)[0].matches == ()
        engine.enroll(orl_photo(1, 1), student_id=sam.pk)
        assert client("rekognition").list_collections()["CollectionIds"] == [collection_id(riverside.pk)]
        assert server.calls()["CreateCollection"] == 1
        assert SEARCH in server.calls()

    def test_a_collection_that_was_deleted_is_made_again(self, engine, enrolled, sita):
        client("rekognition").delete_collection(CollectionId=engine.collection.name)
        assert see(engine)[0].matches == ()
        engine.enroll(orl_photo(2, 1), student_id=sita.pk)
        assert see(engine, 2)[0].matches[0].student_id == sita.pk

    def test_two_processes_make_it_at_the_same_time(self, server, engine, sam):
        engine.collection.calls.one("CreateCollection", CollectionId=engine.collection.name)
        engine.collection._create()
        engine.enroll(orl_photo(1, 1), student_id=sam.pk)

    def test_a_crop_without_a_face_for_rekognition_is_nobody(self, server, engine, enrolled):
        server.fault(SEARCH, "InvalidParameterException")
        first, second = engine.identify(tiles([1, 1], columns=2), candidates=None)
        assert sorted(len(face.matches) for face in (first, second)) == [0, 1]


class TestObstacles:
    def test_a_throttled_call_takes_another_turn(self, server, engine, enrolled):
        server.forget_calls()
        server.fault(SEARCH, "ThrottlingException", times=2)
        assert see(engine)[0].matches[0].student_id == enrolled.pk
        assert server.calls() == {SEARCH: 3}

    def test_and_then_the_picture_waits(self, server, engine, enrolled, one_attempt):
        server.forget_calls()
        server.fault(SEARCH, "ProvisionedThroughputExceededException", times=9)
        assert unavailable(lambda: see(engine)) == "throttled"
        assert server.calls() == {SEARCH: 2}

    def test_a_quota_that_is_taken_is_said_before_any_call(self, server, engine, enrolled, settings):
        settings.AWS_RATES = {SEARCH: 0.1}
        server.forget_calls()
        assert unavailable(lambda: engine.identify(tiles(range(1, 5)), candidates=None)) == "throttled"
        assert server.calls() == {}

    def test_a_worker_waits_longer(self, server, riverside, enrolled, settings):
        settings.AWS_RATES = {SEARCH: 10}
        engine = RekognitionFaceEngine(riverside, max_wait=0.01)
        assert unavailable(lambda: engine.identify(tiles([1, 2], columns=2), candidates=None)) == "throttled"
        with patience(30):
            assert len(engine.identify(tiles([1, 2], columns=2), candidates=None)) == 2

    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            ("InternalServerError", "failing"),
            ("ServiceUnavailable", "failing"),
            ("AccessDeniedException", "denied"),
            ("UnrecognizedClientException", "denied"),
            ("DropRequest", "unreachable"),
        ],
    )
    def test_every_other_one(self, server, engine, enrolled, one_attempt, answer, code):
        server.fault(SEARCH, answer)
        assert unavailable(lambda: see(engine)) == code
        assert see(engine)[0].matches[0].student_id == enrolled.pk

    def test_a_slow_answer(self, server, engine, enrolled, one_attempt, monkeypatch):
        monkeypatch.setitem(clients.READ_TIMEOUT, "rekognition", 0.2)
        server.slow(SEARCH, 2)
        assert unavailable(lambda: see(engine)) == "unreachable"

    def test_nobody_there_ends_the_picture_early_and_then_nothing_is_asked(
        self, engine, enrolled, one_attempt, aws_endpoint, settings
    ):
        settings.AWS_THREADS = 2
        aws_endpoint("rekognition", "http://127.0.0.1:9")
        codes = [unavailable(lambda: engine.identify(tiles(range(1, 9)), candidates=None)) for _ in range(4)]
        assert (codes[0], codes[-1]) == ("unreachable", "circuit_open")

    def test_no_region_is_a_matter_of_settings(self, engine, enrolled, settings, monkeypatch):
        settings.AWS_REGION = ""
        monkeypatch.delenv("AWS_DEFAULT_REGION")
        clients.forget_clients()
        cache.clear()
        assert unavailable(lambda: see(engine)) == "denied"

    def test_what_rekognition_refuses_is_not_tried_again(self, server, engine, enrolled, caplog):
        server.fault(SEARCH, "ImageTooLargeException")
        with pytest.raises(FaceError) as refused:
            see(engine)
        assert (refused.value.code, refused.value.retryable) == ("refused", False)
        assert "ImageTooLargeException" in caplog.text


class TestWhatRekognitionRefuses:
    """An unforeseen limit: the work that met it ends, says so, and does not block other work."""

    def test_a_photo(self, server, sam):
        server.fault("IndexFaces", "ImageTooLargeException")
        photo = face_photo_add(student=sam, upload=as_file(orl_photo(1, 1)), added_by=None)
        assert (photo.state, photo.refusal) == (FacePhoto.State.REFUSED, "refused")
        assert "Take another one" in photo_verdict(photo)

    def test_an_erasure(self, server, riverside, sam):
        face_photo_add(student=sam, upload=as_file(orl_photo(1, 1)), added_by=None)
        server.fault("DeleteFaces", "InvalidParameterException")
        with pytest.raises(ErasureUnfinished):
            student_erase_faces(student=sam)
        student_erase_faces(student=sam)
        assert stored(riverside) == []


class TestMoney:
    @pytest.fixture(autouse=True)
    def _from_nought(self, enrolled):
        calls_flush()
        PaidCalls.objects.all().delete()

    def test_calls_are_counted(self, engine, riverside):
        engine.identify(tiles(range(1, 4)), candidates=None)
        assert counted(riverside) == {SEARCH: 3}

    def test_what_was_not_answered_is_not(self, server, engine, riverside, one_attempt):
        server.fault(SEARCH, "AccessDeniedException")
        unavailable(lambda: see(engine))
        assert counted(riverside) == {}

    @pytest.mark.parametrize("options", [{}, {"users": True}, {"detector": "rekognition"}])
    def test_past_the_cap_nothing_is_asked(self, server, riverside, sam, enrolled, options):
        engine = RekognitionFaceEngine(riverside, **options)
        engine.collection.version()
        spent(riverside)
        server.forget_calls()
        assert unavailable(lambda: see(engine)) == "cap_reached"
        assert unavailable(lambda: engine.enroll(orl_photo(1, 3), student_id=sam.pk)) == "cap_reached"
        assert server.calls() == {}

    def test_but_anyone_who_wants_to_be_forgotten_is(self, engine, riverside, enrolled):
        spent(riverside)
        student_erase_faces(student=enrolled)
        assert stored(riverside) == []


def counted(institution):
    calls_flush()
    return {row.operation: row.calls for row in PaidCalls.objects.filter(institution=institution)}


def spent(institution):
    institution.monthly_cap = Decimal("0.01")
    institution.save()
    today = date.today().replace(day=1)
    PaidCalls.objects.update_or_create(
        institution=institution, month=today, service="rekognition", operation=SEARCH, defaults={"calls": 1000}
    )


class TestNothingIsLeftBehind:
    """AWS tells a face's id only after it has stored it: whatever happens in between, it can be erased."""

    @pytest.fixture(autouse=True)
    def calls_have_ended(self):
        """As if every call had been made long ago; until then an erasure is unfinished: see test_places.py."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("enrollment.faces.rekognition.erasure.CALL_MAY_TAKE", 0.0)
            yield

    @pytest.mark.parametrize("fault", ["DropAnswer", "DropRequest", "InternalServerError"])
    def test_an_answer_that_is_lost(self, server, engine, mapping, riverside, sam, one_attempt, fault):
        server.fault("IndexFaces", fault)
        assert unavailable(lambda: engine.enroll(orl_photo(1, 1), student_id=sam.pk)) in {"unreachable", "failing"}
        assert len(stored(riverside)) == (fault == "DropAnswer")
        assert [name.split(":")[0] for name in mapping.for_student(sam.pk)] == ["pending"]
        student_erase_faces(student=sam)
        assert (stored(riverside), mapping.for_student(sam.pk)) == ([], [])

    @pytest.mark.parametrize("dies_at", [2, 3])
    def test_a_crash_before_the_id_is_written_down(self, engine, mapping, riverside, sam, monkeypatch, dies_at):
        self.die(monkeypatch, at=dies_at)
        with pytest.raises(KeyboardInterrupt):
            engine.enroll(orl_photo(1, 1), student_id=sam.pk)
        monkeypatch.undo()
        assert len(stored(riverside)) == 1
        report = engine.forget(mapping.for_student(sam.pk))
        assert report.remaining == ()
        assert (stored(riverside), mapping.for_student(sam.pk)) == ([], [])

    def die(self, monkeypatch, at):
        """The process ends at the so-manieth change of the mapping."""
        changes = []

        def dying(method):
            def change(self, *arguments):
                changes.append(method)
                if len(changes) == at:
                    raise KeyboardInterrupt
                return method(self, *arguments)

            return change

        for name in ("put", "remove"):
            monkeypatch.setattr(OrmFaceIdRepository, name, dying(getattr(OrmFaceIdRepository, name)))

    def test_the_photo_examined_again_is_the_same_face(self, server, engine, mapping, riverside, sam, one_attempt):
        server.fault("IndexFaces", "DropAnswer")
        unavailable(lambda: engine.enroll(orl_photo(1, 1), student_id=sam.pk))
        face = engine.enroll(orl_photo(1, 1), student_id=sam.pk)
        assert stored(riverside) == [face.face_id]
        student_erase_faces(student=sam)
        assert (stored(riverside), mapping.for_student(sam.pk)) == ([], [])

    def test_only_that_student_s_unknown_faces_go(self, server, engine, mapping, riverside, sam, sita, one_attempt):
        known = engine.enroll(orl_photo(1, 1), student_id=sam.pk)
        other = engine.enroll(orl_photo(2, 1), student_id=sita.pk)
        server.fault("IndexFaces", "DropAnswer")
        unavailable(lambda: engine.enroll(orl_photo(1, 2), student_id=sam.pk))
        assert len(stored(riverside)) == 3
        [intent] = [name for name in mapping.for_student(sam.pk) if name != known.face_id]
        assert engine.forget([intent]).erased == (intent,)
        assert sorted(stored(riverside)) == sorted([known.face_id, other.face_id])

    def test_a_refused_face_leaves_no_intent(self, server, engine, mapping, riverside, sam):
        server.fault("IndexFaces", "ServiceQuotaExceededException")
        with pytest.raises(RekognitionRefused):
            engine.enroll(orl_photo(1, 1), student_id=sam.pk)
        assert (stored(riverside), mapping.for_student(sam.pk)) == ([], [])

    def test_more_ids_than_one_call_takes(self, server, engine, mapping, sam):
        engine.enroll(orl_photo(1, 1), student_id=sam.pk)
        server.forget_calls()
        many = [f"12345678-0000-0000-0000-{n:012x}" for n in range(4097)]
        assert engine.forget([*many, *mapping.for_student(sam.pk)]).remaining == ()
        assert server.calls() == {"DeleteFaces": 2}

    def test_a_collection_that_is_gone(self, server, engine, mapping, enrolled):
        client("rekognition").delete_collection(CollectionId=engine.collection.name)
        student_erase_faces(student=enrolled)
        assert mapping.for_student(enrolled.pk) == []


class TestIntents:
    """Entries of the mapping for a face that may come yet."""

    NOW = 1_800_000_000

    @pytest.fixture
    def keeper(self, riverside, monkeypatch):
        monkeypatch.setattr("enrollment.faces.rekognition.erasure.time.time", lambda: self.NOW + 0.0)
        where = {"region": "eu-west-1", "prefix": "attendance", "vectors": "faces"}
        return RekognitionFaceEngine.keeper(riverside, where, face_ids_for(riverside))

    def test_a_new_one_is_underway(self, keeper):
        assert keeper.is_underway(new_intent())

    @pytest.mark.parametrize(("age", "expected"), [(0, True), (299, True), (300, False), (301, False), (-60, True)])
    def test_until_its_call_has_ended(self, keeper, age, expected):
        assert keeper.is_underway(f"pending:{self.NOW - age}:abc") is expected

    @pytest.mark.parametrize("name", ["pending:soon:abc", "pending:", "12345678-1234-1234-1234-123456789012"])
    def test_what_is_none(self, keeper, name):
        assert not keeper.is_underway(name)

    def test_only_intents_are(self, keeper):
        """A name that begins with a recent time without being an intent is a face's."""
        assert not keeper.is_underway(f"{self.NOW}:abc")


class TestUsers:
    def test_one_user_for_all_photos(self, users, riverside, sam):
        for number in (1, 2, 3):
            users.enroll(orl_photo(1, number), student_id=sam.pk)
        assert users_of(riverside) == [str(sam.pk)]
        assert see(users)[0].matches[0].student_id == sam.pk
        assert users.calibration.model == "rekognition-7.0-users"

    def test_somebody_else_s_photo_among_one_s_own(self, users, mapping, riverside, sam):
        own = users.enroll(orl_photo(1, 1), student_id=sam.pk)
        with pytest.raises(Unlike) as refused:
            users.enroll(orl_photo(2, 1), student_id=sam.pk)
        assert refused.value.code == Refusal.UNLIKE
        assert mapping.for_student(sam.pk) == stored(riverside) == [own.face_id]

    def test_the_user_goes_with_the_last_face(self, users, mapping, riverside, sam):
        faces = [users.enroll(orl_photo(1, number), student_id=sam.pk).face_id for number in (1, 2)]
        users.forget(faces[:1])
        assert (stored(riverside), users_of(riverside)) == (faces[1:], [str(sam.pk)])
        users.forget(faces[1:])
        assert (stored(riverside), users_of(riverside), mapping.for_student(sam.pk)) == ([], [], [])

    def test_an_engine_without_users_forgets_them_too(self, engine, users, mapping, riverside, sam):
        face = users.enroll(orl_photo(1, 1), student_id=sam.pk)
        assert engine.forget([face.face_id]).remaining == ()
        assert (stored(riverside), mapping.for_student(sam.pk)) == ([], [])

    def test_a_face_that_the_mapping_has_lost(self, users, mapping, riverside, sam):
        face = users.enroll(orl_photo(1, 1), student_id=sam.pk)
        mapping.purge_student(sam.pk)
        assert users.forget([face.face_id]).erased == (face.face_id,)
        assert stored(riverside) == []

    def test_what_could_not_be_erased_is_said_and_stays_known(self, server, users, mapping, riverside, sam):
        faces = [users.enroll(orl_photo(1, number), student_id=sam.pk).face_id for number in (1, 2)]
        server.fault("DisassociateFaces", "ResourceNotFoundException", times=2)
        report = users.forget(faces[:1])
        assert report.erased == ()
        assert report.remaining == ((faces[0], "ASSOCIATED_TO_AN_EXISTING_USER"),)
        assert mapping.for_student(sam.pk) == faces
        assert users.forget(faces[:1]).erased == (faces[0],)

    def test_a_stray_that_could_not_be_erased_keeps_its_intent(self, server, users, mapping, riverside, sam):
        face = users.enroll(orl_photo(1, 1), student_id=sam.pk)
        mapping.remove([face.face_id])
        mapping.put("pending:1", sam.pk)
        server.fault("DeleteUser", "ResourceNotFoundException")
        server.fault("DisassociateFaces", "ResourceNotFoundException")
        assert users.forget(["pending:1"]).remaining == (("pending:1", "ASSOCIATED_TO_AN_EXISTING_USER"),)
        assert mapping.for_student(sam.pk) == ["pending:1"]
        assert users.forget(["pending:1"]).remaining == ()
        assert stored(riverside) == []

    def test_aws_takes_its_time(self, server, users, sam):
        server.lag(0.3)
        users.enroll(orl_photo(1, 1), student_id=sam.pk)
        assert see(users)[0].matches[0].student_id == sam.pk

    def test_a_user_whom_the_portal_has_not_made(self, users, riverside, sam):
        users.enroll(orl_photo(1, 1), student_id=sam.pk)
        name, [face_id] = users.collection.name, stored(riverside)
        client("rekognition").delete_user(CollectionId=name, UserId=str(sam.pk))
        client("rekognition").create_user(CollectionId=name, UserId="somebody")
        client("rekognition").associate_faces(CollectionId=name, UserId="somebody", FaceIds=[face_id])
        assert see(users)[0].matches == ()


class TestEnrolling:
    def test_a_face_that_is_not_findable_at_once(self, server, engine, sam):
        server.lag(60)
        face = engine.enroll(orl_photo(1, 1), student_id=sam.pk)
        assert see(engine)[0].matches == ()
        server.lag(0)
        assert engine.forget([face.face_id]).remaining == ()

    @pytest.mark.parametrize(
        ("reasons", "code"),
        [
            (["EXTREME_POSE"], Refusal.TURNED_AWAY),
            (["LOW_BRIGHTNESS", "LOW_SHARPNESS"], Refusal.DARK),
            (["LOW_SHARPNESS"], Refusal.BLURRED),
            (["LOW_FACE_QUALITY"], Refusal.BLURRED),
            (["SMALL_BOUNDING_BOX"], Refusal.TOO_SMALL),
            (["LOW_CONFIDENCE"], Refusal.NO_FACE),
            (["EXCEEDS_MAX_FACES"], Refusal.NO_FACE),
        ],
    )
    def test_why_aws_did_not_index_a_face(self, reasons, code):
        refusal = refusal_of({"UnindexedFaces": [{"Reasons": reasons}]}, GOOD)
        assert refusal.code == code
        assert isinstance(refusal, PoorQuality) == (code != Refusal.NO_FACE)

    def test_whatever_aws_says_nothing_stays(self, server, engine, mapping, riverside, sam, monkeypatch):
        monkeypatch.setattr("enrollment.faces.rekognition.engine.require_quality", lambda quality: None)
        dark = orl_photo(1, 1).point(lambda value: value * 0.12)
        with pytest.raises(PoorQuality) as refused:
            engine.enroll(dark, student_id=sam.pk)
        assert refused.value.code == Refusal.DARK
        assert (stored(riverside), mapping.for_student(sam.pk)) == ([], [])

    def test_the_face_in_front_is_indexed_and_no_other(self, engine, riverside, sam):
        picture = Image.new("RGB", (700, 520), (120, 120, 120))
        picture.paste(orl_photo(1, 1), (0, 30))
        picture.paste(enlarged(2, 1, 1.3), (420, 200))
        engine.enroll(picture, student_id=sam.pk)
        assert see(engine, 1)[0].matches[0].student_id == sam.pk
        assert see(engine, 2)[0].matches == ()


class TestThresholds:
    def test_the_model_is_part_of_the_thresholds(self, server, engine, enrolled):
        assert engine.calibration.model == "rekognition-7.0"
        assert engine.calibration.engine == "rekognition"
        assert "not measured" in engine.calibration.source

    def test_the_model_is_asked_for_once(self, server, engine, enrolled):
        server.forget_calls()
        assert {engine.calibration.model for _ in range(5)} == {"rekognition-7.0"}
        assert server.calls() == {}

    def test_before_the_first_photo_it_has_no_version(self, engine):
        assert engine.calibration.model == "rekognition"

    def test_a_school_may_ask_earlier(self, engine, riverside, enrolled):
        """The less similar are not even sent by AWS unless they are asked for."""
        picture = tiles(range(2, 9), columns=4)
        assert not any(face.matches for face in engine.identify(picture, candidates=None))
        riverside.review_threshold, riverside.thresholds_model = 5.0, engine.calibration.model
        faint = [face.matches[0].similarity for face in engine.identify(picture, candidates=None) if face.matches]
        assert faint
        assert all(5 <= similarity < 80 for similarity in faint)

    def test_thresholds_for_another_model_do_not_count(self, engine, riverside, enrolled):
        riverside.review_threshold, riverside.thresholds_model = 5.0, "sface"
        assert not any(f.matches for f in engine.identify(tiles(range(2, 9), columns=4), candidates=None))


class TestSettings:
    def test_chosen_by_settings(self, settings, riverside):
        options = {"detector": "rekognition", "users": True, "accept_threshold": 99.0, "max_wait": 5}
        settings.FACE_ENGINE = {"BACKEND": BACKEND, "OPTIONS": options}
        engine = faces_for(riverside)
        assert isinstance(engine, RekognitionFaceEngine)
        assert engine.is_metered

    def test_an_unknown_detector(self, riverside):
        with pytest.raises(ImproperlyConfigured, match="local, rekognition"):
            RekognitionFaceEngine(riverside, detector="opencv")

    @pytest.mark.parametrize("options", [{}, {"detector": "rekognition", "users": True}])
    def test_warming_up_calls_nobody(self, server, settings, options, caplog):
        settings.FACE_ENGINE = {"BACKEND": BACKEND, "OPTIONS": options}
        warm_up()
        assert server.calls() == {}
        assert "could not be loaded" not in caplog.text

    def test_a_collection_an_institution(self, engine, riverside, hilltop, settings):
        settings.AWS_PREFIX = "county"
        assert engine.collection.name == f"county-{riverside.pk}" != collection_id(hilltop.pk)
        other = make_student(hilltop, "Other", "H-1")
        RekognitionFaceEngine(hilltop).enroll(orl_photo(1, 1), student_id=other.pk)
        assert client("rekognition").list_collections()["CollectionIds"] == [f"county-{hilltop.pk}"]
