"""The admin shows one school: each page × each kind of visitor, and each way round the wall that Django's admin offers.

Everything here is Riverside's; Hanna administers Hilltop and tries all of it with Riverside's ids.
"""

import re

import pytest
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.urls import reverse

from accounts.models import Institution, Invitation, Membership, Role, User
from attendance.models import ClassSession, DayOff, Kiosk, StatusCode, Substitution, TimetableSlot
from enrollment.models import (
    Consent,
    Course,
    Enrollment,
    FacePhoto,
    Group,
    Guardian,
    Guardianship,
    Room,
    SchoolYear,
    Student,
    Teaching,
)
from tests.conftest import invited, make_member, make_student
from tests.enrollment.orl import as_bytes, face

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]

TENANT_MODELS = [
    Membership, Student, Course, Consent, FacePhoto, TimetableSlot, ClassSession, DayOff, Substitution, StatusCode,
    Kiosk, Invitation, SchoolYear, Group, Room, Guardian,
]  # fmt: skip
EVERY_MODEL = [*TENANT_MODELS, Institution]
SECRETS = (
    "Sam Field",
    "Sita Rao",
    "R-001",
    "R-002",
    "Physics",
    "PHY-10B",
    "tess@",
    "Tess",
    "Riverside",
    "signed by Sams mother",
)


def name(model, page):
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"


@pytest.fixture
def rows(riverside, tess, sam, sita, physics, lesson, settings, tmp_path):
    """One row of Riverside for each model that the admin shows."""
    settings.MEDIA_ROOT = tmp_path
    photo = FacePhoto(institution=riverside, student=sam, state=FacePhoto.State.HELD, looks_like=sita)
    photo.picture.save("photo.jpg", ContentFile(as_bytes(face(1))), save=False)
    photo.portrait.save("portrait.jpg", ContentFile(as_bytes(face(1).resize((160, 160)))), save=False)
    photo.save()
    consent = sam.consents.get()
    consent.given_by = "signed by Sams mother"
    consent.save()
    slot = TimetableSlot.objects.create(
        institution=riverside, course=physics, weekday=0, starts="09:00", ends="10:00", first_day="2026-01-01"
    )
    mother = Guardian.objects.create(institution=riverside, name="Fay of Riverside")
    Guardianship.objects.create(institution=riverside, guardian=mother, student=sam)
    year = SchoolYear.objects.create(
        institution=riverside, name="Riverside 2026", starts_on="2026-09-01", ends_on="2027-07-20"
    )
    return {
        Institution: riverside,
        SchoolYear: year,
        Group: Group.objects.create(institution=riverside, name="10B of Riverside", year=year),
        Room: Room.objects.create(institution=riverside, name="Riverside 12"),
        Guardian: mother,
        Membership: tess,
        Student: sam,
        Course: physics,
        Consent: consent,
        FacePhoto: photo,
        TimetableSlot: slot,
        ClassSession: lesson,
        DayOff: DayOff.objects.create(
            institution=riverside, name="Riverside holidays", first_day="2026-05-25", last_day="2026-05-29"
        ),
        Substitution: Substitution.objects.create(
            institution=riverside, course=physics, teacher=tess, first_day="2026-05-01", last_day="2026-05-02"
        ),
        Kiosk: Kiosk.objects.create(institution=riverside, name="Riverside door", room="12"),
        Invitation: invited(riverside),
        StatusCode: StatusCode.objects.create(
            institution=riverside, code="M", label="Riverside matinee", kind="E", counts_as_attended=True
        ),
    }


@pytest.fixture
def hilltop_rows(hilltop, hugo):
    student = make_student(hilltop, "Hari", "H-001")
    course = Course.objects.create(institution=hilltop, code="H-MAT", name="Hill Mathematics")
    return {Student: student, Course: course, Membership: hugo}


@pytest.fixture
def as_hanna(sign_in, hanna):
    return sign_in(hanna)


def object_pages(rows):
    """Every address with the id of one of Riverside's rows."""
    for model in EVERY_MODEL:
        for page in ("change", "delete", "history"):
            yield reverse(name(model, page), args=[rows[model].pk])
    for page in ("photos", "withdraw"):
        yield reverse(name(Student, page), args=[rows[Student].pk])
    for page in ("picture", "portrait", "examine", "two_people"):
        yield reverse(name(FacePhoto, page), args=[rows[FacePhoto].pk])


