"""System checks of the settings: impossible ones always, unsafe and missing ones with `check --deploy`.

docs/deployment-checks.md lists every id with its remedy; SILENCED_CHECKS names those that were read and accepted.
"""

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured

from accounts.adapters import adapter_backend
from accounts.mail import mail_is_sent
from accounts.models import Institution, User
from attendance.needs import uses_dynamodb, uses_face_liveness, uses_rekognition
from enrollment.faces.rekognition.actions import actions
from enrollment.faces.trouble import engine_trouble
from portal.aws.addresses import is_without_rekognition
from portal.shared_cache import cache_trouble
from portal.translations import stale

ADAPTERS = ("FACE_ENGINE", "FACE_ID_REPOSITORY", "ATTENDANCE_REPOSITORY")
LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
LONGEST_ADDRESS = 604_800  # seconds: the longest validity of an S3 signature
USUAL_ADDRESS = 600
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_KEY = re.compile(r"arn:aws[a-z-]*:kms:(?P<region>[a-z0-9-]+):\d{12}:key/[A-Za-z0-9-]+")
_PREFIX = re.compile(r"[A-Za-z0-9_.-]{1,200}")
_KINDS = {"E": Error, "W": Warning, "I": Info}
_NOT_SHARED = ("locmem", "dummy", "filebased")


@dataclass(frozen=True, slots=True)
class Rule:
    """One check. found: returns the fault, put into the sentence as {}; a false value if there is none.

    id: its first letter is the kind of message: E, W or I.
    """

    id: str
    found: Callable[[], object]
    sentence: str
    hint: str

    def messages(self) -> list[CheckMessage]:
        found = self.found()
        if not found:
            return []
        return [_KINDS[self.id[0]](self.sentence.format(found), hint=self.hint, id=f"portal.{self.id}")]


# -- Faults -----------------------------------------------------------------------------------------------------------


def _if_adapters_import(look: Callable[[], object]) -> Callable[[], object]:
    """Skip the check if adapters cannot be imported: that is reported by E008."""

    @wraps(look)
    def found() -> object:
        return None if _broken_adapters() else look()

    return found


def _broken_adapters() -> str:
    problems = []
    for setting in (*ADAPTERS, "LIVENESS_CHECK"):
        try:
            adapter_backend(setting)
        except ImproperlyConfigured as error:
            problems.append(str(error))
    return " ".join(problems)


def _aws_parts() -> list[str]:
    """The settings that choose AWS."""
    parts = ["FACE_ENGINE"] if uses_rekognition() else []
    parts += [setting for setting in ADAPTERS[1:] if uses_dynamodb(setting)]
    parts += ["LIVENESS_CHECK"] if uses_face_liveness() else []
    return parts + (["PICTURES_BUCKET"] if settings.PICTURES_BUCKET else [])


def _bad_key() -> bool:
    key = _KEY.fullmatch(settings.PICTURES_KMS_KEY)
    if not settings.PICTURES_KMS_KEY:
        return False
    return key is None or bool(settings.AWS_REGION and key["region"] != settings.AWS_REGION)


def _hosts_are_local() -> bool:
    return bool(settings.ALLOWED_HOSTS) and set(settings.ALLOWED_HOSTS) <= LOCAL


def _open_endpoints() -> str:
    urls = {name: urlsplit(url) for name, url in settings.AWS_ENDPOINTS.items() if url}
    return ", ".join(name for name, url in urls.items() if url.scheme != "https" and url.hostname not in LOCAL)


def _long_lived_keys() -> bool:
    return bool(_aws_parts() and os.environ.get("AWS_ACCESS_KEY_ID") and not os.environ.get("AWS_SESSION_TOKEN"))


def _is(backend: str, kinds: Iterable[str]) -> bool:
    return any(f".{kind}." in f".{backend.lower()}." for kind in kinds)


def _unknown_rates() -> str:
    known = {name.partition(":")[2] for name in (*actions(detector="rekognition", users=True), *actions())}
    rates: dict[str, Any] = settings.AWS_RATES
    wrong = [name for name, rate in rates.items() if name not in known or not _is_rate(rate)]
    return ", ".join(sorted(wrong))


