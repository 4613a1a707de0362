"""How the product is configured: one file, read from the environment, failing loudly.

Nothing here starts a server: `manage.py up` does, and hands the addresses down in the environment.
"""

import os
import shlex
from itertools import chain
from pathlib import Path

import environ

from config import database, keys, logs, origins, secrets_check
from people import crashing

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()

DATA = Path(env.str("LIFELINE_DATA", str(BASE_DIR / "var")))
KEYS_FOLDER = Path(env.str("LIFELINE_KEYS", str(DATA / "keys")))
# A program that wraps and unwraps the key-encryption key, and how long what it unwrapped stays in memory.
KEK_SOURCES = keys.Sources(
    command=shlex.split(env.str("KEK_COMMAND", "")),
    held_s=env.float("KEK_HELD_S", 300.0),
    socket=keys.socket_of(KEYS_FOLDER),
)
KEYS = keys.load(KEYS_FOLDER, sources=KEK_SOURCES)
# While it rotates, `config.middleware.LiveKeys` keeps both as the folder says.
SECRETS_FROM_FOLDER = not env.str("SECRET_KEY", "")
SECRET_KEY = env.str("SECRET_KEY", "") or KEYS.secret
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=KEYS.older("secret"))
DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# The number of proxies in front whose X-Forwarded-For is believed; 0 takes the address of the connection.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)
HTTPS = env.bool("HTTPS", False)
# Where families reach the site: it is printed on their slips.
PUBLIC_URL = env.str("PUBLIC_URL", f"http://127.0.0.1:{env.str('PORT', '8000')}")
# Where a weakness is reported, a URI (mailto: or https:).
SECURITY_CONTACT = env.str("SECURITY_CONTACT", "")
# With a weak or shared secret, or open to others without TLS, nothing starts: one line says why.
secrets_check.refuse(
    chain(
        secrets_check.faults_of(
            KEYS.texts()
            | ({} if SECRETS_FROM_FOLDER else {"SECRET_KEY": SECRET_KEY})
            | {
                f"SECRET_KEY_FALLBACKS[{place}]": old
                for place, old in enumerate(env.list("SECRET_KEY_FALLBACKS", default=[]))
            },
            secrets_check.files(KEYS_FOLDER, os.environ),
        ),
        secrets_check.openness(secrets_check.Reach(HTTPS, ALLOWED_HOSTS, PUBLIC_URL), os.environ),
        crashing.faults(os.environ, DATA, https=HTTPS),
    )
)
# The name that passkeys are made for; by a number there are none, so on this machine it is localhost.
PASSKEY_DOMAIN = env.str("PASSKEY_DOMAIN", origins.passkey_domain(PUBLIC_URL))
# Whether the demonstration's sign-in links answer. Only `manage.py up` says so: it holds a loopback address.
SIGN_IN_LINKS = env.bool("SIGN_IN_LINKS", False)
# By these names, and from this machine, http will do; else what comes without https is refused.
PLAIN_HTTP_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

INSTALLED_APPS = [
    "config.apps.ConfigConfig",
    "config.apps.LifelineAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "pgtrigger",
    "pghistory",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "oauth2_provider",
    "people",
    "exchanges",
    "parcels",
]

MIDDLEWARE = [
    # First what also refusals and files must go through.
    "config.headers.Headers",
    "config.errors.Traced",
    "config.cookies.Plain",
    "config.middleware.LiveKeys",
    "csp.middleware.CSPMiddleware",
    "config.errors.Bounded",
    "django.middleware.security.SecurityMiddleware",
    "config.origins.HttpsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "people.signin.sessions.StaffSessionMiddleware",
    "people.trail.AuditTrail",
    "django.contrib.messages.middleware.MessageMiddleware",
    "people.signin.fresh.StepUpMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
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
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "people.incidents.context",
            ]
        },
    }
]

# The owner migrates; every other process logs in plainly and takes the role it was given.
ADDRESSES = database.addresses(env, DATA)
DATABASE_ROLE = env.str("DATABASE_ROLE", "lifeline_web")
# Who works for nobody in particular: the workers, and commands on the server itself; never the web server.
SYSTEM = env.bool("LIFELINE_SYSTEM", False)
if env.bool("LIFELINE_AS_OWNER", False):
    DATABASES = {"default": database.connection_settings(ADDRESSES.owner, system=SYSTEM)}
else:
    DATABASES = {
        "default": database.connection_settings(ADDRESSES.database, role=DATABASE_ROLE, system=SYSTEM)
    }
REDIS_URL = ADDRESSES.redis

