"""`import_guests`: for cron and for scripts, by the services that the pages use."""

import io
import json
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone
from openpyxl import Workbook

from core.busy import SENTENCE
from core.models import Change, OutgoingMail
from guests.models import Category, Guest
from imports.models import ColumnMapping, ImportJob
from imports.pipeline.read import signature
from imports.services import drafts, uploads
from tests.imports.trips import (
    ANNA,
    IIKO,
    IIKO_COLUMNS,
    JOHN,
    MAX,
    categories,
    everything,
    guest,
    outcomes,
    received,
)
from tests.imports.web import under_way
from tests.processes import ROOT, environment, eventually, manage

HEADER = "phone,name,email"
GOOD = f"{HEADER}\n{ANNA},Anna,\n{JOHN},John,john@example.com\n"
MIXED = f"{GOOD}12,Nobody,nobody\n"


def workbook():
    """Return an .xlsx of the two guests of GOOD."""
    book, target = Workbook(), io.BytesIO()
    for line in GOOD.splitlines():
        book.active.append(line.split(","))
    book.save(target)
    return target.getvalue()


def jobs():
    return ImportJob.objects.order_by("pk")


# -- The answer ---------------------------------------------------------------------------------


def test_done_and_nothing_failed_is_0(command):
    done = command(GOOD, "--json")
    assert done.code == 0
    assert done.answer.pop("seconds") >= 0
    assert done.answer == {
        "id": 1,
        "state": "done",
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "skipped": 0,
        "failed": 0,
        "not_reached": 0,
        "rows": 2,
        "besides": {},
        "errors": [],
    }
    again = command(GOOD.replace("John,", "Jack,"), "--json").answer
    assert (again["updated"], again["unchanged"], again["id"]) == (1, 1, 2)


def test_it_is_said_of_a_column_that_another_one_is_called_like(command):
    done = command(f"phone,name,Name\n{ANNA},Anna,Petrova\n")
    assert done.code == 0
    assert "Another column is called the same, and these are not imported: C" in done.stderr
    assert command(f"phone,name,nickname\n{ANNA},Anna,An\n").stderr == ""


def test_done_in_part_is_1_and_says_which_lines(command):
    done = command(MIXED, "--partial", "--json")
    assert (done.code, done.answer["state"]) == (1, "done_with_errors")
    assert (done.answer["created"], done.answer["failed"], done.answer["rows"]) == (2, 1, 3)
    assert [(e["line"], e["column"], e["value"]) for e in done.answer["errors"]] == [
        (4, "phone", "12"),
        (4, "email", "nobody"),
    ]
    assert all(error["reason"].endswith(".") for error in done.answer["errors"])


def test_refused_is_2_and_nothing_is_written(command):
    done = command(MIXED, "--json")
    assert (done.code, done.answer["state"]) == (2, "refused")
    assert (done.answer["created"], done.answer["failed"], done.answer["rows"]) == (0, 1, 3)
    assert not Guest.objects.exists()


def test_partial_without_a_row_that_could_be_imported_is_2_too(command):
    done = command(f"{HEADER}\n12,a,\n13,b,\n", "--partial", "--json")
    assert (done.code, done.answer["failed"]) == (2, 2)


@pytest.mark.parametrize("arguments", [("--partial",), ("--partial", "--check"), ()])
def test_a_file_of_which_no_row_can_come_in_says_why_once_at_the_top(command, arguments):
    content = "phone,email\n" + "12,\n" * 30 + "13,nobody\n" + f"{ANNA},nobody\n"
    first, counted, *lines = command(content, *arguments).said.splitlines()
    why = "None of the 32 rows can be imported. In 31 of them: “…” has too few digits"
    assert first.startswith(why), first
    assert counted.startswith("Import 1: ")
    assert (len(lines), lines[0][:8]) == (11, "  line 2")
    answer = command(content, *arguments, "--json").answer
    assert (answer["errors"][0]["line"], answer["errors"][0]["reason"]) == (None, first)


