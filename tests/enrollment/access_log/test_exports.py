"""Each list that leaves the portal stands in the access log: who took it, what it was, how many are on it."""

import pytest
from django.urls import reverse

from enrollment.consenting.wording import consent_form_save
from enrollment.importing import runs
from enrollment.models import AccessRecord

pytestmark = pytest.mark.django_db(transaction=True)  # written once the transaction is through


@pytest.fixture
def exported(sign_in, ada):
    """Opens an address as Ada; returns the names of what the log says was exported."""
    client = sign_in(ada)

    def open_(address):
        assert client.get(address).status_code == 200
        rows = AccessRecord.objects.filter(verb="exported", actor=ada.user)
        return [(row.detail["what"], row.detail.get("count")) for row in rows]

    return open_


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("consents_csv", ("consents", 2)),
        ("consents_print", ("consent forms", 0)),
        ("photo_day", ("photo day", 2)),
        ("access_log_file", ("access log", None)),
    ],
)
def test_lists_of_students_are_recorded(exported, riverside, ada, sam, sita, name, what):
    consent_form_save(institution=riverside, version="1", valid_months=None, texts={"en": "May we?"}, by=ada.user)
    assert exported(reverse(name, args=["riverside"])) == [what]


def test_rows_left_out_of_an_import_are_recorded(exported, riverside, ada, own_media):
    data = b"Roll number;Name\n1;Ada\n1;Ben\n"
    run = runs.import_create(institution=riverside, kind="students", name="x.csv", data=data, by=ada.user)
    assert exported(reverse("import_left_out", args=["riverside", run.pk])) == [("rows left out", None)]