def list_pages():
    for model in EVERY_MODEL:
        yield reverse(name(model, "changelist"))
    for model in set(TENANT_MODELS) - {FacePhoto}:
        yield reverse(name(model, "add"))
    yield reverse("admin:index")
    yield from (reverse("admin:app_list", args=[app]) for app in ("accounts", "enrollment", "attendance"))
    yield reverse("admin:jsi18n")


# Tokens against forged requests and nonces of the content policy, which may happen to hold a name's four letters.
BY_CHANCE = re.compile(r"\b[A-Za-z0-9]{32,}\b|[A-Za-z0-9_/+-]{22}==")


def shown(response):
    return b"".join(response.streaming_content).decode("latin-1") if response.streaming else response.content.decode()


def assert_nothing_shown(response, *, but=()):
    text = BY_CHANCE.sub("", shown(response))
    assert not [secret for secret in SECRETS if secret in text and secret not in but]


def snapshot():
    """Every row of every tenant model, to see that nothing changed."""
    models = [*TENANT_MODELS, Enrollment, Teaching, Institution, User]
    ignored = {"last_login"}
    return {
        model: [{k: v for k, v in row.items() if k not in ignored} for row in model.objects.order_by("pk").values()]
        for model in models
    }


def test_every_registered_model_is_looked_at():
    assert set(admin.site._registry) == {*EVERY_MODEL, User}


class TestWhoComesIn:
    def test_own_administrator(self, rows, sign_in, ada):
        client = sign_in(ada)
        for url in [*list_pages(), *object_pages(rows)]:
            response = client.get(url)
            # Some rows cannot be deleted (403) and some addresses only take a form (405); none is missing or broken.
            expected = {200}
            if url.endswith("/delete/") or url == reverse(name(Membership, "add")):
                expected |= {403}
            if url.endswith(("/photos/", "/examine/", "/two-people/")):
                expected = {405}
            assert response.status_code in expected, url

    def test_signed_out(self, rows, client):
        for url in [*list_pages(), *object_pages(rows), reverse("admin:autocomplete")]:
            for response in (client.get(url), client.post(url)):
                assert response.status_code == 302, url
                assert response.url.startswith(reverse("account_login")), url

    @pytest.mark.parametrize("role", [Role.TEACHER, Role.STUDENT])
    def test_other_roles(self, rows, riverside, sign_in, role):
        client = sign_in(make_member(riverside, "Other", role))
        before = snapshot()
        for url in [*list_pages(), *object_pages(rows), reverse("admin:autocomplete")]:
            for response in (client.get(url), client.post(url, {"post": "yes"})):
                assert response.status_code == 403, url
        assert snapshot() == before

    def test_member_of_nothing(self, rows, client):
        client.force_login(User.objects.create_user("n@example.org", "x" * 12, name="Nobody"))
        assert client.get(reverse("admin:index")).status_code == 403

    def test_whose_membership_ended(self, rows, sign_in, ada):
        client = sign_in(ada)
        assert client.get(reverse("admin:index")).status_code == 200
        ada.delete()
        assert client.get(reverse("admin:index")).status_code == 403


