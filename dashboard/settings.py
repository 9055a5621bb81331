"""Settings, read from the environment through django-environ.

What the environment leaves out may stand in a file: `.env` beside `manage.py`, unless ENV_FILE names another. The
README lists every name with its meaning and default.
"""

from pathlib import Path

import environ
from csp.constants import NONE, SELF

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(env.str("ENV_FILE", default=str(BASE_DIR / ".env")))

# --- Django -----------------------------------------------------------------------------------------------

SECRET_KEY = env.str("SECRET_KEY")
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "verification",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pages shrink to a tenth. Django adds random bytes to each, so that a secret can not be guessed by lengths.
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "verification.views.idle.IdleMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "verification.views.language.PersonLanguageMiddleware",
    "verification.views.limits.BodySizeMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "verification.views.refusals.RefusalMiddleware",
    "verification.views.errors.DatabaseAwayMiddleware",
    "verification.views.errors.WrongMethodMiddleware",
]

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
                "verification.views.context.desk",
            ],
        },
    },
]

# --- Database ---------------------------------------------------------------------------------------------

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'desk.sqlite3'}")}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE takes the write lock when a transaction begins: a read that later writes can't meet "database is
    # locked" half-way. FULL syncs each commit, for a call must be on disk before it leaves the house. What rows leave
    # behind is overwritten from the first write on, or an address would outlive its erasure where a row once stood.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON; PRAGMA secure_delete=ON;"
        ),
    }

# --- People -----------------------------------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"

# --- Language, time, files --------------------------------------------------------------------------------

# For whoever's browser names neither; people choose among the languages by the languages' own names.
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
FORMAT_MODULE_PATH = "dashboard.formats"
USE_THOUSAND_SEPARATOR = True
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Safety -----------------------------------------------------------------------------------------------

SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
# The longest that a sign-in lasts; without a sign of life it ends sooner (verification/views/idle.py).
SESSION_COOKIE_AGE = 12 * 60 * 60
# Behind TLS (the normal case in production) cookies travel over https only; a laptop without TLS switches it off.
HTTPS_ONLY = env.bool("HTTPS_ONLY", default=True)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS_ONLY and not DEBUG
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_SSL_REDIRECT else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_SSL_REDIRECT
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
CSRF_FAILURE_VIEW = "verification.views.refusals.csrf_failed"
# The body-size middleware holds the real limits; this one is the largest of them, the paste of the resend form.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- The Domain API and the rules of the desk ---------------------------------------------------------------

DOMAIN_API_ENDPOINT = env.str("DOMAIN_API_ENDPOINT", default="")
DOMAIN_API_SIGNATURE = env.str("DOMAIN_API_SIGNATURE", default="acs3")
DOMAIN_API_PROXY = env.str("DOMAIN_API_PROXY", default="")
DOMAIN_API_CA_BUNDLE = env.str("DOMAIN_API_CA_BUNDLE", default="")
ALIBABA_CLOUD_ACCESS_KEY_ID = env.str("ALIBABA_CLOUD_ACCESS_KEY_ID", default="")
ALIBABA_CLOUD_ACCESS_KEY_SECRET = env.str("ALIBABA_CLOUD_ACCESS_KEY_SECRET", default="")
ALIBABA_CLOUD_SECURITY_TOKEN = env.str("ALIBABA_CLOUD_SECURITY_TOKEN", default="")

RESEND_ADDRESSES_PER_CALL = env.int("RESEND_ADDRESSES_PER_CALL", default=20)
RESEND_CALLS_PER_SECOND = env.float("RESEND_CALLS_PER_SECOND", default=5.0)
RESEND_PARALLEL_CALLS = env.int("RESEND_PARALLEL_CALLS", default=4)
RESEND_CONNECT_TIMEOUT = env.float("RESEND_CONNECT_TIMEOUT", default=5.0)
RESEND_READ_TIMEOUT = env.float("RESEND_READ_TIMEOUT", default=15.0)
RESEND_GIVE_UP_MINUTES = env.float("RESEND_GIVE_UP_MINUTES", default=15.0)
RESEND_COOLDOWN_MINUTES = env.float("RESEND_COOLDOWN_MINUTES", default=10.0)
RESEND_APPROVAL_ABOVE = env.int("RESEND_APPROVAL_ABOVE", default=200)
RESEND_USER_CLIENT_IP = env.str("RESEND_USER_CLIENT_IP", default="127.0.0.1")

# Where a ticket is read, with {ticket} in place of its number; without it tickets lead to the history only.
TICKET_URL = env.str("TICKET_URL", default="")

# --- The audit trail ----------------------------------------------------------------------------------------

# Without a key of its own the fingerprints of addresses are bound to SECRET_KEY, and lost when that is changed.
LEDGER_KEY = env.str("LEDGER_KEY", default="") or f"ledger:{SECRET_KEY}"
CHECKPOINT_DIR = Path(env.str("CHECKPOINT_DIR", default=str(BASE_DIR / "var" / "checkpoints")))
CHECKPOINT_KEY_FILE = Path(env.str("CHECKPOINT_KEY_FILE", default=str(BASE_DIR / "var" / "checkpoint-key.pem")))

# After so many days `prune_history` takes personal data out of the record; 0 keeps it for ever.
RESEND_KEEP_DAYS = env.int("RESEND_KEEP_DAYS", default=0)

# --- Logs -------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
}
