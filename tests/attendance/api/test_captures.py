"""The API: pictures, and who the faces in them are."""

from uuid import uuid4

import pytest
from rest_framework.throttling import SimpleRateThrottle

from attendance.models import Capture
from tests.attendance.api.client import jpeg, refusal
from tests.attendance.captures.waiting import resume
from tests.conftest import make_student
from tests.engines import face


@pytest.fixture
def path(register):
    return f"sessions/{register.pk}/captures/"


def test_a_picture_marks_whom_it_shows(script, api, tess, sam, sita, path):
    script.sees(face((sam.pk, 0.91)), face((sita.pk, 0.42), at=1), face(at=2))
    nonce = uuid4()
    response = api(tess).picture(path, nonce)
    assert response.status_code == 201
    data = response.json()
    capture = data["capture"]
    assert (capture["state"], capture["kind"], capture["nonce"], capture["accept_threshold"]) == (
        "done",
        "photo",
        str(nonce),
        0.5,
    )
    first, second, third = data["faces"]
    assert first["box"] == {"left": 10, "top": 10, "width": 50, "height": 60}
    assert (first["outcome"], first["student_id"], first["similarity"]) == ("mark", str(sam.pk), 0.91)
    assert (second["outcome"], second["reason"]) == ("ask", "below_threshold")
    assert second["candidates"] == [{"student_id": str(sita.pk), "similarity": 0.42}]
    assert (third["outcome"], third["student_id"], third["candidates"]) == ("unknown", None, [])
    [mark] = data["marks"]
    assert (mark["student_id"], mark["status"], mark["evidence"]["similarity"]) == (str(sam.pk), "P", 0.91)
    assert api(tess).get(f"captures/{capture['id']}/").json() == data


def test_the_same_nonce_again(script, api, tess, sam, path):
    script.sees(face((sam.pk, 0.91)))
    nonce = uuid4()
    first, again = api(tess).picture(path, nonce), api(tess).picture(path, nonce)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Capture.objects.count() == 1


def test_a_picture_that_waits(script, api, tess, sam, path):
    script.is_unavailable().sees(face((sam.pk, 0.91)))
    response = api(tess).picture(path, uuid4())
    assert response.status_code == 202
    capture = response.json()["capture"]
    assert (capture["state"], capture["reason"]) == ("waiting", "throttled")
    assert capture["retry_at"]
    assert "mark by hand meanwhile" in capture["detail"]
    resume()
    assert api(tess).get(f"captures/{capture['id']}/").json()["capture"]["state"] == "done"


def test_a_picture_that_waits_is_tried_again_at_once(script, api, tess, sam, path):
    script.is_unavailable().is_unavailable("circuit_open").sees(face((sam.pk, 0.91)))
    capture = api(tess).picture(path, uuid4()).json()["capture"]
    retry = f"captures/{capture['id']}/retry/"
    response = api(tess).post(retry)
    assert (response.status_code, response.json()["capture"]["reason"]) == (202, "circuit_open")
    response = api(tess).post(retry)
    assert (response.status_code, len(response.json()["marks"])) == (200, 1)
    assert response.json()["capture"]["detail"] == ""
    assert api(tess).post(retry).json() == response.json()


def test_a_picture_that_was_given_up(script, api, tess, path):
    capture = api(tess).picture(path, uuid4()).json()["capture"]
    Capture.objects.update(state="failed", reason="refused")
    answer = api(tess).get(f"captures/{capture['id']}/").json()["capture"]
    assert (answer["state"], answer["reason"]) == ("failed", "refused")
    assert "could not be recognised" in answer["detail"]


def test_a_webcam_frame_that_says_nothing_is_not_kept(script, api, tess, path):
    response = api(tess).picture(path, uuid4(), kind="webcam")
    assert response.status_code == 201
    assert refusal(api(tess).get(f"captures/{response.json()['capture']['id']}/")) == (404, "not_found")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (jpeg()[:700], (400, "broken")),
        (b"hello", (400, "not_a_picture")),
        (b"", (400, "not_a_picture")),
        (jpeg(60, 60), (400, "too_small")),
        (b"GIF89a" + b"\x00" * 50, (400, "wrong_format")),
    ],
)
def test_bad_pictures(script, api, tess, path, data, expected):
    assert refusal(api(tess).picture(path, uuid4(), data=data)) == expected


@pytest.mark.parametrize("name", ["\x00.jpg", "../../etc/passwd", "x" * 400 + ".jpg", "naïve – 写真.jpg"])
def test_a_file_s_name_does_not_matter(script, api, tess, path, name):
    response = api(tess).picture(path, uuid4(), name=name)
    assert response.status_code in (201, 400)


@pytest.mark.parametrize("nonce", [None, "x", "0" * 40])
def test_bad_nonces(script, api, tess, path, nonce):
    response = api(tess).picture(path, nonce)
    assert refusal(response) == (400, "invalid")
    assert "nonce" in response.json()["fields"]