class TestEntering:
    def test_own_school(self, sign_in, ada):
        response = sign_in(ada).get(reverse("admin:enter", args=["riverside"]), follow=True)
        assert "Riverside School" in response.content.decode()

    def test_strangers_and_nonsense_look_alike(self, sign_in, hanna, riverside):
        client = sign_in(hanna)
        for slug in ("riverside", "nowhere"):
            assert client.get(reverse("admin:enter", args=[slug])).status_code == 404

    def test_teacher(self, sign_in, tess):
        assert sign_in(tess).get(reverse("admin:enter", args=["riverside"])).status_code == 403

    def test_signed_out(self, client, riverside):
        assert client.get(reverse("admin:enter", args=["riverside"])).url.startswith(reverse("account_login"))

    def test_one_of_two(self, rows, sign_in, ada, hilltop, hilltop_rows):
        Membership.objects.create(institution=hilltop, user=ada.user, role=Role.ADMIN)
        client = sign_in(ada)
        students = reverse(name(Student, "changelist"))
        client.get(reverse("admin:enter", args=["riverside"]))
        text = client.get(students).content.decode()
        assert "Sam Field" in text
        assert "Hari" not in text
        assert "Hilltop School" in text  # in the choice of schools
        client.get(reverse("admin:enter", args=["hilltop"]))
        text = client.get(students).content.decode()
        assert "Sam Field" not in text
        assert "Hari" in text
        assert client.get(reverse(name(Student, "change"), args=[rows[Student].pk])).status_code == 404

    def test_teaching_elsewhere_opens_no_admin_there(self, rows, sign_in, hanna, riverside):
        Membership.objects.create(institution=riverside, user=hanna.user, role=Role.TEACHER)
        client = sign_in(hanna)
        client.get(reverse("admin:enter", args=["riverside"]))
        assert_nothing_shown(client.get(reverse(name(Student, "changelist"))))

    def test_a_list_of_the_other_school_acts_on_nothing(self, sign_in, ada, riverside, hilltop, hilltop_rows):
        """Riverside's list, posted after another tab has switched to Hilltop: with ids, and with "select all"."""
        Membership.objects.create(institution=hilltop, user=ada.user, role=Role.ADMIN)
        client = sign_in(ada)
        students = reverse(name(Student, "changelist"))
        client.get(reverse("admin:enter", args=["riverside"]))
        assert f'name="_school" value="{riverside.pk}"' in client.get(students).content.decode()
        client.get(reverse("admin:enter", args=["hilltop"]))
        ids = [str(pk) for pk in Student.objects.filter(institution=hilltop).values_list("pk", flat=True)]
        form = {"action": "export_csv", "select_across": "1", "_selected_action": ids}
        for posted in (form, {**form, "_school": str(riverside.pk)}, {**form, "_school": ""}):
            assert client.post(students, posted).status_code == 302
        own = client.post(students, {**form, "_school": str(hilltop.pk)})
        assert own["Content-Type"].startswith("text/csv")

    def test_a_form_of_the_other_school_is_not_saved(self, sign_in, ada, riverside, hilltop):
        Membership.objects.create(institution=hilltop, user=ada.user, role=Role.ADMIN)
        client = sign_in(ada)
        client.get(reverse("admin:enter", args=["hilltop"]))
        form = {
            "name": "New",
            "roll_number": "N-1",
            "_school": str(riverside.pk),
            **empty(["consents", "guardianships", "enrollments"]),
        }
        assert "switched schools" in client.post(reverse(name(Student, "add")), form, follow=True).content.decode()
        assert not Student.objects.exists()


def empty(prefixes):
    return {
        f"{prefix}-{count}": 0 for prefix in prefixes for count in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS")
    }


