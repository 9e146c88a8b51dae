"""On SQLite somebody may wait for their turn to write in vain: they are told so."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from core.busy import RETRY_AFTER, SENTENCE, if_free, in_passing, is_busy
from core.models import Company, User
from guests.models import Guest, RecentGuest
from imports.models import ImportJob
from imports.services import runs
from tests.conftest import PASSWORD
from tests.guests.cast import ANNA, guest
from tests.processes import ROOT, environment

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def written(transactional_db: None) -> Iterator[None]:
    """Somebody else writes all the while, and nobody waits for long."""
    with others_write():
        yield


@contextmanager
def others_write() -> Iterator[None]:
    """Keep everybody else from writing, and have nobody wait for long."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 50")
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 20000")


@pytest.fixture
def anna(bella: Company) -> Guest:
    return guest(bella, ANNA, first_name="Anna")


@pytest.fixture
def client(sign_in: Callable[[User], Client], manager: User, anna: Guest) -> Client:
    signed_in = sign_in(manager)
    signed_in.raise_request_exception = False
    return signed_in


def record(anna: Guest) -> str:
    return reverse("guests:record", args=["bella", anna.pk])


def test_a_form_is_answered_by_a_page_that_says_so_and_can_be_loaded_again(
    client: Client, anna: Guest, written: None
) -> None:
    answer = client.post(
        reverse("core:settings_restaurants", args=["bella"]), {"name": "Bella Kew"}
    )
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, str(RETRY_AFTER))
    text = answer.content.decode()
    assert str(SENTENCE) in text
    assert "Reload this page to send the form again" in text
    assert "Something went wrong" not in text


def test_htmx_and_programs_get_the_sentence_alone(
    client: Client, anna: Guest, written: None
) -> None:
    url, form = reverse("core:settings_restaurants", args=["bella"]), {"name": "Bella Kew"}
    of_htmx = client.post(url, form, headers={"HX-Request": "true"})
    assert (of_htmx.status_code, of_htmx.content.decode()) == (503, str(SENTENCE))
    of_program = client.post(url, form, headers={"Accept": "application/json"})
    assert (of_program.status_code, of_program.json()) == (503, {"error": str(SENTENCE)})


def test_signing_in_is_answered_so_too(client: Client, manager: User, written: None) -> None:
    stranger = Client(raise_request_exception=False)
    answer = stranger.post("/login/", {"username": manager.email, "password": PASSWORD})
    assert answer.status_code == 503
    assert PASSWORD not in answer.content.decode()


def test_a_session_that_cannot_be_saved_is_no_fault_of_ours(
    client: Client, anna: Guest, written: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written behind the view, where no middleware hears of it."""
    monkeypatch.setattr("django.conf.settings.SESSION_SAVE_EVERY_REQUEST", True)
    answer = client.get(reverse("guests:list", args=["bella"]))
    assert answer.status_code == 503
    assert "Try again" in answer.content.decode()


def test_other_errors_are_told_as_ever(
    client: Client, anna: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> None:
        raise OperationalError("no such table")

    monkeypatch.setattr("guests.views.records.note_opened", broken)
    answer = client.get(record(anna))
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.content.decode()


def test_a_record_opens_though_nobody_can_note_that_it_was_opened(
    client: Client, anna: Guest, written: None
) -> None:
    assert client.get(record(anna)).status_code == 200
    assert not RecentGuest.objects.exists()


def test_what_is_done_in_passing_waits_for_nobody_and_others_wait_as_long_as_ever(
    bella: Company,
) -> None:
    def waits() -> int:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout")
            return int(cursor.fetchone()[0])

    before = waits()
    with in_passing():
        assert waits() == 0
    assert waits() == before == 20_000


def test_only_a_database_that_others_write_is_busy(bella: Company, written: None) -> None:
    with pytest.raises(OperationalError) as held:
        Company.objects.update(name="x")
    assert is_busy(held.value)
    assert not is_busy(OperationalError("no such table"))
    assert not is_busy(ValueError("database is locked"))
    with pytest.raises(OperationalError), if_free():
        raise OperationalError("no such table")


# -- The command line ------------------------------------------------------------------------------

#: `manage.py`, waiting a twentieth of a second at most.
HASTY = """
import runpy, sys
from config import settings
settings.DATABASES["default"]["OPTIONS"]["timeout"] = 0.05
sys.argv = ["manage.py", *sys.argv[1:]]
runpy.run_path("manage.py", run_name="__main__")
"""


def hasty(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", HASTY, *arguments],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_command_says_so_in_a_sentence(bella: Company, written: None, tmp_path: Any) -> None:
    ran = hasty("create_company", "luna", "--name", "Luna")
    assert (ran.returncode, ran.stderr, ran.stdout) == (75, f"{SENTENCE}\n", "")
    file = tmp_path / "guests.csv"
    file.write_text(f"phone,name\n{ANNA},Anna\n")
    ran = hasty("import_guests", str(file), "--company", "bella", "--json")
    assert (ran.returncode, ran.stderr) == (2, "")
    answer = json.loads(ran.stdout.splitlines()[-1])
    assert [error["reason"] for error in answer["errors"]] == [str(SENTENCE)]
    assert not ImportJob.objects.exists()


def test_an_import_that_was_set_up_leaves_nothing_when_its_turn_does_not_come(
    bella: Company, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = runs.start_import

    def while_others_write(**kwargs: Any) -> ImportJob:
        assert ImportJob.objects.exists()
        with others_write():
            return start(**kwargs)

    monkeypatch.setattr(runs, "start_import", while_others_write)
    file = tmp_path / "guests.csv"
    file.write_text(f"phone,name\n{ANNA},Anna\n")
    with pytest.raises(CommandError, match="your turn did not come"):
        call_command("import_guests", str(file), "--company", "bella")
    assert not ImportJob.objects.exists()