def test_a_file_of_which_a_row_is_there_already_says_no_such_thing(command, bella):
    guest(bella, ANNA)
    assert command(f"phone\n12\n{ANNA}\n", "--partial").said.startswith("Import 1: ")


def test_the_first_hundred_errors_are_in_the_answer(command):
    rows = "".join(f"{n},x,nobody\n" for n in range(1, 100))
    done = command(f"{HEADER}\n{rows}", "--json")
    assert (done.answer["failed"], len(done.answer["errors"])) == (99, 100)
    assert done.answer["errors"][-1]["line"] == 51


def test_people_are_told_in_words(command):
    done = command(MIXED, "--partial")
    assert "Import 1: Done with errors. 2 created" in done.said
    assert "  line 4: “12” has too few digits" in done.said
    assert "The telephone" not in command(GOOD).said


def test_the_sample_of_iiko(command):
    columns = ("--columns", IIKO_COLUMNS, "--json")
    done = command(IIKO.read_bytes(), *columns)
    assert (done.code, done.answer["state"], Guest.objects.count()) == (2, "refused", 0)
    (error,) = done.answer["errors"]
    assert error["line"] == 3
    assert "10 cells" in error["reason"]
    assert "instead of 11" in error["reason"]
    done = command(IIKO.read_bytes(), *columns, "--partial")
    assert (done.code, done.answer["created"], done.answer["failed"]) == (1, 1, 1)
    assert Guest.objects.get().is_active is False


# -- The arguments ------------------------------------------------------------------------------


def test_check_looks_at_everything_and_writes_nothing(command, bella):
    guest(bella, first_name="Hanna")
    before = everything(bella)
    done = command(MIXED, "--check", "--json")
    assert (done.code, done.answer["state"]) == (2, "checked")
    assert (done.answer["created"], done.answer["updated"], done.answer["failed"]) == (1, 1, 1)
    assert command(MIXED, "--check", "--partial").code == 1
    assert command(GOOD, "--check").code == 0
    assert everything(bella) == before
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize(("argument", "character"), [(",", ","), (";", ";"), ("tab", "\t")])
def test_delimiter(command, argument, character):
    odd = f"phone{character}comment\n{ANNA}{character}a;,b\n".replace(
        "a;,b", "".join(set(";,\t") - {character})
    )
    done = command(odd, "--delimiter", argument, "--json")
    assert (done.code, done.answer["created"]) == (0, 1)


def test_encoding(command):
    """The bytes of a Windows-1251 letter or two that happen to be UTF-8."""
    content = f"phone,name\n{ANNA},Р°\n".encode("windows-1251")
    assert command(content, "--encoding", "windows-1251").code == 0
    assert Guest.objects.get().first_name == "Р°"
    assert command(content, "--encoding", "utf-8").code == 0
    assert Guest.objects.get().first_name == "а"
    refused = command("phone,name\n+44,Ё\n".encode("cp1251"), "--encoding", "utf-8")
    assert refused.code == 2
    assert "The file is not utf-8 text: line 2" in refused.said


def test_header_and_no_header(command):
    assert command(f"a,b\n{ANNA},c\n", "--header", "--columns", "phone,comment").code == 0
    assert command(f"{JOHN},c\n{MAX},d\n", "--no-header", "--columns", "phone,-").code == 0
    assert dict(Guest.objects.values_list("phone", "comment")) == {ANNA: "c", JOHN: "", MAX: ""}
    refused = command(GOOD, "--no-header", "--columns", "phone,name,email", "--json")
    assert [error["line"] for error in refused.answer["errors"]] == [1, 1]


def test_columns_are_in_the_files_order_and_a_dash_leaves_one_out(command):
    content = f"x,Anna,{ANNA},1,2\n"
    done = command(content, "--columns", "-,name, phone,number_1,track_1", "--json")
    assert done.answer["created"] == 1
    card = Guest.objects.get().cards.get()
    assert (card.number, card.track) == ("1", "2")


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ("name,email", "No column is the telephone."),
        ("phone,phone", "“Telephone” is chosen for more than one column."),
        ("phone,shoe_size", "There is no field “shoe_size”."),
    ],
)
def test_columns_that_cannot_be_are_said_and_nothing_is_left(command, columns, sentence):
    refused = command(GOOD, "--columns", columns)
    assert refused.code == 2
    assert sentence in refused.said
    assert not ImportJob.objects.exists()