class TestTheOtherAdministrator:
    def test_lists_are_empty_of_it(self, rows, as_hanna):
        for url in list_pages():
            assert_nothing_shown(as_hanna.get(url))

    def test_addresses_of_rows_do_not_exist(self, rows, as_hanna):
        before = snapshot()
        for url in object_pages(rows):
            for response in (as_hanna.get(url), as_hanna.post(url, {"post": "yes", "confirmed": "yes"})):
                # Actions forbidden on every row (403) are refused before this one is looked up (404).
                may_look = response.wsgi_request.method == "GET" and not url.endswith("/delete/")
                assert response.status_code in ({404} if may_look else {403, 404}), url
                assert_nothing_shown(response)
        assert snapshot() == before

    def test_history_of_a_row(self, rows, as_hanna, ada):
        LogEntry.objects.create(
            user=ada.user,
            content_type=ContentType.objects.get_for_model(Student),
            object_id=rows[Student].pk,
            object_repr="Sam Field",
            action_flag=CHANGE,
        )
        assert_nothing_shown(as_hanna.get(reverse("admin:index")))
        assert as_hanna.get(reverse(name(Student, "history"), args=[rows[Student].pk])).status_code == 404

    @pytest.mark.parametrize("model", TENANT_MODELS)
    def test_lookups_in_the_address(self, model, rows, as_hanna):
        url = reverse(name(model, "changelist"))
        school = rows[Institution]
        lookups = {
            "institution__id__exact": school.pk,
            "institution__slug": "riverside",
            "institution__name__startswith": "River",
            "id__exact": rows[model].pk,
            "student__name__startswith": "S",
            "course__name__startswith": "P",
            "user__password__startswith": "pbkdf2",
            "user__email__startswith": "t",
            "looks_like__name__startswith": "S",
            "enrollments__course__name": "Physics 10B",
            "recorded_by__password__startswith": "a",
        }
        for lookup, value in lookups.items():
            response = as_hanna.get(url, {lookup: value})
            assert response.status_code == 400, lookup
            assert_nothing_shown(response)

    @pytest.mark.parametrize(
        "query", ["course={course}", "readiness=no_consent", "readiness=ready", "state=held", "q=Sam", "q=Tess", "all="]
    )
    def test_filters_and_searches(self, query, rows, as_hanna):
        for model in TENANT_MODELS:
            url = reverse(name(model, "changelist"))
            response = as_hanna.get(f"{url}?{query.format(course=rows[Course].pk)}", follow=True)
            assert_nothing_shown(response, but=query)

    def test_side_bars_list_own_rows_alone(self, rows, hilltop_rows, as_hanna):
        for model in (Student, TimetableSlot, ClassSession):
            response = as_hanna.get(reverse(name(model, "changelist")))
            assert "Hill Mathematics" in response.content.decode()
            assert_nothing_shown(response)

    def test_choices_list_own_rows_alone(self, rows, hilltop_rows, as_hanna):
        for model in (Student, Course, Membership):
            response = as_hanna.get(reverse(name(model, "change"), args=[hilltop_rows[model].pk]))
            assert response.status_code == 200
            assert_nothing_shown(response)

    @pytest.mark.parametrize(
        ("app_label", "model_name", "field_name", "expected"),
        [
            ("enrollment", "enrollment", "student", {200}),
            ("enrollment", "enrollment", "course", {200}),
            ("enrollment", "teaching", "teacher", {200}),
            ("enrollment", "consent", "student", {200}),
            ("enrollment", "facephoto", "looks_like", {200}),
            ("attendance", "timetableslot", "course", {200}),
            ("attendance", "markrow", "student", {200}),
            ("attendance", "rosterentry", "session", {200}),
            ("enrollment", "student", "institution", {200}),
            ("accounts", "membership", "user", {403}),
            ("enrollment", "student", "user", {403}),
            ("enrollment", "consent", "recorded_by", {403}),
            ("admin", "logentry", "user", {403}),
            ("enrollment", "student", "name", {403}),
            ("enrollment", "student", "courses", {403}),
            ("accounts", "institution", "memberships", {403}),
            ("enrollment", "nonsense", "student", {403}),
            ("account", "emailaddress", "user", {403}),
            ("accounts", "apitoken", "user", {403}),
            ("knox", "authtoken", "user", {403}),
        ],
    )
    def test_autocompletion(self, app_label, model_name, field_name, expected, rows, as_hanna):
        for term in ("", "S", "Physics", "Tess", str(rows[Student].pk)):
            response = as_hanna.get(
                reverse("admin:autocomplete"),
                {"app_label": app_label, "model_name": model_name, "field_name": field_name, "term": term},
            )
            assert response.status_code in expected
            assert_nothing_shown(response)

    @pytest.mark.parametrize(
        ("model", "action"),
        [
            (Student, "export_csv"),
            (Student, "withdraw_consent"),
            (FacePhoto, "examine_again"),
            (FacePhoto, "delete_selected"),
            (Membership, "delete_selected"),
            (Membership, "send_invitation_again"),
            (TimetableSlot, "delete_selected"),
            (ClassSession, "delete_selected"),
            (ClassSession, "cancel_lessons"),
            (ClassSession, "restore_lessons"),
            (DayOff, "delete_selected"),
            (Substitution, "take_back"),
            (Course, "delete_selected"),
            (Student, "delete_selected"),
        ],
    )
    @pytest.mark.parametrize("everything", ["0", "1"])
    def test_actions_on_posted_ids(self, model, action, everything, rows, hilltop_rows, as_hanna, mailoutbox):
        before = {kind: [row for row in found if of_riverside(row, rows)] for kind, found in snapshot().items()}
        form = {
            "action": action,
            "_selected_action": [str(row.pk) for row in model.objects.filter(institution=rows[Institution])],
            "select_across": everything,
            "post": "yes",
            "confirmed": "yes",
        }
        assert_nothing_shown(as_hanna.post(reverse(name(model, "changelist")), form, follow=True))
        after = {kind: [row for row in found if of_riverside(row, rows)] for kind, found in snapshot().items()}
        assert after == before
        assert not mailoutbox

    def test_a_posted_reference(self, rows, hilltop_rows, as_hanna):
        """Foreign keys of another school are refused in the words of ids that do not exist."""
        before = snapshot()
        time = {"given_at_0": "2026-01-01", "given_at_1": "10:00"}
        weekly = {"weekday": 1, "starts": "09:00", "ends": "10:00", "first_day": "2026-01-01"}
        person = {"name": "New", "roll_number": "N", **empty(["consents", "guardianships", "enrollments"])}
        posts = [
            (Consent, {"student": rows[Student].pk, "given_by": "x", "wording": "y", **time}),
            (TimetableSlot, {"course": rows[Course].pk, **weekly}),
            (ClassSession, {"course": rows[Course].pk, **moments()}),
            (DayOff, {"course": rows[Course].pk, "name": "x", "first_day": "2026-05-01", "last_day": "2026-05-01"}),
            (Substitution, {"course": rows[Course].pk, "first_day": "2026-05-01", "last_day": "2026-05-01"}),
            (Substitution, {"teacher": rows[Membership].pk, "first_day": "2026-05-01", "last_day": "2026-05-01"}),
            (Student, {"user": rows[Membership].user_id, **person}),
        ]
        for model, form in posts:
            response = as_hanna.post(reverse(name(model, "add")), form)
            assert response.status_code == 200, model
            assert "not one of the available choices" in response.content.decode(), model
            assert_nothing_shown(response)
        assert snapshot() == before

    def test_a_posted_reference_in_an_inline(self, rows, hilltop_rows, as_hanna):
        before = snapshot()
        course, student = hilltop_rows[Course], hilltop_rows[Student]
        course_form = {"name": course.name, "code": course.code, "is_active": "on"}
        student_form = {"name": student.name, "roll_number": student.roll_number, "is_active": "on"}
        posts = [
            (course, course_form, "teachings", {"teacher": rows[Membership].pk}, ["slots"]),
            (student, student_form, "enrollments", {"course": rows[Course].pk}, ["consents"]),
        ]
        for obj, form, prefix, fields, others in posts:
            line = {f"{prefix}-0-{field}": value for field, value in fields.items()}
            form = {**form, **empty([prefix, *others]), **line, f"{prefix}-TOTAL_FORMS": 1}
            response = as_hanna.post(reverse(name(type(obj), "change"), args=[obj.pk]), form)
            assert response.status_code == 200
            assert_nothing_shown(response)
        assert snapshot() == before

    def test_a_posted_row_of_another_school_in_an_inline(self, rows, hilltop_rows, as_hanna):
        """An inline's row is named by id: Riverside's teacher of a course is neither moved here nor deleted."""
        before = snapshot()
        teaching, course = Teaching.objects.filter(course=rows[Course]).first(), hilltop_rows[Course]
        for extra in ({}, {"teachings-0-DELETE": "on"}):
            form = {
                "name": course.name,
                "code": course.code,
                "is_active": "on",
                **empty(["teachings", "slots"]),
                "teachings-TOTAL_FORMS": 1,
                "teachings-INITIAL_FORMS": 1,
                "teachings-0-id": teaching.pk,
                "teachings-0-course": course.pk,
                "teachings-0-teacher": hilltop_rows[Membership].pk,
                **extra,
            }
            response = as_hanna.post(reverse(name(Course, "change"), args=[course.pk]), form)
            assert response.status_code == (302 if extra else 200)  # Django ignores what to delete is not there
            assert_nothing_shown(response)
        assert snapshot() == before

    def test_the_school_is_never_taken_from_the_form(self, rows, as_hanna, hilltop):
        form = {"name": "New", "roll_number": "N-1", "is_active": "on", "institution": rows[Institution].pk}
        form |= empty(["consents", "guardianships", "enrollments"])
        as_hanna.post(reverse(name(Student, "add")), form)
        assert Student.objects.get(roll_number="N-1").institution == hilltop

    def test_rows_of_any_model_by_number(self, rows, as_hanna):
        number = ContentType.objects.get_for_model(Student).pk
        assert as_hanna.get(f"/admin/r/{number}/{rows[Student].pk}/").status_code == 404
        assert as_hanna.get("/admin/search/?s=sam&extended=1").status_code == 404

    def test_popups_and_other_keys(self, rows, as_hanna):
        url = reverse(name(Student, "change"), args=["R-001"])
        assert as_hanna.get(url, {"_to_field": "roll_number", "_popup": "1"}).status_code in {400, 404}


