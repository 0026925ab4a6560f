"""Every sentence can be translated, and every language has all of them. The pages: tests/test_translated_pages.py."""

import ast
import os
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.template import Context, Template
from django.utils import translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import datetime
from django.utils.translation import ngettext

from portal import translations
from portal.translations import lacking, po_paths, read_catalogue, stale
from tests.sentences import babel, extracted

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted(path for app in ("attendance", "portal") for path in (ROOT / app / "static").rglob("*.js"))
OURS = ("accounts", "enrollment", "attendance")
PLACES = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w+\}|<[^>]+>")


def relative(path):
    return path.relative_to(ROOT).as_posix()


# -- What a language has -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A folder with messages.pot in it."""
    return tmp_path_factory.mktemp("template")


@pytest.fixture(scope="module")
def sentences(template):
    return extracted(template)


@pytest.fixture
def german(tmp_path, monkeypatch):
    """A folder of languages with two German sentences in it, in place of the portal's own; their file."""
    monkeypatch.setattr(translations, "LOCALE", tmp_path)
    po = tmp_path / "de/LC_MESSAGES/django.po"
    po.parent.mkdir(parents=True)
    po.write_text(
        'msgid ""\nmsgstr ""\n"Language: de\\n"\n\n#, fuzzy\nmsgid "Today"\nmsgstr "Hier"\n\nmsgid "Gone"\nmsgstr "x"\n'
    )
    return po


def test_there_are_other_languages_than_english():
    assert list(po_paths()) == ["ar", "de"]
    assert {"en", *po_paths()} == {code for code, _name in settings.LANGUAGES}


def test_the_extraction_sees_python_templates_plurals_and_constants(sentences):
    found = {message.id for message in sentences}
    assert "My schools" in found  # {% translate %}
    assert ("%(n)s student", "%(n)s students") in found  # {% blocktranslate count %}
    assert "Not taken" in found  # _("…") in a tag's argument
    assert "This register is closed. Reopen it to change a mark." in found  # gettext_lazy
    assert ("%d face", "%d faces") in found  # ngettext


@pytest.mark.parametrize("language", po_paths())
def test_every_sentence_is_translated(language, sentences):
    catalogue = read_catalogue(language)
    missing = [
        message.id
        for message in sentences
        if message.id and not translated(catalogue.get(message.id, context=message.context))
    ]
    assert missing == [], "run `make messages` and translate them"


def translated(message):
    strings = [] if message is None else message.string
    strings = [strings] if isinstance(strings, str) else list(strings)
    return bool(strings) and all(strings) and not message.fuzzy


@pytest.mark.parametrize("language", po_paths())
def test_translations_keep_placeholders_tags_and_the_end(language):
    wrong = []
    for message in read_catalogue(language):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for form, string in enumerate(strings if message.id else ()):
            names_its_number = len(strings) == 6 and form < 3  # Arabic says none, one and two by the noun itself
            same_places = any(places_fit(string, id, may_lack_one=names_its_number) for id in ids)
            if not same_places or end(string) not in map(end, ids):
                wrong.append((message.id, string))
    assert wrong == []


def places_fit(string, id, *, may_lack_one):
    """True if a translation has the placeholders and tags of the sentence; one named placeholder may be left out."""
    there, wanted = Counter(PLACES.findall(string)), Counter(PLACES.findall(id))
    lacking = [*(wanted - there).elements()]
    is_told_otherwise = may_lack_one and len(lacking) == 1 and lacking[0].startswith("%(")
    return there <= wanted and (not lacking or is_told_otherwise)


ISOLATES = "\u2066\u2067\u2068\u2069\u200e"  # signs around what is written the other way


def end(sentence):
    """The sign that says what kind of sentence it is; Arabic has a question mark of its own."""
    last = sentence.rstrip(ISOLATES)[-1].replace("؟", "?")
    return last if last in ".?!:…" else ""


AVOIDED = {
    "ar": r"تلميذ|مدرس\b|إيميل|كشف الحضور|دفتر الحضور|وصي\b|بصمة|[\u064b-\u0652]|[\u0660-\u0669]|[\u0600-\u06ff][,;?]",
    "de": r"Klassenbuch|Schüler:in|\bKlick|\bLogin\b|\bStudent",
}