# -- A busy database -----------------------------------------------------------------------------


def busy(*_args, **_kwargs):
    """Fail as SQLite does when others write for longer than anybody waits."""
    held = sqlite3.OperationalError("database is locked")
    held.sqlite_errorcode = sqlite3.SQLITE_BUSY
    raise OperationalError("database is locked") from held


@pytest.mark.parametrize(
    ("what", "arguments"),
    [
        ("imports.services.uploads.choose_columns", ()),
        ("imports.services.drafts.choose_rules", ()),
        ("imports.services.runs.start_import", ()),
        ("imports.services.runs.request_check", ("--check",)),
        ("imports.management.import_command.answer_repeat", ("--again", "same")),
    ],
)
def test_what_is_refused_as_busy_leaves_nothing(
    command, monkeypatch, settings, tmp_path, what, arguments
):
    settings.MEDIA_ROOT = str(tmp_path / "media")
    monkeypatch.setattr("imports.management.import_command.repeat_of", lambda job: True)
    monkeypatch.setattr(what, busy)
    refused = command(GOOD, "--json", *arguments)
    assert (refused.code, refused.answer["state"], refused.answer["id"]) == (2, "refused", None)
    assert refused.answer["errors"][0]["reason"] == str(SENTENCE)
    assert not ImportJob.objects.exists()
    assert not [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_a_draft_that_cannot_even_be_removed_is_named(command, monkeypatch):
    monkeypatch.setattr("imports.services.runs.start_import", busy)
    monkeypatch.setattr("imports.services.drafts.discard", busy)
    refused = command(GOOD, "--json")
    assert (refused.code, refused.answer["id"]) == (2, ImportJob.objects.get().number)
    assert refused.answer["errors"][0]["reason"] == str(SENTENCE)


def test_what_has_begun_is_not_removed_as_a_draft(bella):
    job = received(bella, GOOD)
    ImportJob.objects.filter(pk=job.pk).update(state="queued")
    assert not drafts.leave_nothing(job=job)
    assert ImportJob.objects.exists()


def test_a_saved_mapping_by_name(command, bella):
    ColumnMapping.objects.create(
        company=bella,
        name="Till",
        signature=signature(["a", "b"], 2),
        header=["a", "b"],
        mapping=["comment", "phone"],
    )
    assert command(f"a,b\nx,{ANNA}\n", "--header", "--mapping", "Till").code == 0
    assert Guest.objects.get().comment == "x"
    refused = command(GOOD, "--mapping", "Tills")
    assert (refused.code, refused.said) == (2, "There is no column mapping “Tills”.")
    assert ImportJob.objects.count() == 1


#: Bytes that are Russian in Windows-1251, and UTF-8 of something else.
RUSSIAN = "Рђ"
EXPORT = f"Export of today\nphone;name\n{ANNA};{RUSSIAN}\n".encode("windows-1251")


def saved_mapping(company, **reading):
    """Save a mapping with how its file was read: as EXPORT, but for what `reading` says."""
    how = {"format": "csv", "encoding": "windows-1251", "delimiter": ";", "header_row": 2}
    return ColumnMapping.objects.create(
        company=company,
        name="Till",
        signature=signature(["phone", "name"], 2),
        header=["phone", "name"],
        mapping=["phone", "comment"],
        dialect=how | reading,
    )


def test_a_saved_mapping_has_the_file_read_as_it_says(command, bella):
    saved_mapping(bella)
    assert command(EXPORT, "--mapping", "Till").code == 0
    assert Guest.objects.get().comment == RUSSIAN


def test_options_of_the_command_go_before_what_a_saved_mapping_says(command, bella):
    saved_mapping(bella)
    assert command(EXPORT, "--mapping", "Till", "--encoding", "utf-8").code == 0
    assert Guest.objects.get().comment == RUSSIAN.encode("windows-1251").decode()


@pytest.mark.parametrize(
    ("reading", "read_as", "why"),
    [
        (
            {"delimiter": ","},
            "Comma, Windows-1251 (Cyrillic), header in row 2",
            "It has other columns when it is read so. It lacks columns that “Till” imports: ",
        ),
        (
            {"encoding": "utf-8", "header_row": 1},
            "Semicolon, UTF-8, header in row 1",
            "The file is not utf-8 text: line 3 cannot be read (at byte 41). ",
        ),
    ],
)
def test_a_file_that_cannot_be_read_as_the_mapping_says_is_refused(
    command, bella, reading, read_as, why
):
    saved_mapping(bella, **reading)
    refused = command(EXPORT.replace(b"\x90", b"\xff"), "--mapping", "Till")
    assert refused.code == 2
    assert f"cannot be read as “Till” says ({read_as}). {why}" in refused.said
    assert "Say how it is read by --delimiter, --encoding, --header." in refused.said
    assert not ImportJob.objects.exists()


def test_policy(command, bella):
    guest(bella, first_name="Hanna")
    command(GOOD, "--policy", "protect")
    assert Guest.objects.get(phone=ANNA).first_name == "Hanna"
    command(GOOD, "--policy", "update")
    assert Guest.objects.get(phone=ANNA).first_name == "Anna"


def test_categories_instead_of_the_default_ones(command, bella):
    for name, default in (("Guests", True), ("VIP", False), ("Lunch club", False)):
        Category.objects.create(company=bella, name=name, is_default=default)
    command(f"phone\n{ANNA}\n", "--categories", "vip, Lunch club")
    command(f"phone\n{JOHN}\n")
    command(f"phone\n{MAX}\n", "--categories", "")
    assert categories(bella, ANNA) == {"VIP", "Lunch club"}
    assert (categories(bella, JOHN), categories(bella, MAX)) == ({"Guests"}, set())
    refused = command(GOOD, "--categories", "VIP,Vipers")
    assert (refused.code, refused.said) == (2, "There is no category “Vipers”.")


def test_ambiguous_dates_are_asked_for(command):
    content = f"phone,birthday\n{ANNA},05/06/1990\n"
    refused = command(content, "--json")
    assert (refused.code, refused.answer["state"]) == (2, "refused")
    assert (
        "“05/06/1990” (Date of birth) can be read in two ways"
        in (refused.answer["errors"][0]["reason"])
    )
    assert not Guest.objects.exists()
    assert command(content, "--check").code == 2
    for order, month in (("dmy", 6), ("mdy", 5)):
        assert command(content, "--dates", order).code == 0
        assert Guest.objects.get().birthday.month == month


def test_where_one_date_tells_nobody_is_asked(command):
    content = f"phone,birthday\n{ANNA},05/06/1990\n{JOHN},06/25/1990\n"
    assert command(content).code == 0
    assert Guest.objects.get(phone=ANNA).birthday.month == 5


def test_the_result_goes_to_the_address_that_is_given(command):
    command(GOOD)
    assert not OutgoingMail.objects.exists()
    command(GOOD, "--email", "somebody@example.com")
    assert OutgoingMail.objects.get().to == "somebody@example.com"
    refused = command(GOOD, "--email", "nobody")
    assert refused.code == 2
    assert "nobody" in refused.said


def test_the_error_file_comes_back_as_a_correction(command, tmp_path):
    path = tmp_path / "errors.csv"
    command(MIXED, "--partial", "--error-file", str(path))
    corrected = path.read_text().replace("12,", f"{MAX},").replace(",nobody,", ",,")
    assert len(corrected.splitlines()) == 2
    done = command(corrected, "--corrects", "1", "--json")
    assert (done.code, done.answer["created"]) == (0, 1)
    first, second = jobs()
    assert (second.corrects, second.batch) == (first, first)
    refused = command(corrected, "--corrects", "9")
    assert (refused.code, refused.said) == (2, "There is no import 9 in this company.")


def test_without_errors_the_error_file_has_no_lines(command, tmp_path):
    path = tmp_path / "errors.csv"
    command(GOOD, "--error-file", str(path))
    assert path.read_text().splitlines() == [f"{HEADER},What was wrong"]


def test_an_error_file_that_cannot_be_is_said_before_anything_is_imported(command, tmp_path):
    (tmp_path / "full").write_text("")
    for path, why in (
        (tmp_path / "nope" / "x.csv", "No such file or directory"),
        (tmp_path / "full" / "x.csv", "Not a directory"),
        (tmp_path, "it is a folder"),
    ):
        refused = command(GOOD, "--error-file", str(path), "--json")
        assert (refused.code, refused.answer["state"], refused.answer["id"]) == (2, "refused", None)
        sentence = f"{path} cannot be written: {why}."
        assert [error["reason"] for error in refused.answer["errors"]] == [sentence]
        assert command(GOOD, "--error-file", str(path)).said == sentence
    assert not ImportJob.objects.exists()
    assert not Guest.objects.exists()


def test_an_error_file_does_not_take_the_place_of_the_file_itself(command, tmp_path):
    path = tmp_path / "guests.csv"
    (tmp_path / "link.csv").symlink_to(path)
    for same in (path, tmp_path / "link.csv"):
        refused = command(MIXED, "--partial", "--error-file", str(same))
        assert refused.code == 2
        assert refused.said == f"{same} is the file itself: the error file would take its place."
    assert path.read_text() == MIXED
    assert not ImportJob.objects.exists()


def test_an_error_file_that_fails_at_the_end_leaves_answer_and_exit_code(
    command, tmp_path, monkeypatch, capsys
):
    """Half of it is written when the disk is full: what stood there stands there still."""

    def half(_job):
        def content():
            yield b"half"
            raise OSError(28, "No space left on device")

        return "errors.csv", "text/csv", content()

    monkeypatch.setattr("imports.error_file.download", half)
    folder = tmp_path / "out"
    folder.mkdir()
    path = folder / "errors.csv"
    path.write_text("of yesterday")
    done = command(MIXED, "--partial", "--json", "--error-file", str(path))
    assert (done.code, done.answer["state"], done.answer["created"]) == (1, "done_with_errors", 2)
    assert f"{path} cannot be written: No space left on device." in done.stderr
    assert "/c/bella/imports/1/" in done.stderr
    assert [each.name for each in folder.iterdir()] == ["errors.csv"]
    assert path.read_text() == "of yesterday"
    assert command(GOOD, "--json", "--error-file", str(path)).code == 0


def test_an_error_file_goes_where_a_link_or_a_device_leads(command, tmp_path):
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "errors.csv")
    command(MIXED, "--partial", "--error-file", str(link))
    assert link.is_symlink()
    assert "nobody" in (tmp_path / "errors.csv").read_text()
    assert command(MIXED, "--partial", "--error-file", "/dev/null").code == 1
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("a.csv", ("--sheet", "Guests"), "--sheet is for workbooks, and a.csv is a text file."),
        ("a.xlsx", ("--delimiter", ";"), "--delimiter is for text files, and a.xlsx is a workbook"),
        ("a.xlsx", ("--encoding", "utf-8"), "--encoding is for text files, and a.xlsx is a workb"),
        ("a.csv", ("--columns", "phone", "--mapping", "Till"), "--columns or --mapping, not both"),
        ("a.csv", ("--columns", ""), "No column is the telephone."),
        ("a.csv", ("--mapping", ""), "There is no column mapping “”."),
    ],
)
def test_an_option_that_cannot_apply_is_refused_and_nothing_is_left(
    command, name, arguments, sentence
):
    content = GOOD if name == "a.csv" else workbook()
    refused = command(content, *arguments, "--json", name=name)
    assert (refused.code, refused.answer["state"]) == (2, "refused")
    assert sentence in refused.answer["errors"][0]["reason"]
    assert not ImportJob.objects.exists()