def of_riverside(row, rows):
    return row.get("institution_id", rows[Institution].pk) == rows[Institution].pk


def moments():
    return {"starts_at_0": "2026-05-01", "starts_at_1": "10:00", "ends_at_0": "2026-05-01", "ends_at_1": "11:00"}


class TestTheOperator:
    @pytest.fixture
    def as_operator(self, client):
        client.force_login(User.objects.create_superuser("op@example.org", "x" * 12, name="Operator"))
        return client

    def test_sees_schools_and_accounts(self, rows, as_operator):
        for model in (Institution, User):
            assert as_operator.get(reverse(name(model, "changelist"))).status_code == 200
        assert as_operator.get(reverse(name(Institution, "add"))).status_code == 200
        assert as_operator.get(reverse("admin:index")).status_code == 200
        assert as_operator.get(reverse(name(Institution, "change"), args=[rows[Institution].pk])).status_code == 200

    def test_does_not_see_the_schools_people(self, rows, as_operator):
        for model in TENANT_MODELS:
            assert as_operator.get(reverse(name(model, "changelist"))).status_code == 403
            response = as_operator.get(reverse(name(model, "change"), args=[rows[model].pk]))
            assert response.status_code in {403, 404}
            assert "Sam Field" not in shown(response)
        for page in ("picture", "portrait"):
            assert as_operator.get(reverse(name(FacePhoto, page), args=[rows[FacePhoto].pk])).status_code == 404

    def test_cannot_delete_a_school_or_an_account(self, rows, as_operator, tess):
        for row in (rows[Institution], tess.user):
            assert (
                as_operator.post(reverse(name(type(row), "delete"), args=[row.pk]), {"post": "yes"}).status_code == 403
            )

    def test_accounts_are_for_operators_alone(self, rows, sign_in, ada):
        client = sign_in(ada)
        for url in (
            reverse(name(User, "changelist")),
            reverse(name(User, "add")),
            reverse(name(User, "change"), args=[ada.user.pk]),
        ):
            assert client.get(url).status_code in {403, 404}
            assert client.post(url, {"email": "x@example.org"}).status_code in {403, 404}


