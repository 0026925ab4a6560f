"""Settings: everything that differs between a laptop, a school's server and AWS comes from the environment or `.env`.

`.env.example` lists every name that is read here.
"""

import json
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from accounts.network import Network, parse_networks
from portal.aws.addresses import bucket_origins
from portal.environment import StrictEnv, own_file, own_folder, that_may_be_unavailable, traces_to, with_room

BASE_DIR = Path(__file__).resolve().parent.parent
env = StrictEnv()
StrictEnv.read_env(BASE_DIR / ".env")

DATA_DIR = Path(env("DATA_DIR", default=str(BASE_DIR / "var")))
own_folder(DATA_DIR)  # the database, pictures and folded networks live here
DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)  # prints the demo school's logins on the sign-in page


def required(name: str, *, while_debugging: str) -> str:
    """A setting that every real installation must have. Raises ImproperlyConfigured."""
    value = env(name, default=while_debugging if DEBUG else "")
    if not value:
        raise ImproperlyConfigured(f"Set {name} in the environment or in .env (see .env.example).")
    return str(value)


def json_object(name: str) -> dict[str, Any]:
    """A setting that is a JSON object, empty by default. Raises ImproperlyConfigured."""
    try:
        value = json.loads(env(name, default="{}"))
    except json.JSONDecodeError as error:
        raise ImproperlyConfigured(f"{name} must be a JSON object: {error}") from error
    if not isinstance(value, dict):
        raise ImproperlyConfigured(f"{name} must be a JSON object.")
    return value


def networks(name: str) -> tuple[Network, ...]:
    """A setting that lists IP addresses and networks, empty by default. Raises ImproperlyConfigured."""
    try:
        return parse_networks(env(name, default=""))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error} is not an IP address or a network like 10.0.0.0/8.") from error


def adapter(name: str, *, default: str) -> dict[str, Any]:
    """An exchangeable part: `NAME` is its dotted path, `NAME_OPTIONS` its options as JSON."""
    return {"BACKEND": env(name, default=default), "OPTIONS": json_object(f"{name}_OPTIONS")}


SECRET_KEY = required("SECRET_KEY", while_debugging="only-for-debugging-" + "0" * 40)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # the other one replaces the admin site with its own
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "portal.apps.PortalConfig",
    "portal.apps.PortalAdminConfig",
    "django_htmx",
    "django_include_bootstrap",
    "lucide",
    "allauth",
    "allauth.account",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "accounts",
    "enrollment",
    "attendance",
]
MIDDLEWARE = [
    "portal.middleware.HeadMiddleware",
    "portal.middleware.HealthMiddleware",
    "portal.middleware.LogMiddleware",
    "portal.middleware.ProxyMiddleware",
    "portal.middleware.BudgetMiddleware",
    "portal.middleware.CacheMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.middleware.NulMiddleware",
    "accounts.middleware.LanguageMiddleware",
    "accounts.middleware.TenancyMiddleware",
    "attendance.middleware.StoreUnavailableMiddleware",
    "attendance.middleware.RefusalMiddleware",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.shell",
                "attendance.demo.context.demo_logins",
            ],
        },
    },
]

# Web process and worker write to the same SQLite file: write-ahead log, and writers that wait their turn.
_sqlite_options = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    # secure_delete: what is deleted is overwritten, so that no erased face can be read from the file.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;",
}
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'portal.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = _sqlite_options
    own_file(Path(DATABASES["default"]["NAME"]))
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # a restarted database costs nobody an error
ROW_SECURITY = env.bool("ROW_SECURITY", default=False)  # a fourth wall between schools (accounts/row_security.py)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": that_may_be_unavailable(with_room(env.cache("CACHE_URL", default="locmemcache://")))}

# Pictures are private files: they are never served by path, only through a view that checks access.
MEDIA_ROOT = DATA_DIR / "pictures"
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "attendance.captures.finders.CascadeFinder",
]
_static_backend = (
    "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else "portal.static_files.HashedModulesStorage"
)
# Pictures: in a private S3 bucket, or in a folder of DATA_DIR if none is set.
PICTURES_BUCKET = env("PICTURES_BUCKET", default="")
PICTURES_KMS_KEY = env("PICTURES_KMS_KEY", default="")
PICTURES_URL_SECONDS = env.int("PICTURES_URL_SECONDS", default=60)
# Where they were before, while they are moved: "files", or a bucket's name.
PICTURES_FORMER = env("PICTURES_FORMER", default="")
if PICTURES_FORMER and (PICTURES_BUCKET or "files") == PICTURES_FORMER:
    raise ImproperlyConfigured("PICTURES_FORMER names the place where the pictures are now.")
FORMER_BUCKET = "" if PICTURES_FORMER == "files" else PICTURES_FORMER


