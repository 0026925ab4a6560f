"""Values that no field and no address expects, the forms of a page, and the names that a view asks a request for."""

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

import lxml.html
import pytest
from django.http import QueryDict
from django.test.client import MULTIPART_CONTENT

SEED = 20261130
TEXTS = [
    "", " ", "0", "-1", "1e400", "NaN", "-Infinity", "0x10", "²", "٣", "2147483648", "9223372036854775808", "9" * 5000,
    "true", "None", "null", "[]", '{"a": 1}', "a,b;c", "not-a-uuid", "00000000-0000-0000-0000-000000000000", "f" * 32,
    "0000-00-00", "0001-01-01", "9999-12-31", "2026-02-30", "0000-00-00T00:00:00Z", "9999-12-31T23:59:59.999999-12:00",
    "25:61", "24:00", "P999999999D", "x" * 10_000, "é" * 300, "%", "%s%n", "{{ 7|add:7 }}{% x %}", "<script>a</script>",
    "../../../etc/passwd", "\\", "'\"`;--", "a\r\nSet-Cookie: a=b", "\u202e\u2066\u2028", "\U0001f600", "\ufffe",
]  # fmt: skip
NUL, LONE_SURROGATE, NO_UTF_8 = b"a\x00b", b"\xed\xa0\x80", b"\xff\xfe\xc0\x80"
VALUES: list[bytes] = [*(text.encode() for text in TEXTS), NUL, LONE_SURROGATE, NO_UTF_8]
IN_JSON: list[Any] = [
    None, True, [], {}, [[]], {"a": 1}, -1, 2**63, 10**400, 1.5, float("nan"), float("inf"), "\ud800", "a\x00b",
    json.loads("[" * 200 + "]" * 200), *TEXTS,
]  # fmt: skip
HEADERS = [  # that a view, a library or the framework reads
    "accept", "accept-encoding", "accept-language", "authorization", "cookie", "date", "forwarded",
    "host", "hx-boosted", "hx-current-url", "hx-prompt", "hx-request", "hx-target", "hx-trigger", "if-match",
    "if-modified-since", "if-none-match", "if-unmodified-since", "origin", "range", "referer", "user-agent",
    "x-csrftoken", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-real-ip",
    "x-requested-with", "x-taken-at",
]  # fmt: skip
IN_HEADERS = [  # a server lets neither line breaks nor NUL through
    "", " ", ",", ";", ";;q=,", "*", "*/*;q=nan", "text/html;q=1e400", "de;q=²", "xx-" + "y" * 300, "=", "a=b; c", "\"",
    "sessionid=\xff; csrftoken=", "language=%00; django_language=../../etc", "Token", "Token ", "Token \xff",
    "Token a b", "Basic", "Basic =", "Basic /////w==", "Bearer " + "x" * 5000, "http://[",
    "http://a:99999999/", "http://\xff/?=", "//",
    "javascript:alert(1)", "null", "[::1]", "::ffff:1.2.3.4, ", "1.2.3.4:5, unknown", "999.1.1.1", "fe80::1%eth0",
    "for=_x",
    "W/", 'W/"', '"' + "e" * 5000, "bytes=", "bytes=9-1", "bytes=-", "bytes=0-" + "9" * 30, "-1", "9" * 30, "0", "true",
    "Thu, 99 Foo 99999 99:99:99 GMT", "Thu, 01 Jan 1 00:00:00 GMT", "2026-02-30", "%", "%s%n", "<script>",
    "\xff\xfe", "é" * 300,
]  # fmt: skip
UNREADABLE = [  # content type and body
    ("multipart/form-data", b"nothing"),
    ("multipart/form-data; boundary=", b"nothing"),
    ("multipart/form-data; boundary=\xff", b"nothing"),
    ("multipart/form-data; boundary=" + "b" * 300, b"nothing"),
    (MULTIPART_CONTENT, b""),
    (MULTIPART_CONTENT, b"--BoUnDaRyStRiNg\r\n"),
    (MULTIPART_CONTENT, b"--BoUnDaRyStRiNg\r\nContent-Disposition: form-data\r\n\r\nx\r\n--BoUnDaRyStRiNg--\r\n"),
    (MULTIPART_CONTENT, b'--BoUnDaRyStRiNg\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\nhalf'),
    (
        MULTIPART_CONTENT,
        b'--BoUnDaRyStRiNg\r\nContent-Disposition: form-data; name="a"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n=\r\n--BoUnDaRyStRiNg--\r\n",
    ),
    ("application/x-www-form-urlencoded; charset=nonsense", b"a=b"),
    ("application/x-www-form-urlencoded", b"&".join(b"a%d=" % n for n in range(2000))),
    ("application/x-www-form-urlencoded", b"%00=%00&=&&&a[0]=1&a[]=2"),
    ("application/json", b"{"),
    ("application/json", b"[" * 20_000),
    ("application/json", b"\xff"),
    ("application/json; charset=nonsense", b"{}"),
    ("application/json", b"NaN"),
    ("application/json", b"null"),
    ("application/json", b"9" * 5000),
    ("nonsense", b"\x00"),
    ("", b"a=b"),
]
Pair = tuple[str, bytes]


