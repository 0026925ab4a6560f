"""Counting paid calls: whatever counts them, from wherever, and whatever becomes of the database meanwhile."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.signals import request_finished
from django.db import OperationalError, connections, transaction
from django.urls import reverse

from accounts import metering, selectors
from accounts.metering import calls_count, calls_flush, is_spent
from accounts.models import Institution, PaidCalls
from accounts.pending import Key, Pending, pending
from accounts.prices import NOVEMBER_2024, PriceTable, dollars_of, prices_of
from accounts.selectors import billing_month, month_after, read_budget, usage_by_month

SEARCH = ("rekognition", "SearchFacesByImage")
WRITES = ("dynamodb", "WriteUnits")


def stored(institution):
    rows = PaidCalls.objects.for_institution(institution)
    return {(row.service, row.operation): row.calls for row in rows}


@pytest.fixture
def flush_later(settings):
    """As in a real process: what may wait is written in the background. The timer is not awaited but stopped."""
    settings.METER_SECONDS = 600
    yield
    for timer in metering._timers:
        timer.cancel()
    metering._timers.clear()


@pytest.mark.django_db(transaction=True)
class TestCounting:
    def test_a_call_of_rekognition_is_written_at_once(self, riverside):
        calls_count(riverside.pk, *SEARCH)
        calls_count(riverside.pk, *SEARCH, calls=2)
        assert stored(riverside) == {SEARCH: 3}
        assert not pending

    def test_units_are_summed_and_written_later(self, riverside, flush_later, django_assert_num_queries):
        with django_assert_num_queries(0):
            for _ in range(100):
                calls_count(riverside.pk, *WRITES, calls=1.5)
        assert stored(riverside) == {}
        assert calls_flush()
        assert stored(riverside) == {WRITES: 150}

    def test_one_timer_for_however_many(self, riverside, flush_later):
        for _ in range(10):
            calls_count(riverside.pk, *WRITES)
        assert len(metering._timers) == 1

    def test_the_timer_writes_and_leaves_no_connection(self, riverside, settings):
        settings.METER_SECONDS = 0.01
        calls_count(riverside.pk, *WRITES)
        [timer] = metering._timers or [threading.Thread()]
        if timer.ident:
            timer.join(20)
        assert stored(riverside) == {WRITES: 1}

    def test_schools_and_operations_apart(self, riverside, hilltop):
        calls_count(riverside.pk, *SEARCH)
        calls_count(riverside.pk, "rekognition", "IndexFaces")
        calls_count(hilltop.pk, *SEARCH, calls=5)
        assert stored(riverside) == {SEARCH: 1, ("rekognition", "IndexFaces"): 1}
        assert stored(hilltop) == {SEARCH: 5}

    def test_the_month_is_when_the_call_was_made(self, riverside, flush_later, monkeypatch):
        calls_count(riverside.pk, *WRITES)
        monkeypatch.setattr(selectors.timezone, "now", lambda: datetime(2031, 1, 1, tzinfo=UTC))
        calls_count(riverside.pk, *WRITES)
        calls_flush()
        assert PaidCalls.objects.filter(month=date(2031, 1, 1)).get().calls == 1
        assert PaidCalls.objects.count() == 2

    def test_a_pool_counts_without_connections_of_its_own(self, riverside):
        opened = []

        def search(_):
            calls_count(riverside.pk, *SEARCH)
            opened.append(connections["default"].connection)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(search, range(40)))
        assert opened == [None] * 40
        request_finished.send(sender=None)
        assert stored(riverside) == {SEARCH: 40}

    def test_several_writers_lose_nothing(self, riverside):
        """As several processes do: each with its own counts and its own connection, at the same time."""

        def write(_):
            try:
                metering._write(
                    {Key(riverside.pk, billing_month(), *SEARCH): 1, Key(riverside.pk, billing_month(), *WRITES): 1.5}
                )
            finally:
                connections.close_all()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(write, range(20)))
        assert stored(riverside) == {SEARCH: 20, WRITES: 30}

    def test_a_rollback_takes_no_count_back(self, riverside):
        with transaction.atomic():
            calls_count(riverside.pk, *SEARCH)
            transaction.set_rollback(True)
        assert stored(riverside) == {}
        request_finished.send(sender=None)
        assert stored(riverside) == {SEARCH: 1}

    def test_a_database_that_is_unavailable_keeps_nobody_from_working(self, riverside, monkeypatch, caplog):
        def away(counts):
            raise OperationalError("no route to host")

        with monkeypatch.context() as patched:
            patched.setattr(metering, "_write", away)
            calls_count(riverside.pk, *SEARCH)
            assert not calls_flush()
        assert "no route to host" in caplog.text
        calls_count(riverside.pk, *SEARCH)
        assert stored(riverside) == {SEARCH: 2}

    def test_half_a_batch_is_not_written_twice(self, riverside, monkeypatch):
        """A batch that fails in the middle is rolled back as a whole and tried again as a whole."""
        add, calls = metering._add, []

        def fails_second(key, n):
            calls.append(key)
            if len(calls) == 4:  # the first key: update, insert, update; then the second key's update
                raise OperationalError("gone")
            return add(key, n)

        pending.add({Key(riverside.pk, billing_month(), *WRITES): 1, Key(riverside.pk, billing_month(), *SEARCH): 1})
        with monkeypatch.context() as patched:
            patched.setattr(metering, "_add", fails_second)
            assert not calls_flush()
        assert stored(riverside) == {}
        assert calls_flush()
        assert stored(riverside) == {WRITES: 1, SEARCH: 1}

    def test_a_school_that_is_gone_is_left_out(self, riverside):
        pending.add({Key(uuid4(), billing_month(), *SEARCH): 1, Key(riverside.pk, billing_month(), *SEARCH): 1})
        assert calls_flush()
        assert PaidCalls.objects.count() == 1

    def test_a_request_ends_with_its_calls_written(self, client, riverside):
        pending.add({Key(riverside.pk, billing_month(), *SEARCH): 30})
        client.get(reverse("health"))
        assert stored(riverside) == {SEARCH: 30}

    def test_what_may_wait_waits_for_more_than_one_request(self, client, riverside, flush_later):
        calls_count(riverside.pk, *WRITES)
        client.get(reverse("health"))
        assert stored(riverside) == {}


class TestPending:
    def test_taken_once(self):
        counts, key = Pending(), Key(uuid4(), date(2026, 11, 1), *SEARCH)
        counts.add({key: 1})
        counts.add({key: 2})
        assert counts.of(key.institution_id, key.month) == {key: 3}
        assert (counts.take(), counts.take()) == ({key: 3}, {})

    def test_a_child_process_does_not_count_its_parents_calls_again(self):
        counts, key = Pending(), Key(uuid4(), date(2026, 11, 1), *SEARCH)
        counts.add({key: 1})
        counts._reset()
        assert not counts


class TestPrices:
    month = date(2026, 11, 1)

    def test_thirty_students_cost_three_cents(self):
        assert dollars_of(self.month, *SEARCH, 30) == Decimal("0.030")

    def test_a_million_marks_cost_about_two_dollars(self):
        assert dollars_of(self.month, *WRITES, 3_000_000) == Decimal("1.875")

    @pytest.mark.parametrize(
        ("service", "operation", "dollars"),
        [
            ("rekognition", "DeleteFaces", "0"),
            ("rekognition", "DetectFaces", "0.001"),
            ("rekognition", "SomethingNew", "0.001"),
            ("dynamodb", "ReadUnits", "0.000000125"),
            ("s3", "PutObject", "0.000005"),
            ("s3", "GetObject", "0.0000004"),
            ("s3", "DeleteObject", "0"),
            ("pigeons", "Fly", "0"),
        ],
    )
    def test_an_operation(self, service, operation, dollars):
        assert dollars_of(self.month, service, operation, 1) == Decimal(dollars)

    def test_small_amounts_are_not_lost_by_rounding(self):
        assert sum(dollars_of(self.month, *WRITES, 0.5) for _ in range(1000)) == Decimal("0.0003125")

    def test_a_new_table_leaves_earlier_months_alone(self, monkeypatch):
        dearer = PriceTable(since=date(2027, 1, 1), region="us-east-1", usual={"rekognition": Decimal("0.002")})
        monkeypatch.setattr("accounts.prices.TABLES", (NOVEMBER_2024, dearer))
        assert [prices_of(date(*month)) for month in ((2020, 1, 1), (2026, 12, 1), (2027, 1, 1), (2030, 5, 1))] == [
            NOVEMBER_2024, NOVEMBER_2024, dearer, dearer,
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("at", "month"),
    [
        (datetime(2026, 11, 30, 23, 59, tzinfo=UTC), date(2026, 11, 1)),
        (datetime.fromisoformat("2026-12-01T04:00:00+05:30"), date(2026, 11, 1)),
        (datetime.fromisoformat("2026-11-30T20:00:00-05:00"), date(2026, 12, 1)),
    ],
)
def test_months_are_those_of_the_bill(at, month):
    assert billing_month(at) == month


@pytest.mark.parametrize(("months", "then"), [(1, (2027, 1)), (-11, (2026, 1)), (-12, (2025, 12)), (13, (2028, 1))])
def test_counting_months(months, then):
    assert month_after(date(2026, 12, 1), months) == date(*then, 1)


@pytest.mark.django_db
class TestTheCap:
    @pytest.fixture
    def capped(self, riverside):
        """A tenth of a dollar a month: a hundred searches."""
        Institution.objects.filter(pk=riverside.pk).update(monthly_cap="0.10")
        return riverside

    def used(self, institution, calls, *, month=None):
        PaidCalls.objects.create(
            institution=institution, month=month or billing_month(), service=SEARCH[0], operation=SEARCH[1], calls=calls
        )

    @pytest.mark.parametrize(("calls", "spent"), [(0, False), (99, False), (100, True), (5000, True)])
    def test_is_reached_to_the_call(self, calls, spent, capped):
        self.used(capped, calls)
        assert is_spent(capped.pk) is spent

    def test_none_is_no_limit(self, riverside):
        self.used(riverside, 10**9)
        assert not is_spent(riverside.pk)

    def test_zero_allows_nothing(self, riverside):
        Institution.objects.filter(pk=riverside.pk).update(monthly_cap=0)
        assert is_spent(riverside.pk)
        assert read_budget(riverside.pk).percent == 100

    def test_the_month_before_and_other_schools_do_not_count(self, capped, hilltop):
        self.used(capped, 1000, month=month_after(billing_month(), -1))
        self.used(hilltop, 1000)
        assert not is_spent(capped.pk)

    def test_what_is_not_written_yet_counts(self, capped):
        self.used(capped, 60)
        pending.add({Key(capped.pk, billing_month(), *SEARCH): 40})
        assert is_spent(capped.pk)
        assert stored(capped)[SEARCH] == 60

    def test_all_services_count(self, capped):
        self.used(capped, 99)
        calls_count(capped.pk, "s3", "PutObject", 200)
        assert is_spent(capped.pk)

    def test_is_one_query(self, capped, django_assert_num_queries):
        self.used(capped, 60)
        with django_assert_num_queries(1):
            is_spent(capped.pk)

    @pytest.mark.parametrize(("calls", "near", "percent"), [(79, False, 79), (80, True, 80), (150, True, 150)])
    def test_is_near_from_eighty_per_cent(self, calls, near, percent, capped):
        self.used(capped, calls)
        budget = read_budget(capped.pk)
        assert (budget.is_near, budget.percent) == (near, percent)

    def test_renews_with_the_next_month(self, capped):
        self.used(capped, 100)
        budget = read_budget(capped.pk)
        assert budget.is_spent
        next_month = datetime.combine(budget.renews_on, datetime.min.time(), UTC)
        assert not read_budget(capped.pk, at=next_month).is_spent

    def test_a_year_of_usage(self, capped, hilltop, django_assert_num_queries):
        at = datetime(2026, 11, 20, tzinfo=UTC)
        self.used(capped, 7, month=date(2026, 1, 1))
        self.used(capped, 8, month=date(2025, 11, 1))
        self.used(hilltop, 9, month=date(2026, 2, 1))
        with django_assert_num_queries(1):
            usage = usage_by_month(capped, months=12, at=at)
        assert (len(usage), min(usage), max(usage)) == (12, date(2025, 12, 1), date(2026, 11, 1))
        assert {month: calls for month, calls in usage.items() if calls} == {date(2026, 1, 1): {SEARCH: 7}}
