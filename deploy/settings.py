"""Settings of the web process; each knob is read from the environment once, with a safe default."""

from __future__ import annotations

import os
from pathlib import Path

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from deploy import environment

BASE_DIR = Path(__file__).resolve().parent.parent
_ENV = os.environ

# Where things are.
TERRARIUM_STATE = Path(_ENV.get("TERRARIUM_STATE") or "/var/lib/terrarium").absolute()
TERRARIUM_RUN = environment.run_directory(_ENV, TERRARIUM_STATE)
TERRARIUM_ENGINE = Path(_ENV.get("TERRARIUM_ENGINE") or TERRARIUM_RUN / "labs.sock")
TERRARIUM_CONTENT = Path(_ENV.get("TERRARIUM_CONTENT") or BASE_DIR / "content")

# Labs: times in minutes, sizes in bytes.
TERRARIUM_LAB_IMAGE = _ENV.get("TERRARIUM_LAB_IMAGE") or "terrarium/lab:latest"
TERRARIUM_LEASE_MINUTES = environment.number(_ENV, "TERRARIUM_LEASE_MINUTES", 60)
TERRARIUM_LEASE_MAX_MINUTES = environment.number(_ENV, "TERRARIUM_LEASE_MAX_MINUTES", 240)
TERRARIUM_IDLE_MINUTES = environment.number(_ENV, "TERRARIUM_IDLE_MINUTES", 30)
TERRARIUM_LABS_PER_LEARNER = environment.number(_ENV, "TERRARIUM_LABS_PER_LEARNER", 2)
TERRARIUM_MAX_LABS = environment.lab_places(_ENV)
TERRARIUM_LAB_MEMORY = environment.LAB_MEMORY
TERRARIUM_LAB_PIDS = 256
TERRARIUM_LAB_CPUS = 1.0
TERRARIUM_LAB_DISK = "1G"
# Guests per ten minutes from one address: a class behind one address comes in together.
TERRARIUM_GUESTS_PER_ADDRESS = environment.number(_ENV, "TERRARIUM_GUESTS_PER_ADDRESS", 60)

# Django.
SECRET_KEY = environment.secret_key(_ENV, TERRARIUM_STATE)
DEBUG = False
BEHIND_TLS = environment.switch(_ENV, "TERRARIUM_HTTPS")
ALLOWED_HOSTS = environment.allowed_hosts(_ENV)
CSRF_TRUSTED_ORIGINS = environment.words(_ENV, "TERRARIUM_TRUSTED_ORIGINS")
ROOT_URLCONF = "deploy.urls"
ASGI_APPLICATION = "deploy.asgi.application"
AUTH_USER_MODEL = "progress.Learner"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "allauth",
    "allauth.account",
    "sandbox.session",
    "sandbox.terminal",
    "course.lessons",
    "course.progress",
    "course.exercises",
    "course.study",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
if environment.switch(_ENV, "TERRARIUM_PREVIEW"):  # for authors: see course/study/preview.py
    MIDDLEWARE.append("course.study.preview.Preview")

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    },
]

DATABASES = {"default": environment.database(_ENV, TERRARIUM_STATE)}
# One web process: rate limits and nothing else live here. Several need a shared cache.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

# Accounts: a name and a password; no e-mail is asked for.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "course.progress.accounts.LearnerAdapter"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_USERNAME_MIN_LENGTH = 2
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    # Five wrong tries in five minutes for one name; a class may share one address.
    "login_failed": "30/m/ip,5/300s/key",
    "signup": "40/m/ip",
    "guest": f"{TERRARIUM_GUESTS_PER_ADDRESS}/10m/ip",
}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "course"
ACCOUNT_LOGOUT_REDIRECT_URL = "course"

# Languages and time.
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "course" / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

# Files for the browser; the vendor directory is made by the asset step.
STATIC_URL = "/static/"
STATIC_ROOT = Path(_ENV.get("TERRARIUM_STATIC") or TERRARIUM_STATE / "web" / "static")
_VENDOR = BASE_DIR / "deploy" / "assets" / "dist"
STATICFILES_DIRS: list[Path | tuple[str, Path]] = [
    BASE_DIR / "course" / "static",
    *([("vendor", _VENDOR)] if _VENDOR.is_dir() else []),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Browser security. Cookies carry no Domain: they stay with this host name.
_PREFIX = "__Host-" if BEHIND_TLS else ""
SESSION_COOKIE_NAME = f"{_PREFIX}terrarium"
CSRF_COOKIE_NAME = f"{_PREFIX}terrarium-csrf"
LANGUAGE_COOKIE_NAME = "terrarium-language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = BEHIND_TLS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 24 * 3600  # A guest's progress hangs on this cookie.
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
CSRF_FAILURE_VIEW = "deploy.errors.csrf_failed"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Each is told to the browser already; as errors they would drown the rest.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "daphne": {"level": "WARNING"},
    },
}
