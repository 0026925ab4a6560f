"""The privacy notice and the impact assessment state the school's own settings, and say what they are."""

import pytest
from django.urls import reverse

from accounts.models import FaceLaw
from enrollment.models import Consent
from tests.aws.conftest import all_on_aws  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
PAGES = ["privacy", "dpia"]


def shown(client, name, school="riverside", **options):
    response = client.get(reverse(name, args=[school]), **options)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize("name", PAGES)
class TestBoth:
    def test_say_that_they_are_no_legal_advice(self, ada, sign_in, name):
        assert "A starter, not legal advice." in shown(sign_in(ada), name)

    def test_state_the_schools_days(self, riverside, ada, sign_in, settings, name):
        settings.BACKUP_RETENTION_DAYS = 35
        riverside.photo_retention_days, riverside.leaver_retention_days = 3, 21
        riverside.mark_retention_days, riverside.log_retention_days = 400, 90
        riverside.save()
        html = shown(sign_in(ada), name)
        for words in ("Class photos: 3 days", "21 days after the student has left", "history: 400 days", ": 90 days"):
            assert words in html, words
        assert "Backups: 35 days" in html

    def test_say_what_is_not_set(self, riverside, ada, sign_in, settings, name):
        settings.BACKUP_RETENTION_DAYS = None
        html = shown(sign_in(ada), name)
        assert "No time is set." in html
        assert "has not stated how long" in html

    def test_a_stricter_law_shortens_the_days(self, riverside, ada, sign_in, name):
        riverside.law, riverside.leaver_retention_days = FaceLaw.ILLINOIS, 300
        riverside.save()
        html = shown(sign_in(ada), name)
        assert "30 days after the student has left" in html
        assert "Illinois" in html

    def test_embedded_nothing_goes_elsewhere(self, ada, sign_in, name):
        html = shown(sign_in(ada), name)
        assert "recognised on the portal's own server" in html.replace("&#x27;", "'")
        assert "Amazon" not in html

    def test_on_aws_the_region_and_services(self, all_on_aws, ada, sign_in, name):  # noqa: F811
        html = shown(sign_in(ada), name)
        for words in ("Region eu-west-1", "Amazon Rekognition", "Amazon DynamoDB", "Amazon S3", "opted out"):
            assert words in html, words
        assert "own server" not in html

    def test_the_contact(self, riverside, ada, sign_in, name):
        riverside.privacy_contact = "Dana Officer\n<dpo@riverside.example>"
        riverside.save()
        assert "Dana Officer<br>&lt;dpo@riverside.example&gt;" in shown(sign_in(ada), name)

    def test_in_german(self, ada, sign_in, name):
        html = shown(sign_in(ada), name, headers={"Accept-Language": "de"})
        assert "keine Rechtsberatung" in html


class TestNotice:
    def test_with_faces_off_it_speaks_of_none(self, riverside, tess, sign_in):
        riverside.faces_enabled = False
        riverside.save()
        html = shown(sign_in(tess), "privacy")
        assert "Face recognition is switched off." in html
        assert "Article 9(2)(a)" not in html

    def test_without_a_contact_it_says_so(self, tess, sign_in):
        assert "The contact for data protection is missing." in shown(sign_in(tess), "privacy")

    def test_england(self, riverside, tess, sign_in):
        riverside.law = FaceLaw.ENGLAND
        riverside.save()
        assert "Protection of Freedoms Act 2012" in shown(sign_in(tess), "privacy")

    def test_a_student_reads_it_from_their_page(self, sam, physics, client):
        client.force_login(sam.user)
        page = client.get(reverse("my_attendance", args=["riverside"])).content.decode()
        assert reverse("privacy", args=["riverside"]) in page
        assert "Privacy notice" in shown(client, "privacy")


class TestAssessment:
    def test_counts_students_and_answers(self, riverside, ada, sam, sita, sign_in):
        Consent.objects.create(
            institution=riverside, student=sita, answer="refused", given_by="Another parent", wording="1"
        )
        html = shown(sign_in(ada), "dpia")
        assert "Students</dt><dd>2</dd>" in html
        assert "with a valid consent</dt><dd>1</dd>" in html
        assert "who refused</dt><dd>1</dd>" in html

    @pytest.mark.parametrize(
        ("law", "words"), [("sweden", "agrees in writing"), ("new_york", "barred in schools"), ("england", "Chelmer")]
    )
    def test_names_the_rules_of_the_place(self, riverside, ada, sign_in, law, words):
        riverside.law, riverside.faces_enabled = law, False
        riverside.save()
        assert words in shown(sign_in(ada), "dpia")
