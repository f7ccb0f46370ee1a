"""The product's settings. Everything an operator may change comes from the environment (see `.env.example`)."""

from pathlib import Path

from config import env
from config.settings.api import *  # noqa: F403 - settings of their own pages, part of these
from config.settings.background import *  # noqa: F403
from ground.entry_points import installed_names

BASE_DIR = env.BASE_DIR
COUNTERSIGN_HOME = env.home()
# The version in pyproject.toml, which an image need not carry; a test compares the two.
VERSION = "0.1.0"

DEBUG = env.flag("COUNTERSIGN_DEBUG", default=False)
SECRET_KEY = env.stored_secret("secret_key")
# Comma-separated; the first key encrypts, all decrypt, so a key can be rotated.
ENCRYPTION_KEYS = env.stored_secret("encryption_keys").split(",")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

# --- starting ---------------------------------------------------------------------------------------------
HOST = env.text("HOST", "127.0.0.1")
PORT = env.number("PORT", 8000)
FIRST_ADMIN_PASSWORD = env.text("COUNTERSIGN_ADMIN_PASSWORD")
LOAD_SAMPLES = env.flag("COUNTERSIGN_SAMPLES", default=True)
# Token for reading /metrics from another machine; empty: not allowed.
METRICS_TOKEN = env.text("METRICS_TOKEN")

# From the ground up: each may use those before it.
OUR_APPS = ("work", "accounts", "datasets", "labeling", "review", "measuring", "exchange", "operating")
INSTALLED_APPS = [
    "config",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "csp",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "drf_spectacular",
    *OUR_APPS,
    *installed_names("countersign.apps"),
]

MIDDLEWARE = [
    "ground.web.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "ground.web.middleware.PageCompressionMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "ground.web.middleware.DatabaseDownMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    # Who it is, before a form is read for its token.
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "accounts.requests.AnonymousBodyMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.factors.enforcing.SecondFactorMiddleware",
    "accounts.requests.TimeZoneMiddleware",
    "ground.web.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
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
                "ground.web.requests.page_context",
            ],
            "builtins": [
                "ground.web.template_filters",
                "accounts.template_filters",
                "datasets.template_filters",
                "django.contrib.humanize.templatetags.humanize",
            ],
        },
    }
]
FORM_RENDERER = "config.forms.FormRenderer"

EMBEDDED = not env.text("DATABASE_URL")
# The type of this process, set by config.wsgi and config.worker; "" is a command line tool.
PROCESS = env.choice("COUNTERSIGN_PROCESS", "", ("", "web", "worker"))


def _socket_directory() -> Path:
    """The socket of the embedded PostgreSQL, from the file that `manage.py up` writes."""
    pointer = COUNTERSIGN_HOME / "run" / "socket_directory"
    told = pointer.read_text().strip() if pointer.exists() else ""
    return Path(told) if told else COUNTERSIGN_HOME / "run"