def pictures_in(bucket: str) -> dict[str, Any]:
    """The storage of pictures in this bucket, or in the folder."""
    if not bucket:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    options = {"bucket_name": bucket, "kms_key": PICTURES_KMS_KEY, "querystring_expire": PICTURES_URL_SECONDS}
    meter = {"meter": "accounts.metering.calls_count"}
    return {"BACKEND": "portal.aws.storage.PrivatePictureStorage", "OPTIONS": options | meter}


_pictures = pictures_in(PICTURES_BUCKET)
if PICTURES_FORMER:
    _both = {"current": _pictures, "former": pictures_in(FORMER_BUCKET)}
    _pictures = {"BACKEND": "accounts.moving.storage.MovingStorage", "OPTIONS": _both}
STORAGES = {
    "default": _pictures,
    "staticfiles": {"BACKEND": _static_backend},
}
# Days that the operator keeps backups, as receipts of erasures state them; None: not stated.
BACKUP_RETENTION_DAYS = env.int("BACKUP_RETENTION_DAYS", default=None)
# What was erased, by ids, for a backup that is restored: on another disk than the database if possible.
ERASURE_JOURNAL = env("ERASURE_JOURNAL", default=str(DATA_DIR / "erasures.jsonl"))
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
# One phone picture is held in memory; PICTURE_MAX_BYTES is checked before it is decoded.
PICTURE_MAX_BYTES = env.int("PICTURE_MAX_BYTES", default=25_000_000)
PICTURE_MAX_PIXELS = env.int("PICTURE_MAX_PIXELS", default=120_000_000)
FRAME_MAX_PIXELS = env.int("FRAME_MAX_PIXELS", default=9_000_000)  # of a camera's frame: 4K has 8.3 million
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # a roster has a box for each student, and one more for each who is on it

# The face engine, the mapping of face ids to students, and the store of marks.
FACE_ENGINE = adapter("FACE_ENGINE", default="enrollment.faces.local.engine.LocalFaceEngine")
FACE_ID_REPOSITORY = adapter("FACE_ID_REPOSITORY", default="enrollment.repositories.orm.OrmFaceIdRepository")
ATTENDANCE_REPOSITORY = adapter("ATTENDANCE_REPOSITORY", default="attendance.repositories.orm.OrmAttendanceRepository")
LIVENESS_CHECK = adapter("LIVENESS_CHECK", default="enrollment.liveness.turns.HeadTurns")  # of unattended tablets
FACE_MODEL_CACHE = Path(env("FACE_MODEL_CACHE", default=str(DATA_DIR / "models")))
FACE_MODEL_DIR = env("FACE_MODEL_DIR", default="")  # other weights than those in the wheel

# Amazon Web Services, for the adapters that use them. boto3 finds credentials by itself: a role, a profile, or
# AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
AWS_REGION = env("AWS_REGION", default="")
AWS_PREFIX = env("AWS_PREFIX", default="attendance")  # begins the names of tables and collections
AWS_THREADS = env.int("AWS_THREADS", default=16)  # calls of one service at a time, in one process
AWS_RATES = json_object("AWS_RATES")  # calls a second by operation, in place of the Region's default quotas
METER_SECONDS = env.float("METER_SECONDS", default=5.0)  # how long counts of DynamoDB and S3 stay in memory
# Endpoints other than Amazon's own. boto3 reads these names itself; here they are checked and allowed in pages.
_every_endpoint = env("AWS_ENDPOINT_URL", default="")
AWS_ENDPOINTS = {
    "rekognition": env("AWS_ENDPOINT_URL_REKOGNITION", default=_every_endpoint),
    "dynamodb": env("AWS_ENDPOINT_URL_DYNAMODB", default=_every_endpoint),
    "s3": env("AWS_ENDPOINT_URL_S3", default=_every_endpoint),
}
AWS_S3_ADDRESSING = env("AWS_S3_ADDRESSING", default="path" if AWS_ENDPOINTS["s3"] else "virtual")
# Sources of pictures besides the portal itself: a picture's address redirects to the bucket, signed.
PICTURE_ORIGINS = [
    origin
    for bucket in (PICTURES_BUCKET, FORMER_BUCKET)
    for origin in bucket_origins(bucket, region=AWS_REGION, endpoint=AWS_ENDPOINTS["s3"], addressing=AWS_S3_ADDRESSING)
]

# Signing in: by e-mail, no sign-up; an institution's admin invites people.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.sign_in.AuthenticationBackend"]
ACCOUNT_ADAPTER = "accounts.sign_in.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.sign_in_forms.LoginForm",
    "reset_password": "accounts.sign_in_forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.sign_in_forms.ResetPasswordKeyForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"  # an address counts once its owner has opened the link sent to it
