"""The costs as the school's administrator sees them, and the setting of the cap."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.models import Institution, Membership, PaidCalls, Role
from accounts.selectors import billing_month, month_after
from attendance.costs.report import read_costs
from attendance.models import ClassSession
from attendance.register.sessions import session_open
from attendance.templatetags.cost_tags import amount_bar, cap_bar, dollars, grouped
from enrollment.models import FacePhoto

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 16, tzinfo=UTC)  # half of November is over
NOVEMBER = AT.date().replace(day=1)
ADDRESS = "/riverside/costs/"


def use(institution, calls, operation="SearchFacesByImage", *, service="rekognition", month=None):
    PaidCalls.objects.create(
        institution=institution, month=month or billing_month(), service=service, operation=operation, calls=calls
    )


def cap(institution, amount):
    Institution.objects.filter(pk=institution.pk).update(monthly_cap=amount)
    institution.refresh_from_db()


@pytest.fixture
def metered(settings):
    settings.FACE_ENGINE = {"BACKEND": "tests.engines.MeteredEngine", "OPTIONS": {}}


@pytest.fixture
def free(settings):
    settings.FACE_ENGINE = {"BACKEND": "tests.engines.ScriptedEngine", "OPTIONS": {}}


class TestTheFigures:
    def test_operations_with_the_dearest_first(self, riverside, metered):
        use(riverside, 30, month=NOVEMBER)
        use(riverside, 2, "IndexFaces", month=NOVEMBER)
        use(riverside, 90.5, "WriteUnits", service="dynamodb", month=NOVEMBER)
        use(riverside, 5, "DeleteFaces", month=NOVEMBER)
        use(riverside, 1, "Unheard", service="s3", month=NOVEMBER)
        lines = read_costs(riverside, at=AT).lines
        assert [(line.operation, line.calls, line.dollars) for line in lines] == [
            ("SearchFacesByImage", 30, Decimal("0.030")),
            ("IndexFaces", 2, Decimal("0.002")),
            ("WriteUnits", 91, Decimal("0.0000565625")),
            ("Unheard", 1, Decimal("0.000005")),
            ("DeleteFaces", 5, 0),
        ]
        assert lines[0].share == 1
        assert lines[1].share == pytest.approx(2 / 30)
        assert [line.is_units for line in lines] == [False, False, True, False, False]

    def test_twelve_months_with_gaps(self, riverside, metered):
        use(riverside, 1000, month=NOVEMBER)
        use(riverside, 2000, month=month_after(NOVEMBER, -11))
        use(riverside, 9000, month=month_after(NOVEMBER, -12))
        months = read_costs(riverside, at=AT).months
        assert (len(months), months[0].month, months[-1].month) == (12, month_after(NOVEMBER, -11), NOVEMBER)
        assert [(month.dollars, month.share) for month in months if month.dollars] == [(2, 1.0), (1, 0.5)]

    def test_the_pace(self, riverside, metered):
        use(riverside, 1000, month=NOVEMBER)
        assert read_costs(riverside, at=AT).expected == 2

    @pytest.mark.parametrize(("calls", "at"), [(1000, datetime(2026, 11, 3, tzinfo=UTC)), (0, AT)])
    def test_no_pace_from_nothing(self, calls, at, riverside, metered):
        use(riverside, calls, month=NOVEMBER)
        assert read_costs(riverside, at=at).expected is None

    @pytest.mark.parametrize(("amount", "day"), [(None, None), ("2.00", None), ("1.50", 23), ("1.00", None)])
    def test_the_day_of_the_cap(self, amount, day, riverside, metered):
        """A dollar in half a month: $1.50 after three quarters of it, $2 with its end, $1 already."""
        cap(riverside, amount)
        use(riverside, 1000, month=NOVEMBER)
        found = read_costs(riverside, at=AT).cap_day
        assert (found and (found.month, found.day)) == (day and (11, day))

    def test_a_lesson_and_a_thousand_marks(self, riverside, metered, lesson, tess, physics):
        """One register of two students, opened; one that is only planned, and one cancelled."""
        session_open(session=lesson, by=tess.user)
        for n, state in enumerate((ClassSession.State.SCHEDULED, ClassSession.State.CANCELLED)):
            at = lesson.ends_at + timedelta(hours=n, seconds=1)
            ClassSession.objects.create(
                institution=riverside, course=physics, starts_at=at, ends_at=at + timedelta(minutes=50), state=state
            )
        use(riverside, 4)
        costs = read_costs(riverside)
        assert (costs.work.sessions, costs.work.marks) == (1, 2)
        assert (costs.per_session, costs.per_thousand_marks) == (Decimal("0.004"), 2)

    def test_nothing_done_yet(self, riverside, metered):
        costs = read_costs(riverside, at=AT)
        assert (costs.lines, costs.per_session, costs.per_thousand_marks, costs.budget.spent) == ((), None, None, 0)

    def test_kept_faces_are_named_apart(self, riverside, metered, sam):
        for state in (FacePhoto.State.ENROLLED, FacePhoto.State.REFUSED):
            FacePhoto.objects.create(institution=riverside, student=sam, state=state, face_id=str(uuid4()))
        costs = read_costs(riverside, at=AT)
        assert (costs.kept_faces, costs.kept_dollars, costs.budget.spent) == (1, Decimal("0.00001"), 0)

    def test_the_embedded_engine_keeps_faces_for_nothing(self, riverside, free, sam):
        FacePhoto.objects.create(institution=riverside, student=sam, state=FacePhoto.State.ENROLLED, face_id="f")
        costs = read_costs(riverside, at=AT)
        assert (costs.is_metered, costs.kept_faces) == (False, 0)

    def test_months_are_shown_from_the_first_with_calls(self, riverside, metered):
        assert [each.month for each in read_costs(riverside, at=AT).shown_months] == [NOVEMBER]
        use(riverside, 12, month=month_after(NOVEMBER, -2))
        shown = read_costs(riverside, at=AT).shown_months
        assert [each.month for each in shown] == [month_after(NOVEMBER, -2), month_after(NOVEMBER, -1), NOVEMBER]

    def test_a_past_month_without_a_pace(self, riverside, metered, sam):
        use(riverside, 12, month=month_after(NOVEMBER, -2))
        use(riverside, 10, month=NOVEMBER)
        costs = read_costs(riverside, month=month_after(NOVEMBER, -2), at=AT)
        assert (costs.budget.spent, costs.is_past) == (Decimal("0.012"), True)
        assert (costs.expected, costs.cap_day, costs.kept_faces) == (None, None, 0)
        assert [line.calls for line in costs.lines] == [12]
        assert costs.months[-1].month == NOVEMBER

    def test_on_the_first_day_of_a_month_free_calls_are_those_of_the_last_one(self, riverside, free):
        use(riverside, 12, month=month_after(NOVEMBER, -2))
        assert read_costs(riverside, at=AT).budget.month == month_after(NOVEMBER, -2)
        use(riverside, 1, month=NOVEMBER)
        assert read_costs(riverside, at=AT).budget.month == NOVEMBER

    def test_paid_calls_are_those_of_the_present_month(self, riverside, metered):
        use(riverside, 12, month=month_after(NOVEMBER, -2))
        assert read_costs(riverside, at=AT).budget.month == NOVEMBER

    def test_other_schools_costs_are_not_ours(self, riverside, hilltop, metered):
        use(hilltop, 10**6, month=NOVEMBER)
        costs = read_costs(riverside, at=AT)
        assert (costs.lines, costs.budget.spent, costs.months[-1].dollars) == ((), 0, 0)

    def test_queries_do_not_grow(self, riverside, metered, django_assert_num_queries):
        for n in range(5):
            use(riverside, 10, f"Operation{n}", month=NOVEMBER)
        with django_assert_num_queries(4):
            read_costs(riverside, at=AT)


class TestHowItIsWritten:
    @pytest.mark.parametrize(
        ("amount", "places", "written"),
        [
            ("0", 2, "$0.00"),
            ("0.0049", 2, "under $0.01"),
            ("0.005", 2, "$0.01"),
            ("1234.565", 2, "$1,234.57"),
            ("0.0304", 3, "$0.030"),
            ("0.0000565", 3, "under $0.001"),
        ],
    )
    def test_dollars(self, amount, places, written):
        assert dollars(Decimal(amount), places) == written

    def test_calls(self):
        assert grouped(300000) == "300,000"

    @pytest.mark.parametrize(("share", "widths"), [(0, []), (0.0001, ["1.00"]), (0.5, ["50.00"]), (1, ["100.00"])])
    def test_a_bar(self, share, widths):
        assert [segment["width"] for segment in amount_bar(share)["segments"]] == widths

    @pytest.mark.parametrize(
        ("calls", "drawn"),
        [
            (1000, [("spent", "0.00", "25.00"), ("ahead", "25.00", "25.00")]),
            (3200, [("near", "0.00", "80.00"), ("ahead", "80.00", "20.00")]),
            (4000, [("over", "0.00", "100.00")]),
            (9000, [("over", "0.00", "100.00")]),
        ],
    )
    def test_the_bar_of_the_cap(self, calls, drawn, riverside, metered):
        cap(riverside, 4)
        use(riverside, calls, month=NOVEMBER)
        segments = cap_bar(read_costs(riverside, at=AT))["segments"]
        assert [(segment["status"], segment["x"], segment["width"]) for segment in segments] == drawn

    def test_a_cap_of_nothing_is_a_full_bar(self, riverside, metered):
        cap(riverside, 0)
        assert [s["status"] for s in cap_bar(read_costs(riverside, at=AT))["segments"]] == ["over"]


class TestThePage:
    def page(self, client):
        """Its words, without tags."""
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", client.get(ADDRESS).content.decode()))

    def test_shows_the_month(self, sign_in, ada, riverside, metered):
        cap(riverside, 20)
        use(riverside, 4120)
        shown = self.page(sign_in(ada))
        for words in ("$4.12", "20 % of the cap of $20.00", "Finding out who a face is", "4,120 calls", "not a bill"):
            assert words in shown
        assert "costs nothing per call" not in shown

    def test_without_a_cap(self, sign_in, ada, metered):
        assert "There is no cap" in self.page(sign_in(ada))

    @pytest.mark.parametrize(("calls", "said"), [(79, None), (80, "80 % of this month"), (100, "is used up")])
    def test_warns(self, calls, said, sign_in, ada, riverside, metered):
        cap(riverside, "0.10")
        use(riverside, calls)
        shown = self.page(sign_in(ada))
        assert [words for words in ("80 % of this month", "is used up") if words in shown] == ([said] if said else [])

    def test_the_embedded_engine_costs_nothing_and_stops_nowhere(self, sign_in, ada, riverside, free):
        cap(riverside, "0.10")
        use(riverside, 200)
        shown = self.page(sign_in(ada))
        assert "costs nothing per call" in shown
        assert "is used up" not in shown

    def test_nothing_yet(self, sign_in, ada, metered):
        assert "No paid call this month" in self.page(sign_in(ada))

    def test_of_another_month(self, sign_in, ada, riverside, metered):
        use(riverside, 2500, month=month_after(billing_month(), -1))
        page = sign_in(ada)
        address = f"{ADDRESS}?month={month_after(billing_month(), -1):%Y-%m}"
        assert f'href="{address.removeprefix(ADDRESS)}"' in page.get(ADDRESS).content.decode()
        shown = page.get(address).content.decode()
        assert "2,500 calls" in shown
        assert "so far" not in shown

    @pytest.mark.parametrize("month", ["2001-01", "2999-01", "2026-13", "x", "2026-11-01"])
    def test_of_a_month_that_it_does_not_have(self, month, sign_in, ada, metered):
        assert sign_in(ada).get(ADDRESS, {"month": month}).status_code == 404

    @pytest.mark.parametrize(("is_demo", "calls", "is_said"), [(True, 1, True), (True, 0, False), (False, 1, False)])
    def test_an_example_is_called_one_in_a_demo_school_with_calls(
        self, is_demo, calls, is_said, sign_in, ada, riverside, free, settings
    ):
        settings.DEMO = is_demo
        if calls:
            use(riverside, calls)
        shown = sign_in(ada).get(ADDRESS).content.decode()
        assert ("An example: what the demo" in shown) is is_said
        assert ("Recognising faces costs nothing per call here" in shown) is not is_said

    @pytest.mark.parametrize("method", ["post", "put", "delete"])
    def test_is_read_only(self, method, sign_in, ada, metered):
        assert getattr(sign_in(ada), method)(ADDRESS).status_code == 405

    def test_has_no_inline_style(self, sign_in, ada, riverside, metered):
        use(riverside, 10)
        assert "style=" not in sign_in(ada).get(ADDRESS).content.decode()

    @pytest.mark.parametrize(("who", "linked"), [("ada", True), ("tess", False)])
    def test_is_linked_for_administrators(self, who, linked, sign_in, physics, ada, tess):
        home = sign_in({"ada": ada, "tess": tess}[who]).get("/riverside/today/").content.decode()
        assert (ADDRESS in home) is linked


class TestTheAdmin:
    index = "admin:index"

    def settings_page(self, school):
        return reverse("admin:accounts_institution_change", args=[school.pk])

    def form(self, school, **fields):
        return {
            "slug": school.slug, "name": school.name, "time_zone": school.time_zone, "faces_enabled": "on",
            "grace_minutes": 10, "photo_retention_days": 7, "leaver_retention_days": 30, "language": "en",
            "name_order": "given", "log_retention_days": 730,
            "attendance_threshold": 90, "chronic_percent": 10, "streak_days": 3, **fields,
        }  # fmt: skip

    def test_the_schools_administrator_sees_the_cap_and_does_not_set_it(self, sign_in, ada, riverside):
        cap(riverside, 20)
        shown = sign_in(ada).get(self.settings_page(riverside)).content.decode()
        assert "20.00" in shown
        assert 'name="monthly_cap"' not in shown
        sign_in(ada).post(self.settings_page(riverside), self.form(riverside, name="River", monthly_cap="9999"))
        riverside.refresh_from_db()
        assert (riverside.name, riverside.monthly_cap) == ("River", 20)

    def test_the_operator_sets_it(self, sign_in, ada, riverside):
        ada.user.is_superuser = True
        ada.user.save()
        answer = sign_in(ada).post(self.settings_page(riverside), self.form(riverside, monthly_cap="12.50"))
        assert answer.status_code == 302
        riverside.refresh_from_db()
        assert riverside.monthly_cap == Decimal("12.50")

    def test_a_cap_below_nothing(self, sign_in, ada, riverside):
        ada.user.is_superuser = True
        ada.user.save()
        sign_in(ada).post(self.settings_page(riverside), self.form(riverside, monthly_cap="-1"))
        riverside.refresh_from_db()
        assert riverside.monthly_cap is None

    @pytest.mark.parametrize(
        ("calls", "said"), [(79, None), (80, "At 100 % registers"), (120, "Registers are taken by hand until")]
    )
    def test_the_index_warns(self, calls, said, sign_in, ada, riverside, metered, sam):
        cap(riverside, "0.10")
        use(riverside, calls)
        shown = sign_in(ada).get(reverse(self.index)).content.decode()
        assert (f"{calls} %" in shown) is bool(said)
        assert said is None or said in shown

    def test_the_index_does_not_warn_where_recognition_is_free(self, sign_in, ada, riverside, free, sam):
        cap(riverside, "0.10")
        use(riverside, 120)
        assert "120 %" not in sign_in(ada).get(reverse(self.index)).content.decode()

    def test_the_side_bar_leads_to_the_page(self, sign_in, ada):
        assert f'href="{ADDRESS}"' in sign_in(ada).get(reverse(self.index)).content.decode()

    def test_an_operator_without_a_school(self, client, django_user_model):
        client.force_login(django_user_model.objects.create_superuser("op@example.org", "x", name="Op"))
        assert client.get(reverse(self.index)).status_code == 200
        assert not Membership.objects.filter(role=Role.ADMIN).exists()