DATABASES = {
    "default": (
        {
            "ENGINE": "config.postgresql",
            "NAME": "countersign",
            "USER": env.text("COUNTERSIGN_DB_USER", "countersign_app"),
            "PASSWORD": env.stored_secret("database_password"),
            "HOST": str(_socket_directory()),
            "PORT": "5432",
        }
        if EMBEDDED
        else env.database(env.text("DATABASE_URL"))
    )
    | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
}
env.limit_statements(DATABASES["default"], PROCESS)
# The role that web and workers use: it may read and append history, never change it.
DATABASE_APP_ROLE = env.text("DATABASE_APP_ROLE", "countersign_app" if EMBEDDED else "")
# For preparing only: the address of the tables' owner, and the password of an app role that is still to be made.
DATABASE_OWNER_URL = env.text("DATABASE_OWNER_URL")
DATABASE_APP_PASSWORD = env.text("DATABASE_APP_PASSWORD")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- people -----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.sign_in.backend.GuardedBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "datasets"
LOGOUT_REDIRECT_URL = "login"
SESSION_ENGINE = "accounts.sign_in.session_store"
SESSION_COOKIE_AGE = 43_200
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "ground.web.error_pages.csrf_failure"
# allauth keeps second factors and the accounts of an identity provider; its pages and addresses are not used.
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
MFA_ADAPTER = "accounts.adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
# A phone's clock may be half a minute off, either way.
MFA_TOTP_TOLERANCE = 1
# Whether two-factor authentication is required.
REQUIRE_SECOND_FACTOR = env.flag("COUNTERSIGN_REQUIRE_SECOND_FACTOR", default=False)
# The operator's OpenID Connect provider; without an issuer there is none.
OIDC_ISSUER = env.text("COUNTERSIGN_OIDC_ISSUER")
OIDC_CLIENT_ID = env.text("COUNTERSIGN_OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env.text("COUNTERSIGN_OIDC_CLIENT_SECRET")
OIDC_NAME = env.text("COUNTERSIGN_OIDC_NAME") or "single sign-on"
OIDC_SIGN_UP = env.flag("COUNTERSIGN_OIDC_SIGN_UP", default=False)

# --- mail -------------------------------------------------------------------------------------------------
# The operator's mail server; without a host no mail is sent.
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.number("EMAIL_PORT", 587)
EMAIL_TLS = env.choice("EMAIL_TLS", "starttls", ("starttls", "tls", "none"))
EMAIL_USER = env.text("EMAIL_USER")
EMAIL_PASSWORD = env.given_secret("email_password")
EMAIL_FROM = env.text("EMAIL_FROM")

# --- what leaves and enters -------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "media-src": ["'self'", "blob:"],
        "worker-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
_HTTPS = env.flag("COUNTERSIGN_HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
# A health check inside the machine speaks plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^(livez|readyz|metrics)$"]
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _HTTPS
BEHIND_PROXY = env.flag("COUNTERSIGN_BEHIND_PROXY", default=False)
# Addresses before the proxy's own entry come from the client.
REST_FRAMEWORK["NUM_PROXIES"] = 1 if BEHIND_PROXY else 0  # noqa: F405 - of config.settings.api
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
FILE_UPLOAD_TEMP_DIR = COUNTERSIGN_HOME / "tmp"
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)
# Bytes of one import upload.
IMPORT_MAX_BYTES = env.number("IMPORT_MAX_BYTES", 2_000_000_000)
# A folder of the server whose subfolders of images managers may import; empty: none.
IMPORT_FOLDER = env.text("IMPORT_FOLDER")
# host:port pairs that labelers may call although their addresses are private (a local LLM server).
OUTBOUND_ALLOW = env.words("OUTBOUND_ALLOW")

# --- files ------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = COUNTERSIGN_HOME / "staticfiles"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static_storage.ModuleStorage"},
}
MEDIA_ROOT = COUNTERSIGN_HOME / "media"
# Thumbnails, which are recreated when missing, and their total size in bytes.
THUMBNAIL_ROOT = COUNTERSIGN_HOME / "thumbnails"
THUMBNAIL_MAX_BYTES = env.number("THUMBNAIL_MAX_BYTES", 2_000_000_000)
# Threads of one web process that create such an image or wait to; one remains for everything else.
THUMBNAIL_PLACES = 3
# Created by web and workers; a command may be about to restore them.
for _name in ("media", "thumbnails", "uploads", "models", "exports", "backups", "tmp") if PROCESS else ():
    env.private_folder(COUNTERSIGN_HOME / _name)

# --- languages and time -----------------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"about": {"()": "ground.log_lines.AboutFilter"}},
    "formatters": {
        "line": {
            "()": "ground.log_lines.LineFormatter",
            "format": "{asctime} {levelname} {name} {message}{about}",
            "style": "{",
        },
        "json": {
            "()": "ground.log_lines.JsonLineFormatter",
            "fmt": "{asctime}{levelname}{name}{message}",
            "style": "{",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
        },
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["about"],
            "formatter": env.choice("LOG_FORMAT", "line", ("line", "json")),
        }
    },
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {"django.utils.autoreload": {"level": "WARNING"}, "httpx2": {"level": "WARNING"}},
}