AUTH_USER_MODEL = "people.Staff"
AUTHENTICATION_BACKENDS = ["people.signin.PasswordBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},  # as in `people.signin.choosing`
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "people.signin.choosing.NotLeaked"},
    {"NAME": "people.signin.choosing.NotOfOurWords"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
# At most: who is in, and for how long, is in `people.signin.sessions`.
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "parcels.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
# With "no-referrer" browsers send "Origin: null", which no check of a form's origin can accept.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0
# The name of this site is its own; an office that serves anything plainly below it says so.
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS and env.bool("HSTS_SUBDOMAINS", True)
SECURE_SSL_REDIRECT = HTTPS
# Asked from this machine, where nothing is encrypted.
SECURE_REDIRECT_EXEMPT = ["^livez$", "^readyz$", "^metrics$"]
# A program is not led on but refused, or it never hears that it sends its secrets in clear (ASVS 5.0 4.1.2).
SECURE_REDIRECT_EXEMPT += ["^api/v", "^oauth/", "^epcis/"]
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

LANGUAGE_CODE = "en"
# Alphabetical by their own names.
LANGUAGES = [("en", "English"), ("ru", "Русский"), ("uk", "Українська")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "__Host-language" if HTTPS else "language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = HTTPS
TIME_ZONE = "UTC"
USE_TZ = True

MESSAGE_STORAGE = "config.cookies.Messages"
MESSAGES_COOKIE_NAME = "__Host-messages" if HTTPS else "messages"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Files included: a list of prisoners, the largest that is taken in a form, has at most 8 MiB.
GREATEST_BODY = DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["people.oauth.ClientAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["people.oauth.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "EXCEPTION_HANDLER": "people.problems.handler",
    "UNAUTHENTICATED_USER": None,
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%S.%fZ",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Lifeline",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "PersonKind": "people.models.Person.Kind",
        "ParcelStatus": "parcels.api.shapes.STATUSES",
        "FamilyWord": "parcels.api.shapes.WORDS",
        "Evidence": "parcels.lifecycle.EVIDENCE",
        "AgreementStatus": "exchanges.serializers.AGREEMENT_STATUSES",
        "ReturnStatus": "exchanges.serializers.RETURN_STATUSES",
        "RoundStatus": "exchanges.serializers.ROUND_STATUSES",
        "WebhookStatus": "parcels.api.webhooks.STATUSES",
        "WebhookEvent": "parcels.outbox.EVENTS",
        "DeliveryEvent": "parcels.api.webhooks.EVENTS",
        "DeliveryState": "parcels.api.webhooks.STATES",
        "VisitStatus": "exchanges.serializers.VISIT_STATUSES",
    },
}
SCOPES = {
    "parcels:read": "Read the parcels of your organisation's rounds",
    "parcels:write": "Declare parcels",
    "moves:write": "Move parcels",
    "people:read": "Read people, minimal fields",
    "agreements:read": "Read agreements, terms, rounds and visits",
    "consignments:write": "Make, seal and receive consignments",
    "log:read": "Read heads and proofs of the custody log",
    "webhooks:manage": "Manage webhooks",
}
OAUTH2_PROVIDER_APPLICATION_MODEL = "people.Client"
OAUTH2_PROVIDER = {
    "SCOPES": SCOPES,
    "DEFAULT_SCOPES": ["__all__"],
    "ACCESS_TOKEN_EXPIRE_SECONDS": 600,
    # RFC 9700, whole: tokens are kept as hashes only, and never taken from an address. What we do not offer
    # (other grants, redirects, refreshing) is closed there too.
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_SCHEME": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
}

CELERY_BROKER_URL = REDIS_URL
SILENCED_SYSTEM_CHECKS = (
    ["security.W004", "security.W008", "security.W012", "security.W016"] if not HTTPS else []
)

LOGGING_CONFIG = None
logs.configure(level=env.str("LOG_LEVEL", "INFO"))

# Different people whom one member of staff may open in an hour; a system's number stands with the system.
PEOPLE_AN_HOUR = 50
# Where the audit is shipped to as it is written: a file, unix:/dev/log, syslog://host:port (TCP),
# syslog+tls:// or syslog+udp://. Empty: nowhere, and only this database knows what it held.
AUDIT_SHIP = env.str("AUDIT_SHIP", str(DATA / "audit" / "audit.jsonl"))
# A program that tells whoever is on call: it reads an alarm as JSON, and is called until it ends with 0.
ALARM_COMMAND = env.str("ALARM_COMMAND", "")
# Names, passwords and the audit cross no network in clear.
secrets_check.refuse(
    secrets_check.lines(
        HTTPS,
        {
            "DATABASE_URL": ADDRESSES.database,
            "DATABASE_OWNER_URL": ADDRESSES.owner,
            "REDIS_URL": ADDRESSES.redis,
            "AUDIT_SHIP": AUDIT_SHIP,
        },
        os.environ,
    )
)

# Seconds a webhook may take in all, and seconds after which a delivery left by a dead relay is another's:
# never before a living one has given up, or one dead partner would have all senders.
WEBHOOK_TIMEOUT_S = env.float("WEBHOOK_TIMEOUT_S", 20.0)
RELAY_LEASE_S = max(env.float("RELAY_LEASE_S", 60.0), 2 * WEBHOOK_TIMEOUT_S)
# Origins, to the letter, that may be private, without TLS or on another port: http://10.1.2.3:8080,https://erp.lan
WEBHOOK_EXCEPTIONS = env.list("WEBHOOK_EXCEPTIONS", default=[])
# How mail leaves: smtp://, smtp+tls://, smtp+ssl://. Empty: as files in the data folder.
EMAIL_TIMEOUT = 15
MAIL_FROM = env.str("MAIL_FROM", "Lifeline <lifeline@localhost>")
if env.str("EMAIL_URL", ""):
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA / "mail"