def test_a_correction_of_another_kind_of_file_is_refused(command):
    command(GOOD)
    ImportJob.objects.update(kind=ImportJob.Kind.BALANCES)
    refused = command(GOOD, "--corrects", "1")
    assert refused.code == 2
    assert refused.said == "Import 1 is not of this kind: correct it by import_balances."


def test_the_same_again_of_a_file_with_errors_is_refused_as_ever(command):
    refused = command(MIXED, "--again", "same", "--json")
    assert (refused.code, refused.answer["state"]) == (2, "refused")
    assert [error["line"] for error in refused.answer["errors"]] == [4, 4]


def test_whoever_may_leave_lines_out_is_told_how(command):
    assert "--partial leaves out lines with errors" in command(MIXED).said
    assert "--partial" not in command(MIXED, "--partial").said


def test_a_check_says_that_nothing_was_written(command):
    assert command(MIXED, "--check").said.startswith(
        "Import 1: checked, nothing was written. It would be 2 created, 0 updated"
    )


def test_a_company_or_a_file_that_is_not_there(command, tmp_path, capsys):
    refused = command(GOOD, company="nowhere")
    assert (refused.code, refused.said) == (2, "There is no company “nowhere”.")
    refused = command(GOOD, "--json", company="nowhere")
    assert (refused.code, refused.answer["state"], refused.answer["id"]) == (2, "refused", None)
    with pytest.raises(CommandError, match="cannot be read: No such file") as missing:
        call_command("import_guests", str(tmp_path / "no.csv"), "--company", "bella")
    assert missing.value.returncode == 2


