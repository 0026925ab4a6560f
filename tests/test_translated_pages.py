"""No page speaks two languages at once: each one is looked at in German and in Arabic."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from portal.translations import po_paths, read_catalogue
from tests.access_table import ADMIN, OUTSIDE_SCHOOLS, PAGES
from tests.sentences import extracted
from tests.test_translations import visible
from tests.test_walls import address_of, model_pages, module_world, world  # noqa: F401

pytestmark = [pytest.mark.pages, pytest.mark.thorough]


@pytest.fixture(scope="module")
def sentences(tmp_path_factory):
    return extracted(tmp_path_factory.mktemp("template"))


@pytest.mark.parametrize(
    ("page", "english", "german"),
    [
        ("admin:accounts_membership_changelist", "Teacher", "Lehrkraft"),
        ("admin:enrollment_facephoto_changelist", "Enrolled", "Erfasst"),
        ("admin:enrollment_student_changelist", "Ready", "Bereit"),
        ("admin:attendance_classsession_changelist", "Open", "Offen"),
    ],
)
def test_a_label_has_its_colour_in_every_language(client, world, page, english, german):  # noqa: F811
    client.cookies.load(world.cookies["admin"])

    def classes(word, language):
        html = client.get(reverse(page), headers={"accept-language": language}).content.decode()
        return set(re.findall(rf'<span class="([^"]*)"[^>]*>\s*{word}\s*</span>', html))

    assert classes(english, "en") == classes(german, "de") != set()


LOOKED_AT = [
    line for line in (*OUTSIDE_SCHOOLS, *PAGES, *ADMIN, *model_pages()) if line.method == "GET" and 200 in line.expected
]
ENGLISH = re.compile(
    r"\b(?:the|this|with|your|lessons?|pupils?|students?|teachers?|marked|register is|yet)\b", re.IGNORECASE
)


@pytest.fixture(scope="module")
def english(sentences):
    """Sentences that a page in a language never shows, by language: each one whose translation is another."""
    return {language: set(untranslated(read_catalogue(language), sentences)) for language in po_paths()}


def untranslated(catalogue, sentences):
    found = set()
    for message in sentences:
        string = catalogue.get(message.id, context=message.context).string if message.id else ""
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        found |= {
            id for id in ids if id and "%" not in id and id not in (string if isinstance(string, tuple) else (string,))
        }
    return found


@pytest.mark.parametrize("language", ["de", "ar"])
@pytest.mark.parametrize("line", LOOKED_AT, ids=lambda line: line.label)
def test_a_page_has_no_english_left(line, language, world, english):  # noqa: F811
    visitor = [who for who, status in zip(world.visitors, line.expected, strict=True) if status == 200][-2:][0]
    client = Client(headers={"accept-language": language})
    client.cookies.load(world.cookies[visitor])
    response = client.get(address_of(line, world))
    assert response.status_code == 200
    if not response.headers.get("Content-Type", "").startswith("text/html"):
        return
    html = response.content.decode()
    texts = visible(html)
    assert f'<html lang="{language}"' in html or "<html" not in html
    assert [text for text in texts if text in english[language]] == []
    if not line.name.startswith("admin:") and "admin/" not in line.path:  # there django-unfold speaks too
        assert [text for text in texts if ENGLISH.search(text.replace("Riverside School", ""))] == []