@pytest.mark.parametrize("language", po_paths())
def test_a_language_uses_one_term_for_one_thing(language):
    """Words that the list of terms at the head of a language's file does not have, and signs of another alphabet."""
    avoided = re.compile(AVOIDED[language])
    assert [message.string for message in read_catalogue(language) if avoided.search(str(message.string))] == []


def test_arabic_counts_in_six_forms():
    with translation.override("ar"):
        said = [ngettext("%(n)s student", "%(n)s students", n) % {"n": n} for n in (1, 2, 3, 11, 100, 0)]
    assert said == ["طالب واحد", "طالبان", "3 طلاب", "11 طالبا", "100 طالب", "0 طالب"]


def test_what_is_untranslated_or_guessed_is_reported(german, template, sentences, capsys):
    babel("update", "--input-file", f"{template}/messages.pot", "--output-dir", str(german.parents[2]))
    assert translations.report() == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"de: {len(sentences)} not translated"
    assert {"  Today", "  My schools"} <= set(said)
    assert '"Gone"' not in german.read_text()


def test_another_language_is_begun_with_every_sentence(tmp_path, monkeypatch, template, sentences):
    monkeypatch.setattr(translations, "LOCALE", tmp_path)
    babel("init", "-l", "ar", "--input-file", f"{template}/messages.pot", "--output-dir", str(tmp_path))
    assert list(po_paths()) == ["ar"]
    begun = read_catalogue("ar")
    assert begun.num_plurals == 6
    assert len(lacking(begun)) == len(sentences)


def test_a_language_is_stale_until_it_is_compiled(german):
    assert stale() == ["de"]
    babel("compile", "--directory", str(german.parents[2]))
    assert stale() == []
    os.utime(german, (german.stat().st_atime, german.stat().st_mtime + 60))
    assert stale() == ["de"]


# -- Dates and numbers -------------------------------------------------------------------------------------------------


def formats_in_use():
    python = [path for app in (*OURS, "portal") for path in (ROOT / app).rglob("*.py") if "formats" not in path.parts]
    texts = [path.read_text("utf-8") for path in (*TEMPLATES, *python)]
    return {
        found for text in texts for found in re.findall(r"""(?:\|date:|date_format\(.*?, )["']([^"']+)["']""", text)
    }


def test_every_date_of_our_pages_with_a_comma_has_its_arabic_form():
    from portal.formats.ar import formats

    own = {name: value for name, value in vars(formats).items() if name in formats_in_use()}
    assert {each for each in formats_in_use() if "," in each} <= set(own)
    assert [value for value in own.values() if "," in value] == []


def test_dates_and_numbers_as_arabic_writes_them():
    day = datetime(2026, 11, 25, 9, 5)
    with translation.override("ar"):
        shown = Template('{{ day|date:"l j F" }} {{ day|date:"j M, H:i" }} {{ share|floatformat:1 }}')
        assert shown.render(Context({"day": day, "share": 0.5})) == "الأربعاء، 25 نوفمبر 25 نوفمبر، 09:05 0,5"


def test_every_date_of_our_pages_has_its_german_form():
    """A day of the month has a dot; what has none in it stays as it is."""
    from portal.formats.de import formats

    own = {name for name in vars(formats) if not name.startswith("_")}
    machine = {"U", "Z", "Y-m-d"}
    assert formats_in_use() >= {"D j M", "l j F", "j F"}
    assert {each for each in formats_in_use() - machine if "j" in each} <= own


def test_dates_and_numbers_as_germans_write_them():
    day = datetime(2026, 11, 25, 9, 5)
    with translation.override("de"):
        assert date_format(day, "l j F") == "Mittwoch, 25. November"
        shown = Template('{{ day|date:"D j M" }} {{ day|time:"H:i" }} {{ share|floatformat:1 }}')
        assert shown.render(Context({"day": day, "share": 0.5})) == "Mi 25. Nov 09:05 0,5"
    with translation.override("en"):
        assert date_format(day, "l j F") == "Wednesday 25 November"


# -- What can be translated at all -------------------------------------------------------------------------------------

WITHOUT_WORDS = {
    "templates/portal/api_docs.html",  # the API's description is for programmers, in English
    "templates/allauth/elements/button.html",  # a tag in pieces
}
SPOKEN = ("aria-label", "title", "placeholder", "alt", "label", "hx-confirm")
SIGNS = re.compile(r"\b(?:UTC|API|QR|Esc|[A-Z]|s|min)\b")


VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
FOR_MACHINES = ("script", "style", "kbd")


class Visible(HTMLParser):
    """The texts of a page that a person sees, hears or may come to see; no names of icons, no keys of a script."""

    def __init__(self):
        super().__init__()
        self.texts, self.open = [], []  # open: tag, is hidden, is for machines

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag != "meta":
            self.texts += [values[name] for name in SPOKEN if values.get(name)]
        is_hidden = "hidden" in values or any(hidden for _, hidden, _ in self.open)
        is_icon = "material-symbols" in (values.get("class") or "")
        if tag not in VOID:
            is_key = tag == "dt" and is_hidden
            is_foreign = tag != "html" and "lang" in values  # the name of another language, in that language
            self.open.append((tag, is_hidden, tag in FOR_MACHINES or is_icon or is_key or is_foreign))

    def handle_endtag(self, tag):
        while any(each[0] == tag for each in self.open) and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if data.strip() and not any(machine for _, _, machine in self.open):
            self.texts.append(data.strip())


def visible(html):
    parser = Visible()
    parser.feed(html)
    return parser.texts


TRANSLATED = re.compile(
    r"{% block body_class %}.*?{% endblock %}|"
    r"{%-?\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}|{#.*?#}|{%.*?%}|{{.*?}}",
    re.DOTALL,
)


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_a_template_has_no_visible_text_outside_translation(path):
    if relative(path) in WITHOUT_WORDS:
        return
    html = TRANSLATED.sub(" ", path.read_text("utf-8"))
    assert [text for text in visible(html) if re.search("[A-Za-z]", SIGNS.sub("", text))] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=relative)
def test_a_script_says_nothing_of_its_own(path):
    """Sentences come with the page, so that they are in its language."""
    code = re.sub(r"(?m)//.*$|/\*.*?\*/", "", path.read_text("utf-8"))
    literals = [found[1] for found in re.findall(r"""(["'`])((?:\\.|(?!\1).)*)\1""", code)]
    assert [
        text for text in literals if re.search(r"\b[A-Z][a-z]+ [a-z]+ [a-z]+|[a-z]{3,} [a-z]+ [a-z]+\.$", text)
    ] == []


FOR_PROGRAMMERS = ROOT / "attendance/api"  # its description, in English
PLAIN = {"ValidationError", "PermissionDenied", "Toast"}
WORDED = {
    "label",
    "help_text",
    "verbose_name",
    "verbose_name_plural",
    "description",
    "short_description",
    "empty_label",
    "message",
}


def plain_sentences(path):
    """Words for people that are no gettext: an argument of an error or of a field."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        arguments = node.args[:1] if name in PLAIN else []
        arguments += [keyword.value for keyword in node.keywords if keyword.arg in WORDED]
        for argument in arguments:
            words = argument.value if isinstance(argument, ast.Constant) else ""
            if isinstance(argument, ast.JoinedStr) or (isinstance(words, str) and re.search("[A-Za-z]", words)):
                yield f"{relative(path)}:{node.lineno} {ast.unparse(argument)}"


def is_for_people(path):
    return FOR_PROGRAMMERS not in path.parents and not {"migrations", "management"} & set(path.parts)


def test_errors_and_fields_speak_through_gettext():
    paths = [path for app in (*OURS, "portal") for path in sorted((ROOT / app).rglob("*.py")) if is_for_people(path)]
    assert len(paths) > 100
    assert [found for path in paths for found in plain_sentences(path)] == []


def test_the_admin_names_every_model_and_shown_field_in_the_readers_language():
    unnamed = []
    for model, options in admin.site._registry.items():
        meta = model._meta
        unnamed += [
            meta.label for name in (meta.verbose_name, meta.verbose_name_plural) if not isinstance(name, Promise)
        ]
        shown = {*options.list_display, *(options.fields or ())}
        unnamed += [
            f"{meta.label}.{field.name}"
            for field in meta.fields
            if field.name in shown or (field.editable and not field.primary_key)
            if not isinstance(field.verbose_name, Promise)
        ]
    assert unnamed == []
    assert [app for app in OURS if not isinstance(apps.get_app_config(app).verbose_name, Promise)] == []