def test_it_leaves_a_trace_of_who_and_from_where(command, bella):
    command(GOOD)
    change = Change.objects.get(company=bella, action="import")
    assert (change.source, change.actor) == ("command", None)


# -- Real processes -----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_in_a_process_of_its_own(bella, tmp_path):
    path = tmp_path / "guests.csv"
    path.write_text(MIXED)
    ran = manage("import_guests", str(path), "--company", "bella", "--partial", "--json")
    assert (ran.returncode, ran.stderr) == (1, "")
    assert json.loads(ran.stdout.splitlines()[-1])["created"] == 2
    assert outcomes(ImportJob.objects.get()) == {2: "created", 3: "created", 4: "failed"}


@pytest.mark.django_db(transaction=True)
def test_the_first_column_can_be_left_out(bella, tmp_path):
    path = tmp_path / "guests.csv"
    path.write_text(f"7,{ANNA}\n")
    arguments = ["import_guests", str(path), "--company", "bella", "--columns", "-,phone"]
    ran = manage(*arguments, "--no-header")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert Guest.objects.get().phone == ANNA


def test_a_worker_can_do_it(worker, bella, tmp_path, capsys):
    path = tmp_path / "guests.csv"
    path.write_text(GOOD)
    with pytest.raises(SystemExit) as end:
        call_command("import_guests", str(path), "--company", "bella", "--queue", "--json")
    assert end.value.code == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["created"] == 2
    assert "core.tasks.run_job" in worker.output()


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_another_import_of_the_company_without_haste(bella, tmp_path, monkeypatch):
    other = uploads.receive_upload(
        company=bella, actor=None, chunks=[GOOD.encode()], filename="other.csv"
    )
    under_way(other)
    path = tmp_path / "guests.csv"
    path.write_text(GOOD)
    naps = []

    def nap(seconds):
        naps.append(seconds)
        if len(naps) == 3:
            ImportJob.objects.filter(pk=other.pk).update(state="done")

    clock = SimpleNamespace(sleep=nap, monotonic=time.monotonic)
    monkeypatch.setattr("imports.management.finishing.time", clock)
    with pytest.raises(SystemExit) as end:
        call_command("import_guests", str(path), "--company", "bella", "--partial")
    assert (end.value.code, len(naps)) == (0, 3)