def _is_rate(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _region_without_rekognition() -> str:
    """AWS_REGION, if Rekognition is used at Amazon and is not offered there."""
    if not settings.AWS_REGION or settings.AWS_ENDPOINTS["rekognition"]:
        return ""
    if not (uses_rekognition() or uses_face_liveness()):
        return ""
    return settings.AWS_REGION if is_without_rekognition(settings.AWS_REGION) else ""


def _marks_stay_for_ever() -> bool:
    options = settings.ATTENDANCE_REPOSITORY.get("OPTIONS", {})
    return uses_dynamodb("ATTENDANCE_REPOSITORY") and options.get("retention_days") is None


def _schools_without_cap() -> str:
    if not uses_rekognition():
        return ""
    schools = Institution.objects.filter(faces_enabled=True, monthly_cap=None).values_list("slug", flat=True)
    return ", ".join(schools)


def _demo_accounts() -> str:
    """Addresses of the demo's accounts in a database that is no demonstration any more."""
    if settings.DEMO:
        return ""
    return ", ".join(User.objects.filter(is_demo=True).values_list("email", flat=True))


def _closed_journal() -> str:
    """The path of the journal of erasures, if nothing can be written there."""
    path = Path(settings.ERASURE_JOURNAL)
    return "" if os.access(path if path.exists() else path.parent, os.W_OK) else str(path)


# -- The rules, in the order of docs/deployment-checks.md -------------------------------------------------------------

IMPOSSIBLE = [
    Rule(
        "E001",
        lambda: settings.PICTURES_KMS_KEY and not settings.PICTURES_BUCKET,
        "PICTURES_KMS_KEY is set and PICTURES_BUCKET is not.",
        "Pictures on a disk are not encrypted by that key. Set the bucket, or remove the key.",
    ),
    Rule(
        "E002",
        lambda: settings.PICTURES_BUCKET and not _BUCKET.fullmatch(settings.PICTURES_BUCKET),
        "PICTURES_BUCKET is no name that a bucket can have here.",
        "3 to 63 small letters, digits and hyphens. Without dots: they do not fit Amazon's certificate.",
    ),
    Rule(
        "E003",
        lambda: settings.PICTURES_BUCKET and not settings.PICTURE_ORIGINS,
        "PICTURES_BUCKET is set, and AWS_REGION and the endpoints give it no address: pages could not show pictures.",
        "Set AWS_REGION; in a Region without dual-stack or FIPS endpoints, do not ask for these. The pages' content "
        "security policy has to name the bucket's host.",
    ),
    Rule(
        "E004",
        _bad_key,
        "PICTURES_KMS_KEY is not the ARN of a key in AWS_REGION.",
        "Write arn:aws:kms:<Region>:<account>:key/<id>. An alias does not fit into a policy.",
    ),
    Rule(
        "E005",
        lambda: not _PREFIX.fullmatch(settings.AWS_PREFIX),
        "AWS_PREFIX cannot begin the name of a table or a collection.",
        "Letters, digits, _ . and -, at most 200.",
    ),
    Rule(
        "E006",
        lambda: not 1 <= settings.PICTURES_URL_SECONDS <= LONGEST_ADDRESS,
        "PICTURES_URL_SECONDS is not between 1 and 604800.",
        "A minute is enough: a page asks for its pictures at once.",
    ),
    Rule(
        "E007",
        lambda: settings.AWS_S3_ADDRESSING not in ("virtual", "path"),
        "AWS_S3_ADDRESSING is neither virtual nor path.",
        "Leave it out, unless your own S3 server wants another one.",
    ),
]
UNSAFE = [
    Rule(
        "E008",
        _broken_adapters,
        "{}",
        "Correct the dotted path or the options.",
    ),
    Rule(
        "W001",
        lambda: settings.DEMO,
        "DEMO is on: the sign-in page prints passwords.",
        "Set DEMO=false where real students are.",
    ),
    Rule(
        "W005",
        lambda: not mail_is_sent(),
        "Mail is not sent: no invitation arrives, and nobody can set a new password.",
        "Set EMAIL_URL to a mail server, then try it: manage.py send_test_mail ADDRESS.",
    ),
    Rule(
        "W006",
        _hosts_are_local,
        "ALLOWED_HOSTS names this machine alone.",
        "Set ALLOWED_HOSTS to the names by which people reach the portal.",
    ),
    Rule(
        "W007",
        lambda: "*" in settings.ALLOWED_HOSTS,
        "ALLOWED_HOSTS allows every name, so a link in a mail can be made to lead elsewhere.",
        "Name the hosts.",
    ),
    Rule(
        "W008",
        lambda: ", ".join(stale()),
        "These languages are not compiled, or were changed since: {}. Pages are shown in English, or as they were.",
        "Run `pybabel compile` and start the portal anew.",
    ),
    Rule(
        "W010",
        _if_adapters_import(lambda: not settings.AWS_REGION and ", ".join(_aws_parts())),
        "AWS_REGION is not set; {} would use whatever Region boto3 finds.",
        "Set AWS_REGION: where students' data lie is a decision.",
    ),
    Rule(
        "W011",
        _if_adapters_import(_long_lived_keys),
        "A long-lived AWS key is in the environment.",
        "On AWS give the machine or container a role instead; elsewhere change the key regularly.",
    ),
    Rule(
        "W012",
        _if_adapters_import(lambda: uses_rekognition() and _is(settings.CACHES["default"]["BACKEND"], _NOT_SHARED)),
        "Each process has a cache of its own, so each keeps its own pace and together they exceed AWS's quota.",
        "Set CACHE_URL to Redis, or to dbcache://portal_cache after `manage.py createcachetable`.",
    ),
    Rule(
        "W021",
        _if_adapters_import(_region_without_rekognition),
        "Rekognition is not offered in {}, as far as the installed boto3 knows.",
        "Choose another AWS_REGION, or the embedded engine. If it is offered there since, update boto3.",
    ),
    Rule(
        "W013",
        _open_endpoints,
        "Faces and marks would travel in the open: the endpoint of {} is plain HTTP on another machine.",
        "Use https:// in AWS_ENDPOINT_URL_<SERVICE>, or leave it out.",
    ),
    Rule(
        "W014",
        _if_adapters_import(lambda: uses_dynamodb("ATTENDANCE_REPOSITORY") and not settings.PICTURES_BUCKET),
        "Marks are in DynamoDB and pictures on this machine's disk: a second web process elsewhere lacks them.",
        "Set PICTURES_BUCKET.",
    ),
    Rule(
        "W015",
        _if_adapters_import(lambda: _aws_parts() and settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")),
        "AWS is used with SQLite, which serves one machine and one writer.",
        "Set DATABASE_URL to PostgreSQL.",
    ),
    Rule(
        "W017",
        _unknown_rates,
        "AWS_RATES names what the portal never calls, or gives it no rate above 0: {}.",
        'Write AWS\'s names of operations and calls a second: {"SearchFacesByImage": 50}.',
    ),
    Rule(
        "W018",
        lambda: settings.PICTURES_BUCKET and USUAL_ADDRESS < settings.PICTURES_URL_SECONDS <= LONGEST_ADDRESS,
        "A picture's signed address can be passed on for more than ten minutes.",
        "Set PICTURES_URL_SECONDS=60.",
    ),
    Rule(
        "W022",
        _closed_journal,
        "The journal of erasures cannot be written at {}: no erasure comes to its end until it can.",
        "Make its folder, let the portal write there (ReadWritePaths in systemd's units), or correct ERASURE_JOURNAL.",
    ),
    Rule(
        "I001",
        lambda: settings.PICTURES_BUCKET and not settings.PICTURES_KMS_KEY,
        "Pictures are encrypted with keys that S3 keeps itself.",
        "With PICTURES_KMS_KEY each use is logged, and the key can be withdrawn.",
    ),
    Rule(
        "I002",
        _if_adapters_import(_marks_stay_for_ever),
        "Marks are kept for ever.",
        'Set ATTENDANCE_REPOSITORY_OPTIONS={"retention_days": 400}, or as the law of the school\'s country says.',
    ),
    Rule(
        "I003",
        _if_adapters_import(uses_rekognition),
        "AWS may keep students' pictures and use them to improve its services unless the organisation opts out.",
        "Have its administrator attach an AI services opt-out policy; it cannot be read from here. "
        "Then add portal.I003 to SILENCED_CHECKS.",
    ),
]
IN_DATABASE = [
    Rule(
        "E009",
        _demo_accounts,
        "DEMO is off, and the demo's accounts are in this database: {}. They cannot sign in any more.",
        "Begin with an empty database: the demo's students and faces are in this one too.",
    ),
    Rule(
        "W016",
        _if_adapters_import(_schools_without_cap),
        "Schools recognise faces on Rekognition without a monthly cap: {}.",
        "Set a cap in the school's settings, so that a fault or an abuse costs no more than that.",
    ),
]
FACES = [
    Rule(
        "W019",
        _if_adapters_import(engine_trouble),
        "Faces cannot be recognised on this machine: {}",
        "Install the package again, or correct the folder. Photos wait meanwhile, and nothing is lost.",
    ),
]
CACHE = [
    Rule(
        "W020",
        cache_trouble,
        "The shared cache does not keep what it is given: {}",
        "Start the server that CACHE_URL names, or run `manage.py createcachetable`. "
        "Without it each process counts by itself, and photos for Rekognition wait.",
    ),
]
RULES = [*IMPOSSIBLE, *FACES, *UNSAFE, *IN_DATABASE, *CACHE]


@register(Tags.security)
def impossible(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Errors for impossible settings, in every `check` and at the start of each command that checks."""
    return _messages(IMPOSSIBLE)


@register("faces")
def faces(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A warning in every `check` if the face networks' files are missing or damaged: the rest of the portal works."""
    return _messages(FACES)


@register(Tags.security, deploy=True)
def unsafe(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Messages on unsafe and missing settings: `check --deploy`."""
    return _messages(UNSAFE)


@register(Tags.caches, deploy=True)
def shared_cache(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A warning if the cache is unavailable now: `check --deploy`. It is asked once, for half a second."""
    return _messages(CACHE)


@register(Tags.database, deploy=True)
def in_database(app_configs: Any, databases: Iterable[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Messages on data in the database: `check --deploy --database default`."""
    return _messages(IN_DATABASE) if databases else []


def _messages(rules: Iterable[Rule]) -> list[CheckMessage]:
    return [message for rule in rules for message in rule.messages()]
