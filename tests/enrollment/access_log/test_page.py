"""The page of the access log and its export. Who may open them: tests/test_walls.py."""

import csv
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from enrollment.models import AccessRecord

pytestmark = pytest.mark.django_db
PAGE = reverse("access_log", args=["riverside"])
FILE = reverse("access_log_file", args=["riverside"])


def written(school, by, verb="student_seen", subject=None, **fields):
    row = AccessRecord(institution=school, actor=by.user, actor_name=by.user.name, verb=verb, subject=subject, **fields)
    AccessRecord.objects.bulk_create([row])


@pytest.fixture
def log(riverside, hilltop, ada, tess, hanna, sam, sita):
    now = timezone.now()
    written(riverside, ada, subject=sam.pk, at=now - timedelta(days=40))
    written(riverside, tess, "photo_seen", sita.pk, at=now - timedelta(days=2))
    written(riverside, tess, "exported", detail={"what": "students", "count": 12}, at=now)
    written(hilltop, hanna, at=now)


def shown(client, query=""):
    response = client.get(PAGE + query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def entries(html):
    return html.count("<time")


class TestPage:
    def test_shows_the_schools_entries_newest_first(self, log, ada, sign_in):
        html = shown(sign_in(ada))
        assert entries(html) == 3
        html = html.partition("<ol")[2]  # after the filter's own words
        assert html.index("Exported a list") < html.index("Opened a photo") < html.index("page</span>: <bdi>Sam")
        assert "students · 12" in html
        assert "Hanna" not in html

    @pytest.mark.parametrize(
        ("query", "n"),
        [
            ("?student=sam", 1), ("?student=SÁM", 1), ("?student=R-002", 1), ("?student=nobody", 0),
            ("?person=tess", 2), ("?act=exported", 1), ("?first={day}", 2), ("?last={day}", 1), ("?person=&act=", 3),
            ("?student=sam&person=tess", 0),
        ],
    )  # fmt: skip
    def test_is_filtered(self, log, ada, sign_in, query, n):
        day = (timezone.localdate() - timedelta(days=10)).isoformat()
        assert entries(shown(sign_in(ada), query.format(day=day))) == n

    @pytest.mark.parametrize("query", ["?first=x", "?act=nothing", "?first=2026-02-02&last=2026-01-01"])
    def test_a_faulty_filter_says_so(self, log, ada, sign_in, query):
        response = sign_in(ada).get(PAGE + query)
        assert response.status_code == 400
        assert 'role="alert"' in response.content.decode()

    def test_is_paged(self, riverside, ada, sign_in, django_assert_max_num_queries):
        for _ in range(120):
            written(riverside, ada)
        client = sign_in(ada)
        with django_assert_max_num_queries(12):
            html = shown(client, "?person=ada")
        assert entries(html) == 100
        assert 'href="?person=ada&amp;page=2"' in html
        assert entries(shown(client, "?person=ada&page=2")) == 20
        assert entries(shown(client, "?page=nonsense")) == 100

    def test_an_erased_student_has_no_name(self, log, ada, sam, sign_in):
        sam.delete()
        assert "Erased student" in shown(sign_in(ada))

    def test_empty(self, ada, sign_in):
        assert "Nothing has been recorded yet." in shown(sign_in(ada))
        assert "Nothing matches this filter." in shown(sign_in(ada), "?person=x")


@pytest.mark.django_db(transaction=True)
class TestExport:
    def rows(self, client, query=""):
        response = client.get(FILE + query)
        text = b"".join(response.streaming_content).decode("utf-8-sig")
        return list(csv.reader(text.splitlines()))

    def test_has_the_filtered_entries_and_is_recorded(self, log, ada, sign_in):
        client = sign_in(ada)
        rows = self.rows(client, "?person=tess")
        assert rows[0] == ["Time", "Seen or changed by", "Act", "Student", "Details"]
        assert [row[1:] for row in rows[1:]] == [
            ["Tess", "Exported a list", "", "students · 12"],
            ["Tess", "Opened a photo", "Sita Rao (R-002)", ""],
        ]
        assert AccessRecord.objects.filter(verb="exported", actor=ada.user).count() == 1

    def test_formulas_are_harmless(self, riverside, ada, sign_in):
        ada.user.name = "=HYPERLINK(1)"
        written(riverside, ada, detail={"what": "＝1+1"})
        row = self.rows(sign_in(ada))[-1]
        assert (row[1], row[4]) == ("'=HYPERLINK(1)", "'＝1+1")

    def test_many_entries_take_few_queries(self, riverside, ada, sam, sign_in, django_assert_max_num_queries):
        for _ in range(600):
            written(riverside, ada, subject=sam.pk)
        client = sign_in(ada)
        with django_assert_max_num_queries(15):
            assert len(self.rows(client)) >= 601