@pytest.mark.django_db(transaction=True)
def test_an_import_whose_process_died_keeps_the_next_one_waiting_for_a_while_only(
    bella, tmp_path, monkeypatch
):
    """Where cron is all that ever runs, no worker looks for it: whoever waits does."""
    other = uploads.receive_upload(
        company=bella, actor=None, chunks=[GOOD.encode()], filename="other.csv"
    )
    under_way(other, heartbeat_at=timezone.now() - timedelta(hours=1))
    path = tmp_path / "guests.csv"
    path.write_text(GOOD)
    naps = []

    def nap(seconds):
        naps.append(seconds)
        assert len(naps) < 100, "it would wait for ever"

    # A tick of the clock passes at each nap.
    clock = SimpleNamespace(sleep=nap, monotonic=lambda: 1000 * len(naps))
    monkeypatch.setattr("imports.management.finishing.time", clock)
    with pytest.raises(SystemExit) as end:
        call_command("import_guests", str(path), "--company", "bella", "--partial")
    assert end.value.code == 0
    other.refresh_from_db()
    assert other.state == "queued"


# -- Interrupted --------------------------------------------------------------------------------


#: Whose check alone lasts longer than whoever stops it can be held up.
LONG = 15_000


def begun(tmp_path, *arguments, rows=LONG):
    """Start the command in a process of its own, in chunks so small that it takes a while."""
    path = tmp_path / "many.csv"
    path.write_text(HEADER + "\n" + "".join(f"+4479{n:08},Anna,\n" for n in range(rows)))
    command = [sys.executable, "manage.py", "import_guests", str(path), "--company", "bella"]
    return subprocess.Popen(
        [*command, "--json", *arguments],
        cwd=ROOT,
        env=environment(IMPORT_CHUNK_ROWS="20", LOG_LEVEL="WARNING"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,  # noqa: PLW1509 - it only sets a signal
    )


def heed_interrupts():
    """Undo what whoever runs the tests in the background does to them and to what they start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def ended(process):
    out, said = process.communicate(timeout=600)
    assert "Traceback" not in said
    return process.returncode, json.loads(out.splitlines()[-1]), said


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_in_order(bella, tmp_path, number):
    process = begun(tmp_path, "--partial")
    eventually(Guest.objects.exists)
    process.send_signal(number)
    code, answer, said = ended(process)
    assert (code, answer["state"]) == (1, "stopped")
    assert "Stopping." in said
    assert answer["not_reached"] > 0
    assert answer["created"] == Guest.objects.count()
    assert answer["created"] + answer["not_reached"] == answer["rows"] == LONG
    assert ImportJob.objects.get().rows.count() == LONG


@pytest.mark.django_db(transaction=True)
def test_a_signal_while_a_strict_import_is_checked_leaves_nothing_written(bella, tmp_path):
    process = begun(tmp_path)
    eventually(lambda: ImportJob.objects.filter(checkpoint__gt=0).exists())
    process.send_signal(signal.SIGINT)
    code, answer, _said = ended(process)
    assert (code, answer["state"], answer["created"]) == (2, "stopped", 0)
    assert not Guest.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_check_that_is_broken_off_is_no_check(bella, tmp_path):
    process = begun(tmp_path, "--check")
    eventually(lambda: ImportJob.objects.filter(checkpoint__gt=0).exists())
    process.send_signal(signal.SIGINT)
    code, answer, _said = ended(process)
    assert (code, answer["state"], answer["id"]) == (2, "refused", 1)
    assert answer["errors"][0]["reason"].startswith("Broken off while the file was checked")


@pytest.mark.django_db(transaction=True)
def test_whoever_waits_for_a_worker_may_go(bella, tmp_path):
    process = begun(tmp_path, "--queue", "--partial", rows=10)
    job = eventually(lambda: ImportJob.objects.filter(state="queued").first())
    process.send_signal(signal.SIGINT)
    code, answer, said = ended(process)
    assert (code, answer["state"]) == (130, "queued")
    assert f"/c/bella/imports/{job.number}/" in said
    job.refresh_from_db()
    assert (job.state, job.stop_request) == ("queued", "")
