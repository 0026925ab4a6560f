"""A school's own calibration: what is read for it, its page, the threshold that is adopted there, and the command."""

import json
import re

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.urls import reverse

from attendance.calibration.errors import ProposalChanged
from attendance.calibration.policy import policy_for
from attendance.calibration.rates import Rate
from attendance.calibration.report import read_report
from attendance.calibration.thresholds import threshold_adopt, thresholds_reset
from attendance.models import Verdict
from attendance.templatetags.calibration_tags import bounds, share
from enrollment.faces import faces_for
from tests.attendance.calibration.verdicts import capture_of, close, faces

pytestmark = pytest.mark.django_db
ADDRESS, THRESHOLD, OWN = "/riverside/calibration/", "/riverside/calibration/threshold/", "/riverside/calibration/own/"


@pytest.fixture
def photo(script, register):
    return capture_of(register)


@pytest.fixture
def known(photo, register, sam, sita):
    """Riverside's sample after some weeks: enough for 5 % and 1 %, not for 0.5 %. The threshold for 1 % is 0.601."""
    faces(photo, "mark", [0.55 + i / 1000 for i in range(300)])
    faces(photo, "mark", [0.7] * 4, "right", student=sam)
    faces(photo, "mark", [0.612], "wrong", student=sam)
    faces(photo, "mark", [0.6], "wrong", student=sam, decided=False)
    faces(photo, "ask", [0.45] * 20, "right", student=sam)
    faces(photo, "ask", [0.4] * 8)
    faces(photo, "ask", [0.35] * 480, "wrong", student=sam)
    faces(photo, "unknown", [None] * 10, "right")
    close(register)
    return register


class TestWhatIsRead:
    def test_the_figures(self, known, riverside):
        report = read_report(riverside)
        assert (report.accept_threshold, report.review_threshold, report.is_own) == (0.5, 0.3, False)
        assert (report.false_matches.least, report.false_matches.most) == (Rate(2, 306), Rate(2, 6))
        assert (report.misses.least, report.misses.most) == (Rate(20, 324), Rate(28, 332))
        assert (report.by_hand, report.sample.lessons, report.proposal.have) == (1, 1, 492)
        assert report.asked_instead(0.6) == Rate(50, 306)

    def test_the_threshold_for_a_wish(self, known, riverside):
        assert read_report(riverside, wish=0.01).proposal.threshold == 0.601  # one above it, of 492, is still below 1 %
        assert read_report(riverside, wish=0.05).proposal.threshold == 0.351
        strict = read_report(riverside, wish=0.005).proposal
        assert (strict.threshold, strict.have, strict.needed) == (None, 492, 598)

    def test_an_open_register_is_not_unchallenged(self, photo, riverside):
        faces(photo, "mark", [0.7])
        assert read_report(riverside).sample.unchallenged == {}
        close(photo.session)
        assert read_report(riverside).sample.unchallenged == {0.7: 1}

    @pytest.mark.parametrize("which", [{"model": "scripted-0"}, {"engine": "another"}])
    def test_another_engine_or_model_is_not_in_it(self, photo, register, riverside, sam, which):
        other = capture_of(register, **which)
        faces(other, "mark", [0.7])
        faces(other, "mark", [0.7], "wrong", student=sam)
        close(register)
        sample = read_report(riverside).sample
        assert (sample.judged, sample.unchallenged) == ((), {})

    def test_nor_is_another_school(self, known, hilltop):
        sample = read_report(hilltop).sample
        assert (sample.judged, sample.unchallenged, sample.open) == ((), {}, 0)

    def test_a_misnamed_student_is_missed_where_the_engine_had_compared_them(self, photo, riverside, sam, sita):
        faces(photo, "ask", [0.4], "wrong", student=sam, who=sita, candidates=[[str(sam.pk), 0.4], [str(sita.pk), 0.3]])
        faces(photo, "ask", [0.4], "wrong", student=sam, who=sita, candidates=[[str(sam.pk), 0.4]])
        faces(photo, "ask", [0.4], "wrong", student=sam, candidates=[[str(sam.pk), 0.4]])
        assert read_report(riverside).misses.least == Rate(1, 1)

    def test_below_the_highest_threshold_to_ask_nothing_is_said(self, photo, register, riverside, sam):
        faces(photo, "ask", [0.4], "wrong", student=sam)
        faces(capture_of(register, review_threshold=0.42), "ask", [0.45], "wrong", student=sam)
        report = read_report(riverside)
        assert report.sample.lowest == 0.42
        assert report.points[0].threshold == 0.42

    def test_nothing_yet(self, script, riverside):
        report = read_report(riverside)
        assert report.false_matches.least == report.misses.most == Rate(0, 0)
        assert report.proposal.is_too_few
        assert report.points[0].false_matches.value is None

    def test_however_much_it_is_it_takes_as_many_queries(
        self, photo, register, riverside, sam, django_assert_num_queries
    ):
        with django_assert_num_queries(2):
            read_report(riverside)
        faces(photo, "ask", [0.4] * 100, "wrong", student=sam)
        close(register)
        with django_assert_num_queries(2):
            assert read_report(riverside).points


