"""The settings of a test run: a folder, a queue and a database for each process of it."""

import os
import tempfile
from pathlib import Path

PROCESS = os.environ.get("PYTEST_XDIST_WORKER", "main")
# Set by the first process and inherited by its workers; removed by the first (tests.conftest).
if "TEST_RUN_DIR" not in os.environ:
    os.environ["TEST_RUN_DIR"] = tempfile.mkdtemp(prefix="regulars-")
RUN_DIR = Path(os.environ["TEST_RUN_DIR"])
#: On PostgreSQL, where each process adds its own name to it.
TEST_DATABASE = f"test_{RUN_DIR.name.replace('-', '_')}".lower()

# What a developer keeps in .env must not reach a test: what is set here is not read from there.
os.environ["VAR_DIR"] = str(RUN_DIR / PROCESS)
os.environ.setdefault("DATABASE_URL", f"sqlite:///{RUN_DIR / PROCESS}/regulars.sqlite3")
os.environ.setdefault("REDIS_URL", "")
os.environ["QUEUE_PREFIX"] = f"{RUN_DIR.name}:{PROCESS}:"
os.environ["EMAIL_URL"] = ""
os.environ["DEBUG"] = "0"
os.environ["BASE_URL"] = "http://testserver"

from config.settings import *  # noqa: E402, F403
from config.settings import (  # noqa: E402
    ALLOWED_HOSTS,
    DATABASES,
    STATICFILES_DIRS,
    STORAGES,
    VAR_DIR,
)
from core.stylesheets import SHEET, joined  # noqa: E402

ALLOWED_HOSTS = [*ALLOWED_HOSTS, "testserver"]
# A file even for SQLite: the worker is a process of its own.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
else:
    # A test database need not survive a loss of power.
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off"
    DATABASES["default"]["TEST"] = {"NAME": TEST_DATABASE}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)

# One stylesheet, as it is collected: a browser that asks for thirty with each page takes its time.
_sheet = VAR_DIR / "sheets" / SHEET
_sheet.parent.mkdir(parents=True, exist_ok=True)
_sheet.write_text(joined(STATICFILES_DIRS[0] / SHEET))
STATICFILES_DIRS = [VAR_DIR / "sheets", *STATICFILES_DIRS]
