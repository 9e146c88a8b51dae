"""Every choice is an environment variable; the defaults are the embedded set-up under `var/`.

The variables are listed with their meaning in README.md and `.env.example`.
"""

import secrets
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.FileAwareEnv()
env.read_env(BASE_DIR / ".env")

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()
# Uploads, mails with links to new passwords and, embedded, the database: nobody else's to read.
VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)


def _embedded_secret_key() -> str:
    """Return the secret key of an embedded installation, made at its first start."""
    path = VAR_DIR / "secret_key"
    try:
        with path.open("x") as file:
            path.chmod(0o600)
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return path.read_text()


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or _embedded_secret_key()
# Digests of erased phones must survive a rotation of SECRET_KEY.
ERASURE_KEY = env.str("ERASURE_KEY", default="") or SECRET_KEY

# -- Where it is reached ------------------------------------------------------------------------

HOST = env.str("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
WEB_PROCESSES = env.int("WEB_PROCESSES", default=1)
BASE_URL = env.str("BASE_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
HTTPS = BASE_URL.startswith("https://")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = [BASE_URL] if HTTPS else []
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# -- What it is made of -------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "import_export",
    "template_partials",
    "core",
    "guests",
    "loyalty",
    "visits",
    "imports",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.web.not_allowed.say_what_is_not_allowed",
    "core.web.busy.BusyMiddleware",
    # Last, as its documentation asks: it turns a lock-out during sign-in into its own answer.
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
                "core.web.context.frame",
            ],
        },
    },
]

# -- Database -----------------------------------------------------------------------------------

_database_url = env.str("DATABASE_URL", default="") or f"sqlite:///{VAR_DIR}/regulars.sqlite3"
DATABASES = {"default": env.db_url_config(_database_url)}
ON_SQLITE = DATABASES["default"]["ENGINE"].endswith("sqlite3")
if ON_SQLITE:
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        # A transaction takes the write lock when it begins: it waits there, never fails half-way.
        transaction_mode="IMMEDIATE",
        timeout=20,
        # Without the last, INSERT OR REPLACE would remove rows that triggers keep (core.guards).
        init_command=(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA recursive_triggers=ON;"
        ),
    )
else:
    DATABASES["default"].update(
        CONN_MAX_AGE=env.int("DATABASE_CONN_MAX_AGE", default=60), CONN_HEALTH_CHECKS=True
    )

# -- Queue --------------------------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL", default="")
QUEUE_DIR = VAR_DIR / "queue"
CELERY_BROKER_URL = REDIS_URL or "embedded://localhost"
WORKER_PROCESSES = env.int("WORKER_PROCESSES", default=2)
# The database is the truth of every job and the queue only a hint (core.services.jobs), so messages
# are small, never answered, and may come twice.
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
# Acknowledged when it is taken: one that comes again finds the job running, and one acknowledged
# after Redis was restarted would be of a connection that is no more.
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
if REDIS_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        # Longer than the longest import: Redis hands a message out again when this runs out.
        "visibility_timeout": env.int("QUEUE_VISIBILITY_TIMEOUT", default=6 * 3600),
        "global_keyprefix": env.str("QUEUE_PREFIX", default="regulars:"),
        "socket_connect_timeout": 2,
        "max_retries": 1,
    }
else:
    QUEUE_DIR.mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(QUEUE_DIR),
        "data_folder_out": str(QUEUE_DIR),
    }

# A running job whose heartbeat is older than this is taken to be dead and is started again.
JOB_LEASE_SECONDS = env.int("JOB_LEASE_SECONDS", default=60)
JOB_MAX_ATTEMPTS = env.int("JOB_MAX_ATTEMPTS", default=5)
CLOCK_TICK_SECONDS = env.int("CLOCK_TICK_SECONDS", default=10)

# -- Mail ---------------------------------------------------------------------------------------

if env.str("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "core.mail.FolderBackend"
MAIL_DIR = VAR_DIR / "mail"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Regulars <regulars@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_TIMEOUT = 20
# The right-hand side of every Message-ID, so that a repeated mail is recognisable anywhere.
MAIL_DOMAIN = env.str("MAIL_DOMAIN", default=DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> "))

# -- Files --------------------------------------------------------------------------------------

MEDIA_ROOT = VAR_DIR / "media"
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {
        "BACKEND": env.str("FILE_STORAGE", default="django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env.json("FILE_STORAGE_OPTIONS", default={}),
    },
    "staticfiles": {"BACKEND": "core.stylesheets.StaticFilesStorage"},
}
FILE_UPLOAD_PERMISSIONS = 0o600
# Above this an upload is streamed to a temporary file, so that memory does not grow with it.
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# A page of 200 rows to mend may carry 40 fields a row.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

IMPORT_MAX_UPLOAD_BYTES = env.int("IMPORT_MAX_UPLOAD_BYTES", default=200 * 1024 * 1024)
IMPORT_MAX_UNCOMPRESSED_BYTES = env.int("IMPORT_MAX_UNCOMPRESSED_BYTES", default=512 * 1024 * 1024)
IMPORT_SHEET_MEMORY_BYTES = env.int("IMPORT_SHEET_MEMORY_BYTES", default=2048 * 1024 * 1024)
IMPORT_SHEET_SECONDS = env.int("IMPORT_SHEET_SECONDS", default=300)
# Lines that commit together. More would make a web request wait longer on SQLite, fewer would make
# the fixed cost of a chunk count.
IMPORT_CHUNK_ROWS = env.int("IMPORT_CHUNK_ROWS", default=2_000 if ON_SQLITE else 5_000)
IMPORT_KEEP_DAYS = env.int("IMPORT_KEEP_DAYS", default=90)
EXPORT_KEEP_DAYS = env.int("EXPORT_KEEP_DAYS", default=3)

# -- People -------------------------------------------------------------------------------------

AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "core.auth.CompanyBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "core:home"
LOGOUT_REDIRECT_URL = "login"
# What an authenticator app calls the account.
OTP_TOTP_ISSUER = "Regulars"
PASSWORD_RESET_TIMEOUT = 7 * 24 * 3600

# Locked by the pair of address and account: a stranger cannot lock somebody out from elsewhere.
AXES_FAILURE_LIMIT = env.int("SIGN_IN_FAILURES", default=5)
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/locked_out.html"
AXES_USERNAME_FORM_FIELD = "username"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
PROXY_COUNT = env.int("PROXY_COUNT", default=0)
AXES_CLIENT_IP_CALLABLE = "core.web.places.network"
AXES_USERNAME_CALLABLE = "core.web.places.account"

# Of the demo that `start --demo` makes: its orders come in when its guests are there.
DEMO = env.bool("DEMO", default=False)

# What an index includes beside its columns, SQLite leaves out: the index serves there all the same.
SILENCED_SYSTEM_CHECKS = ["models.W040"]

# -- Language and time --------------------------------------------------------------------------

# Not "en-gb": behind it Python's gettext puts an "en" of every app, all empty, and each word of a
# page falls through them. British are the dates.
LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = "config.formats"
LANGUAGES = [("en", _("English"))]
TIME_ZONE = "UTC"
USE_TZ = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"axes": {"level": "WARNING"}},
}