class TestThePage:
    def page(self, client, query=""):
        response = client.get(ADDRESS + query)
        assert response.status_code == 200
        return " ".join(response.content.decode().split())

    def test_nothing_yet(self, script, sign_in, ada):
        shown = self.page(sign_in(ada))
        assert "nothing is known yet" in shown
        assert "at least 299 faces" in shown
        assert "Nothing to draw yet." in shown
        assert "Use this threshold" not in shown

    def test_everything(self, known, sign_in, ada):
        shown = self.page(sign_in(ada))
        assert "2 of 306 faces · with 95 % confidence 0.08 % to 2.3 %" in shown
        assert "300 marks stand in closed registers and nobody contradicted them. That is no confirmation." in shown
        assert "1 mark was set to absent" in shown
        assert "?wish=0.01&amp;threshold=0.601" in shown
        assert shown.count('<svg class="chart') == 2
        assert "style=" not in shown

    def test_the_table_says_what_is_drawn(self, known, sign_in, ada, riverside):
        rows = re.findall(r'<th scope="row">([\d.]+)</th>', self.page(sign_in(ada)))
        drawn = [point.threshold for point in read_report(riverside).points]
        assert (float(rows[0]), float(rows[-1])) == (drawn[0], drawn[-1])
        assert 8 <= len(rows) <= 14

    def test_another_wish(self, known, sign_in, ada):
        assert "at least 598 faces" in self.page(sign_in(ada), "?wish=0.005")

    @pytest.mark.parametrize("wish", ["0.02", "much", ""])
    def test_a_wish_that_is_not_offered(self, wish, known, sign_in, ada):
        assert 'class="error"' in self.page(sign_in(ada), f"?wish={wish}")

    def test_where_numbers_have_a_comma_coordinates_have_none(self, known, sign_in, ada):
        client = sign_in(ada)
        client.post(reverse("language"), {"language": "de"})
        shown = self.page(client)
        assert "threshold=0.601" in shown
        assert "0,601" in shown
        assert not re.search(r'(?: d|x|y|viewBox)="[^"]*,', shown)

    def test_an_engine_that_is_unavailable(self, sign_in, ada, riverside, monkeypatch, script):
        from enrollment.domain.faces import EngineUnavailable
        from tests.engines import ScriptedEngine

        def away(self):
            raise EngineUnavailable("throttled", "scripted")

        monkeypatch.setattr(ScriptedEngine, "calibration", property(away))
        assert "note warning" in self.page(sign_in(ada))
        assert sign_in(ada).get(THRESHOLD, {"wish": "0.01", "threshold": "0.6"}).status_code == 302

    @pytest.mark.parametrize(("who", "linked"), [("ada", True), ("tess", False)])
    def test_is_linked_for_administrators(self, who, linked, sign_in, physics, ada, tess):
        home = sign_in({"ada": ada, "tess": tess}[who]).get("/riverside/today/").content.decode()
        assert (ADDRESS in home) is linked

    def test_the_side_bar_of_the_admin_leads_to_it(self, sign_in, ada):
        assert f'href="{ADDRESS}"' in sign_in(ada).get(reverse("admin:index")).content.decode()

    @pytest.mark.parametrize("method", ["post", "put", "delete"])
    def test_is_read_only(self, method, sign_in, ada):
        assert getattr(sign_in(ada), method)(ADDRESS).status_code == 405