class TestHeaders:
    def test_the_admins_policy_stays_in_the_admin(self, client, sign_in, ada):
        outside = client.get(reverse("account_login"))["Content-Security-Policy"]
        inside = sign_in(ada).get(reverse("admin:index"))["Content-Security-Policy"]
        assert "unsafe" not in outside
        assert "'unsafe-eval'" in inside
        assert "frame-ancestors 'none'" in inside
        assert "http" not in inside

    def test_pictures_are_private(self, rows, sign_in, ada):
        for page in ("picture", "portrait"):
            response = sign_in(ada).get(reverse(name(FacePhoto, page), args=[rows[FacePhoto].pk]))
            assert response["Content-Type"] == "image/jpeg"
            assert "private" in response["Cache-Control"]
            assert response["X-Content-Type-Options"] == "nosniff"

    def test_signing_out_of_the_office_is_signing_out_of_the_portal(self, rows, sign_in, ada):
        """By the address at which the browser forgets what it kept of registers, photos and pictures."""
        client = sign_in(ada)
        for page in (reverse("admin:index"), reverse(name(FacePhoto, "changelist")), reverse(name(Course, "add"))):
            shown = client.get(page).content.decode()
            assert f'action="{reverse("account_logout")}"' in shown
            assert reverse("admin:logout") not in shown
            assert f'<meta name="person" content="{ada.user.pk}" data-sign-out="{reverse("account_logout")}"' in shown
            assert re.search(r'<script type="module" src="[^"]*portal/device[^"]*\.js"', shown)
        assert client.post(reverse("admin:logout"))["Clear-Site-Data"] == '"cache"'

    def test_the_admin_has_no_sign_in_page_of_its_own(self, client, sign_in, ada):
        assert client.get(reverse("admin:login")).url.startswith(reverse("account_login"))
        client = sign_in(ada)
        assert client.get(reverse("admin:login")).url == reverse("admin:index")
        assert client.get(reverse("admin:password_change")).url == reverse("account_change_password")
        assert client.get(reverse("admin:logout")).url == reverse("admin:index")
        assert client.post(reverse("admin:logout")).url == reverse("account_login")
        assert client.get(reverse("admin:index")).status_code == 302
