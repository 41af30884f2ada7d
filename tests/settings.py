"""Settings under test: the deployed ones, with fast password hashing and a state of their own."""

import atexit
import os
import shutil
import tempfile

# Before the deployed settings read the environment: a test never touches a real installation.
os.environ["TERRARIUM_STATE"] = tempfile.mkdtemp(prefix="terrarium-settings-")
atexit.register(shutil.rmtree, os.environ["TERRARIUM_STATE"], ignore_errors=True)
os.environ.setdefault("TERRARIUM_SECRET_KEY", "for tests only, never deployed")

from deploy.settings import *  # noqa: E402, F403 - every deployed setting, after the above

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Templates are rendered without a collected tree of files; journeys use the real storage.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405 - from the star
    # In memory, SQLite shares one cache and locks by table; a file behaves as the deployed one.
    DATABASES["default"]["TEST"] = {"NAME": TERRARIUM_STATE / "test.sqlite3"}  # noqa: F405 - from the star