class TestAdopting:
    send = {"wish": "0.01", "threshold": "0.601"}

    def test_it_is_shown_first_and_changes_nothing(self, known, sign_in, ada, riverside):
        shown = sign_in(ada).get(THRESHOLD, self.send).content.decode()
        assert "Mark from 0.601?" in shown
        assert "52 of 306" in shown
        riverside.refresh_from_db()
        assert riverside.accept_threshold is None

    def test_then_it_holds(self, known, sign_in, ada, riverside):
        answer = sign_in(ada).post(THRESHOLD, self.send, follow=True)
        riverside.refresh_from_db()
        assert (riverside.accept_threshold, riverside.review_threshold, riverside.thresholds_model) == (
            0.601,
            0.3,
            "scripted-1",
        )
        policy = policy_for(riverside, faces_for(riverside).calibration)
        assert (policy.accept_threshold, policy.review_threshold) == (0.601, 0.3)
        shown = answer.content.decode()
        assert "From the next photo on the threshold to mark is 0.601." in shown
        assert "This threshold is in force." in shown
        [entry] = LogEntry.objects.all()
        assert (entry.user, entry.object_id) == (ada.user, str(riverside.pk))
        assert "0.601 instead of 0.5" in entry.change_message

    def test_the_history_of_the_settings_tells(self, known, sign_in, ada, riverside):
        client = sign_in(ada)
        client.post(THRESHOLD, self.send)
        history = client.get(reverse("admin:accounts_institution_history", args=[riverside.pk])).content.decode()
        assert "0.601 instead of 0.5" in history

    def test_and_the_engine_s_own_come_back(self, known, sign_in, ada, riverside):
        client = sign_in(ada)
        client.post(THRESHOLD, self.send)
        assert OWN in client.get(ADDRESS).content.decode()
        client.post(OWN)
        riverside.refresh_from_db()
        assert (riverside.accept_threshold, riverside.review_threshold, riverside.thresholds_model) == (None, None, "")
        assert OWN not in client.get(ADDRESS).content.decode()
        assert LogEntry.objects.count() == 2

    def test_twice_is_once(self, known, ada, riverside):
        for _ in range(2):
            threshold_adopt(institution=riverside, wish=0.01, threshold=0.601, by=ada.user)
        assert LogEntry.objects.count() == 1
        for _ in range(2):
            thresholds_reset(institution=riverside, by=ada.user)
        assert LogEntry.objects.count() == 2

    def test_thresholds_of_another_model_do_not_come_to_life(self, known, ada, riverside):
        riverside.accept_threshold, riverside.review_threshold, riverside.thresholds_model = 99, 85.5, "rekognition-7.0"
        riverside.save()
        threshold_adopt(institution=riverside, wish=0.01, threshold=0.601, by=ada.user)
        riverside.refresh_from_db()
        assert (riverside.accept_threshold, riverside.review_threshold, riverside.thresholds_model) == (
            0.601,
            0.3,
            "scripted-1",
        )

    @pytest.mark.parametrize("threshold", [0.602, 0.3, 0.99])
    def test_nothing_but_what_is_proposed(self, known, sign_in, ada, riverside, threshold):
        with pytest.raises(ProposalChanged):
            threshold_adopt(institution=riverside, wish=0.01, threshold=threshold, by=ada.user)
        for ask in (sign_in(ada).get, sign_in(ada).post):
            answer = ask(THRESHOLD, {"wish": "0.01", "threshold": str(threshold)}, follow=True)
            assert "The proposal has changed in the meantime" in answer.content.decode()
        riverside.refresh_from_db()
        assert riverside.accept_threshold is None

    def test_nothing_from_too_few(self, photo, ada, riverside):
        with pytest.raises(ProposalChanged):
            threshold_adopt(institution=riverside, wish=0.01, threshold=0.3, by=ada.user)

    @pytest.mark.parametrize(
        "send", [{}, {"wish": "0.01"}, {"wish": "2", "threshold": "0.5"}, {"wish": "0.01", "threshold": "nan"}]
    )
    def test_nonsense(self, send, known, sign_in, ada, riverside):
        assert "No threshold was chosen" in sign_in(ada).post(THRESHOLD, send, follow=True).content.decode()
        riverside.refresh_from_db()
        assert riverside.accept_threshold is None

    def test_a_verdict_that_is_taken_back_meanwhile(self, known, sign_in, ada, riverside):
        Verdict.objects.filter(said="ask").delete()
        answer = sign_in(ada).post(THRESHOLD, self.send, follow=True).content.decode()
        assert "The proposal has changed in the meantime" in answer


class TestTheCommand:
    def run(self, capsys, *arguments):
        call_command("calibrate_faces", *arguments)
        return capsys.readouterr().out

    def test_as_text(self, known, capsys, hilltop):
        said = self.run(capsys, "--institution", "riverside")
        assert "riverside · scripted scripted-1 · 1 lessons" in said
        assert "0.65% (2 of 306; 95 %: 0.08% to 2.34%) among all marks" in said
        assert "0.601: at most 0.96% with 95 % confidence (492 faces of somebody else, at least 299 needed)" in said
        assert "hilltop" not in said

    def test_all_schools(self, known, capsys, hilltop):
        said = self.run(capsys, "--false-match-rate", "0.001")
        assert "too little is known (492 faces of somebody else, at least 2995 needed)" in said
        assert "hilltop" in said

    def test_as_json_it_says_what_the_page_says(self, known, capsys, riverside):
        [document] = json.loads(self.run(capsys, "--institution", "riverside", "--json"))
        assert document["proposal"]["threshold"] == read_report(riverside).proposal.threshold
        assert document["false_matches"]["among_judged_marks"] == {
            "events": 2, "trials": 6, "rate": 0.333333, "low": 0.043272, "high": 0.777222,
        }  # fmt: skip
        assert document["proposal"]["at_threshold"]["false_matches"]["at_most"] <= 0.01
        assert len(document["curve"]) > 10

    def test_an_unknown_school(self, db):
        with pytest.raises(CommandError, match="nowhere"):
            call_command("calibrate_faces", "--institution", "nowhere")

    @pytest.mark.parametrize("rate", ["0", "1", "2", "-0.1", "nan", "low"])
    def test_an_impossible_wish(self, rate):
        with pytest.raises(CommandError, match="false-match-rate"):
            call_command("calibrate_faces", f"--false-match-rate={rate}")


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "–"), (0, "0 %"), (0.00001, "under 0.01 %"), (0.0123, "1.2 %"), (0.456, "46 %"), (1, "100 %")],
)
def test_rates_in_words(value, said):
    assert share(value) == said


def test_bounds_in_words():
    assert bounds(Rate(0, 300)) == "at most 0.99 %"
    assert bounds(Rate(300, 300)) == "at least 99 %"
    assert bounds(Rate(0, 0)) == "nothing is known yet"