def test_no_picture_or_no_kind_of_ours(script, api, tess, path, client):
    mine = api(tess)
    response = client.post(mine.root + path, {"nonce": str(uuid4()), "picture": "text"}, **mine.headers)
    assert refusal(response) == (400, "invalid")
    assert refusal(mine.picture(path, uuid4(), kind="film")) == (400, "invalid")


@pytest.mark.parametrize("content_type", ["application/json", "image/jpeg", "text/html", ""])
def test_wrong_content_types(script, api, tess, path, client, content_type):
    mine = api(tess)
    response = client.post(mine.root + path, b"{}", content_type=content_type, **mine.headers)
    assert refusal(response) == (415, "unsupported_media_type")


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=x"])
def test_a_broken_form(script, api, tess, path, client, content_type):
    mine = api(tess)
    response = client.post(mine.root + path, b"--nothing", content_type=content_type, **mine.headers)
    assert response.status_code == 400
    assert response.json()["code"] in ("parse_error", "invalid")


def test_a_request_that_is_too_large(script, api, tess, path, settings):
    settings.PICTURE_MAX_BYTES = 1000
    assert refusal(api(tess).picture(path, uuid4())) == (413, "too_large")
    settings.PICTURE_MAX_BYTES = 10
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert refusal(api(tess).picture(path, uuid4(), data=b"x" * 200_000)) == (413, "too_large")
    assert refusal(api(tess).put(path.replace("captures/", f"marks/{uuid4()}/"), status="P")) == (413, "too_large")


def test_a_school_without_faces(script, api, tess, riverside, path):
    riverside.faces_enabled = False
    riverside.save()
    assert refusal(api(tess).picture(path, uuid4())) == (403, "faces_off")


def test_a_register_that_is_not_open(script, api, tess, lesson):
    assert refusal(api(tess).picture(f"sessions/{lesson.pk}/captures/", uuid4())) == (409, "session_not_open")


def test_who_may_not(script, api, tess, sam, theo, hanna, hilltop, path):
    taken = api(tess).picture(path, uuid4()).json()["capture"]["id"]
    student = sam.user.memberships.get()
    for act in (
        lambda as_: as_.picture(path, uuid4()),
        lambda as_: as_.get(f"captures/{taken}/"),
    ):
        assert refusal(act(api())) == (401, "not_authenticated")
        assert refusal(act(api(student))) == (403, "permission_denied")
        assert refusal(act(api(theo))) == (404, "not_found")
        assert refusal(act(api(hanna))) == (404, "not_found")
        assert refusal(act(api(hanna, hilltop))) == (404, "not_found")
    assert Capture.objects.count() == 1


def test_pictures_have_a_limit_of_their_own(script, api, tess, path, monkeypatch):
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "captures", "2/min")
    assert [api(tess).picture(path, uuid4()).status_code for _ in range(2)] == [201, 201]
    response = api(tess).picture(path, uuid4())
    assert refusal(response) == (429, "throttled")
    assert 0 < int(response["Retry-After"]) <= 60
    assert api(tess).get("sessions/").status_code == 200


# -- Who a face is --


@pytest.fixture
def decision(script, api, tess, sam, sita, register, path):
    """The address where it is decided who a doubtful face is."""
    script.sees(face((sam.pk, 0.42), (sita.pk, 0.35)))
    [seen] = api(tess).picture(path, uuid4()).json()["faces"]
    return f"sessions/{register.pk}/faces/{seen['id']}/decision/"


def test_deciding_and_taking_back(api, tess, sam, sita, decision):
    first = api(tess).put(decision, student=sam.pk).json()["mark"]
    assert (first["student_id"], first["source"], first["status"]) == (str(sam.pk), "confirmed", "P")
    assert api(tess).put(decision, student=sam.pk).json()["mark"] == first
    assert refusal(api(tess).put(decision, student=sita.pk)) == (409, "face_decided")
    assert api(tess).delete(decision).status_code == 204
    assert api(tess).put(decision, student=None).json() == {"mark": None}


def test_nobody_of_this_register(api, tess, riverside, hilltop, decision):
    for student in (make_student(riverside, "Other", "R-050"), make_student(hilltop, "Foreign", "H-1")):
        assert refusal(api(tess).put(decision, student=student.pk)) == (404, "not_on_roster")
    assert refusal(api(tess).put(decision)) == (400, "invalid")
    assert refusal(api(tess).put(decision, student="x")) == (400, "invalid")


def test_a_face_of_another_session(api, tess, sam, decision, physics):
    other = api(tess).post("sessions/", course=physics.pk).json()["session"]["id"]
    wrong = f"sessions/{other}/faces/{decision.split('/')[3]}/decision/"
    assert refusal(api(tess).put(wrong, student=sam.pk)) == (404, "not_found")


def test_who_may_not_decide(api, sam, theo, hanna, decision):
    for act in (lambda as_: as_.put(decision, student=None), lambda as_: as_.delete(decision)):
        assert refusal(act(api())) == (401, "not_authenticated")
        assert refusal(act(api(sam.user.memberships.get()))) == (403, "permission_denied")
        assert refusal(act(api(theo))) == (404, "not_found")
        assert refusal(act(api(hanna))) == (404, "not_found")