def one_by_one(names: Iterable[str], values: Sequence[Any], most: int, *, of: str) -> Iterator[dict[str, Any]]:
    """Each name alone, with so many of the values; the same ones for the same word `of` each time."""
    for name in sorted(names):
        for value in random.Random(f"{SEED} {of} {name}").sample(list(values), min(most, len(values))):
            yield {name: value}


def mixed(names: Iterable[str], values: Sequence[Any], most: int, *, of: str) -> Iterator[dict[str, Any]]:
    """So many times about half of the names at once, each with one of the values."""
    chance, ordered = random.Random(f"{SEED} {of}"), sorted(names)
    for _ in range(most if ordered else 0):
        chosen = [name for name in ordered if chance.random() < 0.5] or [chance.choice(ordered)]
        yield {name: chance.choice(values) for name in chosen}


def encoded(pairs: Iterable[Pair]) -> str:
    """Names and values as in a query, or in a form's body."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)


def multipart(pairs: Iterable[Pair], files: Iterable[tuple[str, bytes, bytes]]) -> bytes:
    """The body of a form with files, each of them its field, its name and its content, under the client's boundary."""
    parts = [b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (name.encode(), value) for name, value in pairs]
    parts += [
        b'Content-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: image/jpeg\r\n\r\n%s'
        % (field.encode(), name, content)
        for field, name, content in files
    ]
    return b"".join(b"--BoUnDaRyStRiNg\r\n%s\r\n" % part for part in parts) + b"--BoUnDaRyStRiNg--\r\n"


# -- Forms -------------------------------------------------------------------------------------------------------------

SOUND = {
    "date": "2026-05-04", "vDateField": "2026-05-04", "time": "10:00", "vTimeField": "10:00", "number": "1",
    "datetime-local": "2026-05-04T10:00", "email": "new@example.org", "text": "Sound", "textarea": "Sound",
}  # fmt: skip


@dataclass(frozen=True)
class Form:
    """A form of a page: its address and method, its fields with sound values, and its fields for files."""

    action: str
    method: str
    fields: tuple[tuple[str, str], ...]
    files: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(name for name, _value in self.fields))

    def filled_in(self, values: Mapping[str, bytes]) -> list[Pair]:
        """The fields, some of them with these values."""
        return [*((name, value.encode()) for name, value in self.fields if name not in values), *values.items()]


def forms_of(page: bytes, address: str) -> list[Form]:
    """The forms of an HTML page, also those that HTMX sends without one. address: the page's own."""
    if not page.strip():
        return []  # a part of a page that has nothing to say
    root = lxml.html.fromstring(page)
    found = [_form(form, address) for form in root.forms]
    buttons = root.xpath("//*[@hx-post][not(self::form)]")
    return found + [Form(urljoin(address, button.get("hx-post")), "POST", ()) for button in buttons]


def linked_names(page: bytes) -> set[str]:
    """Names in the queries of a page's links: of filters, orders and pages of a list."""
    links = lxml.html.fromstring(page).xpath("//a/@href") if page.strip() else []
    return {name for link in links for name, _value in parse_qsl(urlsplit(link).query, keep_blank_values=True)}


def _form(form: Any, address: str) -> Form:
    named = [element for element in form.inputs if getattr(element, "name", None)]
    fields = {element.name: _sound(element) for element in named if element.get("type") != "file"}
    for name in [name for name in fields if name.endswith("-TOTAL_FORMS")]:  # one more row of a table, as by its button
        fields[name] = str(int(fields[name]) + 1)
    return Form(
        urljoin(address, form.get("action") or form.get("hx-post") or ""),
        "POST" if form.get("hx-post") else (form.get("method") or "get").upper(),
        tuple((_of_the_new_row(name, fields), value) for name, value in fields.items()),
        tuple(element.name for element in named if element.get("type") == "file"),
    )


def _of_the_new_row(name: str, fields: Mapping[str, str]) -> str:
    table, empty_row, field = name.partition("-__prefix__-")
    rows = fields.get(f"{table.removeprefix('initial-')}-TOTAL_FORMS", "1")
    return f"{table}-{int(rows) - 1}-{field}" if empty_row else name


def _sound(element: Any) -> str:
    """The value that the page shows; where it is empty, one that the field's kind takes."""
    if element.tag == "select":
        options = [option for option in element.value_options if option]
        chosen = element.value
        chosen = next(iter(chosen), None) if element.multiple else chosen
        return chosen or next(iter(options), "")
    if element.get("type") in ("checkbox", "radio"):
        return element.get("value") or "on"
    if value := element.value:
        return str(value)
    kinds = [element.get("type") or element.tag, *(element.get("class") or "").split()]
    return next((SOUND[kind] for kind in reversed(kinds) if kind in SOUND), "")


# -- Names -------------------------------------------------------------------------------------------------------------


@contextmanager
def names_asked_for() -> Iterator[set[str]]:
    """Collects the names that code asks a query or a posted form for."""
    names: set[str] = set()
    with pytest.MonkeyPatch.context() as patch:
        for method in ("__getitem__", "__contains__", "getlist"):
            patch.setattr(QueryDict, method, _noting(getattr(QueryDict, method), names))
        yield names


def _noting(method: Any, names: set[str]) -> Any:
    def noted(self: QueryDict, name: Any, *arguments: Any) -> Any:
        if isinstance(name, str):
            names.add(name)
        return method(self, name, *arguments)

    return noted