ACCOUNT_CHANGE_EMAIL = True  # the old address holds until then
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to strangers whose address somebody typed
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = False
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = reverse_lazy("home")
ACCOUNT_LOGOUT_REDIRECT_URL = reverse_lazy("account_login")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
EMAIL_CONFIG = env.email("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 30  # seconds: a mail server that says nothing for so long counts as unreachable
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="attendance@localhost")

# Sentences are written in English; locale/ holds the other languages, portal/formats/ their date formats.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German")), ("ar", _("Arabic"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["portal.formats"]
LANGUAGE_COOKIE_AGE = 31_536_000  # a year: the choice made before signing in, in this browser
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Ids of `manage.py check --deploy` that were read and accepted (docs/deployment-checks.md).
SILENCED_SYSTEM_CHECKS = env.list("SILENCED_CHECKS", default=[])

# Transport: a real installation is behind HTTPS; a laptop has only HTTP.
_https = env.bool("HTTPS", default=not DEBUG)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_SSL_REDIRECT = _https
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000) if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
TRUSTED_PROXIES = networks("TRUSTED_PROXIES")
HEALTH_LISTEN = env("HEALTH_LISTEN", default="")  # host:port for balancers, in threads that serve nothing else
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"

# Strict everywhere: no inline script or style, nothing from elsewhere. /admin/ states its own (portal/admin_site.py).
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "blob:", "data:", *PICTURE_ORIGINS],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF, "blob:"],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.tokens.authentication.TokenAuthentication",  # first: it makes the answer to strangers 401
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["attendance.api.refusals.DenyAll"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": env("API_RATE_ANON", default="30/min"),
        "user": env("API_RATE_USER", default="600/min"),
        "captures": env("API_RATE_CAPTURES", default="120/min"),
    },
    "NUM_PROXIES": 0,  # the client's address is settled by `portal.middleware.ProxyMiddleware`
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "attendance.api.refusals.exception_handler",
}
# API tokens: knox with a model of ours, so that the tables of its own are never made.
KNOX_TOKEN_MODEL = "accounts.ApiToken"  # noqa: S105 - a model
MIGRATION_MODULES = {"knox": None}
SPECTACULAR_SETTINGS = {
    "TITLE": "Smart Attendance",
    "DESCRIPTION": "Class sessions, captures, marks and a student's own history.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},  # the schema is sent nowhere
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "SettableStatusEnum": "attendance.api.serializers.SETTABLE_STATUSES",
        "CaptureKindEnum": "attendance.models.Capture.Kind",
        "ExcuseKindEnum": "attendance.models.Excuse.Kind",
    },
}

# The admin (portal/admin_site.py): one school at a time, in the portal's own colour.
UNFOLD = {
    "SITE_TITLE": "portal.admin_pages.site_title",
    "SITE_HEADER": "portal.admin_pages.site_title",
    "SITE_URL": "portal.admin_pages.site_address",
    "SITE_SYMBOL": "how_to_reg",
    "SITE_DROPDOWN": "portal.admin_pages.school_choice",
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "DASHBOARD_CALLBACK": "portal.admin_pages.index_context",
    "ACCOUNT": {"navigation": "portal.admin_pages.account_links"},
    "SIDEBAR": {"navigation": "portal.admin_pages.sidebar"},
    "STYLES": [lambda request: static("portal/office.css")],
    # The portal's own tokens (portal/static/portal/site.css): its corners, its greys, and its accent.
    "BORDER_RADIUS": "10px",
    "COLORS": {
        "base": {
            "50": "#fbfaf8", "100": "#f4f2ef", "200": "#e6e3de", "300": "#d3cfc8", "400": "#9aa5a6", "500": "#5d6668",
            "600": "#4b5456", "700": "#394143", "800": "#2c3334", "900": "#1a1f20", "950": "#131718",
        },
        "primary": {
            "50": "#f1f8f7", "100": "#e3f0ef", "200": "#c3dfdd", "300": "#94c9c6", "400": "#6cc4c0", "500": "#3f9a98",
            "600": "#0f5f63", "700": "#0d5256", "800": "#0c4448", "900": "#16302f", "950": "#0a2221",
        },
    },
}  # fmt: skip

# Log lines for people, or as JSON for a log service; both name the request, and nobody (accounts/log_context.py).
LOG_FORMAT = env("LOG_FORMAT", default="line")
if LOG_FORMAT not in ("line", "json"):
    raise ImproperlyConfigured("LOG_FORMAT must be line or json.")
LOG_REQUESTS = env.bool("LOG_REQUESTS", default=False)
# Traces for a collector of OpenTelemetry (accounts/tracing.py).
TRACES_TO = traces_to(env("TRACES_TO", default=""))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"context": {"()": "accounts.log_context.ContextFilter"}},
    "formatters": {
        "line": {
            "()": "accounts.log_context.PlainFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
        "json": {"()": "accounts.log_context.json_formatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["context"]}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
}
