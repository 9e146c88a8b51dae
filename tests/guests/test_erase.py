"""Somebody asks to be forgotten: nothing of them is left in the database or in any file."""

import io
import re
import shutil
import sqlite3
import uuid
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from unittest.mock import patch

import openpyxl
import pytest
from django.conf import settings as configured
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone

from core.mail import folder_path
from core.models import Change, Company, OutgoingMail, User
from core.services.jobs import run
from core.services.mail import send
from guests.models import (
    BulkChange,
    Card,
    ErasedPhone,
    Erasure,
    ExternalId,
    Guest,
    GuestExport,
    PossibleDuplicate,
    RecentGuest,
    SavedView,
)
from guests.services import erasing
from guests.services.erasing import erase_guest
from guests.services.records import ChangedMeanwhile, Closed, Draft, update_guest
from imports.models import ColumnMapping, ImportJob, ImportRow
from imports.options import Options
from imports.services.forgetting import DELETED, REWRITTEN
from imports.services.runs import request_check
from loyalty.models import Account, BulkAdjustment, EntryComment, LedgerEntry, Program
from tests.guests.cast import ANN, another_part, card, external_id, guest, merge
from tests.imports import trips
from tests.imports.web import one_thread, worked

PHONE, OLD_PHONE, SECOND_PHONE = "+447700900987", "+447700900986", "+447700900985"
#: Enough of each to find it by, in no other row of the test.
SECRETS = ("unikat", "7700900987", "7700900986", "7700900985")

FILE = f"""phone,name,last_name,email,number_1,external_id,comment
{PHONE},Zlata,Unikatova,zlata.unikat@example.org,ZU-1,till-9,likes tea
07700 900 987,Zlata,Unikatova,other.unikat@example.org,,,twice
,Zlata,,zlata.unikat@example.org,,,no telephone
12,,,,ZU-1,,by the card
+442079460959,John,Smith,john@example.com,J-1,,
"""
SECOND = f"""phone,name,email,comment
{PHONE},Zlatka,zlata.unikat@example.org,likes coffee
+442079460960,Max,max@example.com,friend of (0)7700 900987
"""


@pytest.fixture
def inline(db: None) -> Iterator[None]:
    """Let an import's stages run in the test's own thread (see tests.imports.conftest)."""
    with one_thread():
        yield


def erase(person: Guest, actor: User | None = None) -> Erasure:
    person.refresh_from_db()
    erasure = erase_guest(
        company=person.company,
        guest=person,
        expected=person.version,
        actor=actor,
        source=Change.Source.WEB,
        now=timezone.now(),
    )
    run(Erasure, erasure.pk)
    erasure.refresh_from_db()
    return erasure


# -- Looking everywhere -------------------------------------------------------------------------


def rows_that_leak() -> list[str]:
    """Return every row of every table that holds one of the secrets, as text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows = cursor.fetchall()
            found += [f"{table}: {row}" for row in rows if leaks(" | ".join(map(str, row)))]
    return found


def files_that_leak() -> list[str]:
    """Return every file under VAR_DIR, the database's own among them, that holds a secret."""
    paths = [path for path in Path(configured.VAR_DIR).rglob("*") if path.is_file()]
    return [str(path) for path in paths if any(map(leaks, texts_of(path)))]


def texts_of(path: Path) -> Iterator[str]:
    content = path.read_bytes()
    yield content.decode("latin-1")
    yield content.decode("utf-8", errors="replace")
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield archive.read(name).decode("utf-8", errors="replace")
    if path.suffix == ".eml":
        for part in message_from_bytes(content, policy=policy.default).walk():
            payload = part.get_payload(decode=True)
            yield payload.decode("utf-8", errors="replace") if payload else ""


def leaks(text: str) -> bool:
    text = text.lower()
    digits = re.sub(r"[ ().+\-\u00a0]", "", text)
    return any(secret in text or secret in digits for secret in SECRETS)


# -- The whole of it ----------------------------------------------------------------------------


def lived(company: Company, owner: User) -> Guest:
    """Bring a guest in and let everything happen to them that leaves a trace."""
    company.refresh_from_db()
    job = trips.received(company, FILE, actor=owner)
    ImportJob.objects.filter(pk=job.pk).update(results_to=owner.email)
    trips.start(ImportJob.objects.get(pk=job.pk))
    for mail in OutgoingMail.objects.all():
        send(mail.pk)
    person = Guest.objects.for_company(company).get(phone=PHONE)
    person.company = company
    trips.imported(company, workbook(), filename="guests.xlsx", actor=owner)
    trips.imported(company, SECOND, actor=owner)
    draft = trips.received(company, FILE, actor=owner, filename="zlata.unikat@example.org.csv")
    request_check(
        job=draft, options=Options.from_json(draft.options), results_to="", now=timezone.now()
    )
    assert leaks(str(worked(draft).findings))
    person.refresh_from_db()
    for phone in (OLD_PHONE, PHONE):
        change(person, phone=phone, comment=f"now {phone}", image_url="https://e.org/unikat.png")
    merged_in(person)
    guest(company, "+442079460970", referrer_id=person.pk, comment=f"calls {PHONE}")
    viewed(company, owner, person)
    return person


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["phone", "last_name", "email", "number_1"])
    book.active.append([int(PHONE[1:]), "Unikatowa", "zlata.unikat2@example.org", "ZU-2"])
    book.active.append([442079460959, "Smith", "john@example.com", None])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def change(person: Guest, **fields: Any) -> None:
    update_guest(
        company=person.company,
        guest=person,
        expected=None,
        draft=Draft(fields),
        actor=None,
        source=Change.Source.WEB,
        now=timezone.now(),
    )
    person.refresh_from_db()


def merged_in(person: Guest) -> Guest:
    other = guest(
        person.company,
        SECOND_PHONE,
        first_name="Zlata",
        last_name="Unikatova",
        email="third.unikat@example.org",
    )
    card(other, "unikat-9")
    merge(person, other, email="merged")
    person.refresh_from_db()
    return other


def viewed(company: Company, owner: User, person: Guest) -> None:
    """Leave what lists and exports keep."""
    now = timezone.now()
    RecentGuest.objects.create(company=company, user=owner, guest=person, opened_at=now)
    for query in ("q=Zlata+Unikatova", "q=07700+900987&tier=1", "card=ZU-1&tier=1"):
        SavedView.objects.create(company=company, owner=owner, name=query[:20], query=query)
    BulkChange.objects.create(
        company=company,
        number=1,
        action="delete",
        query="q=zlata.unikat%40example.org",
        words=["Search: zlata.unikat@example.org"],
    )
    export = GuestExport(company=company, number=1, key=uuid.uuid4(), state="done")
    export.query = f"q={PHONE.replace('+', '%2B')}"
    export.file.save("guests.csv", ContentFile(f"phone\n{PHONE}\n".encode()))
    Change.objects.create(
        company=company,
        at=now,
        source="web",
        action="export_guests",
        subject="guests.guestexport",
        subject_id=export.pk,
        values={"search": [None, "Zlata Unikatova"], "q": "0770 0900987"},
    )


@pytest.mark.django_db(transaction=True)
def test_a_dump_of_the_database_and_the_files_show_nothing_of_them(
    transactional_db: None, bella: Company, owner: User, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "core.mail.FolderBackend"
    # Other tests have left files of companies that were rolled back.
    shutil.rmtree(configured.MEDIA_ROOT, ignore_errors=True)
    person = lived(bella, owner)
    Guest.objects.filter(pk=person.pk).update(
        orders_count=4, orders_total=Decimal("81.5"), last_visit_at=timezone.now()
    )
    in_tables = {row.split(":")[0] for row in rows_that_leak()}
    assert {
        "core_change",
        "guests_bulkchange",
        "guests_card",
        "guests_guest",
        "guests_guestexport",
        "guests_guestmerge",
        "guests_savedview",
        "imports_importjob",
        "imports_importrow",
    } <= in_tables
    leaking = files_that_leak()
    assert {Path(path).suffix for path in leaking} >= {".csv", ".xlsx", ".eml"}
    if connection.vendor == "sqlite":
        assert any("test.sqlite3" in path for path in leaking)
    others_before = ImportRow.objects.exclude(guest=person.pk).count()

    erasure = erase(person, owner)

    assert (erasure.state, erasure.traces, erasure.error) == ("done", {}, "")
    assert rows_that_leak() == []
    assert files_that_leak() == []

    # What is not theirs is as it was, and the figures of the past stay.
    person.refresh_from_db()
    assert (person.phone, person.is_active, person.name_key) == (None, False, "")
    assert (person.orders_count, person.orders_total) == (4, Decimal("81.5"))
    assert ImportRow.objects.exclude(guest=person.pk).count() == others_before
    john = Guest.objects.get(phone="+442079460959")
    assert (john.first_name, john.last_name, john.email) == ("John", "Smith", "john@example.com")
    assert Guest.objects.get(phone="+442079460960").comment == "friend of (…"
    assert {view.query for view in SavedView.objects.all()} == {"tier=1"}
    assert erasure.counts["uploads_rewritten"] == 4
    assert (erasure.counts["exports"], erasure.counts["mails"]) == (1, 1)
    assert not RecentGuest.objects.exists()
    assert not Card.objects.filter(number__startswith="ZU").exists()
    assert not ExternalId.objects.exists()
    done = Change.objects.for_company(bella).about(person).order_by("pk").last()
    assert (done.action, done.actor, done.values) == ("erase_guest", owner, {})
    assert Change.objects.for_company(bella).about(person).count() > 2

    # The next file brings them back by none of their telephones, and says how many it left out.
    job = trips.imported(bella, f"phone,name\n{PHONE},Zlata\n{SECOND_PHONE},Z\n{OLD_PHONE},Z\n")
    assert job.counts == {"skipped": 3, "erased": 3}
    assert not Guest.objects.filter(phone__in=[PHONE, SECOND_PHONE, OLD_PHONE]).exists()


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_it_is_not_over_while_somebody_reads_what_was_there(
    transactional_db: None, bella: Company, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite keeps for every reader what was there when it began: in its file, and in its log."""

    def left() -> list[str]:
        return [path for path in files_that_leak() if "test.sqlite3" in path]

    monkeypatch.setattr(erasing, "TIDY_PAUSE", 0)
    person = guest(bella, PHONE)
    with sqlite3.connect(connection.settings_dict["NAME"], uri=True) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT phone FROM guests_guest").fetchall() == [(PHONE,)]
        erasure = erase(person, owner)
        assert left()
        assert (erasure.state, erasure.traces) == ("queued", {})
        assert erasure.error.startswith("The database is being read")
    reader.close()
    run(Erasure, erasure.pk)
    erasure.refresh_from_db()
    assert (erasure.state, erasure.error) == ("done", "")
    assert left() == []


# -- What stays, and who is in the way ----------------------------------------------------------


def test_an_import_can_still_be_undone_for_the_others(
    bella: Company, owner: User, inline: None
) -> None:
    job = trips.imported(bella, FILE)
    person = Guest.objects.get(phone=PHONE)
    person.company = bella
    erase(person, owner)
    trips.undone(job)
    job.refresh_from_db()
    assert job.undo_counts == {"undone": 1, "kept": 1}
    assert list(Guest.objects.values_list("pk", "phone")) == [(person.pk, None)]


def test_the_upload_of_an_import_keeps_the_lines_of_others(
    bella: Company, owner: User, inline: None
) -> None:
    job = trips.imported(bella, FILE)
    old = Path(job.file.path)
    erase(trips_guest(bella), owner)
    job.refresh_from_db()
    assert not old.exists()
    lines = Path(job.file.path).read_text().splitlines()
    assert [bool(line) for line in lines] == [True, False, False, False, False, True]
    assert job.findings["upload"] == REWRITTEN
    assert not job.rows.to_mend().exists()


def trips_guest(company: Company) -> Guest:
    person = Guest.objects.for_company(company).get(phone=PHONE)
    person.company = company
    return person


def test_an_upload_that_cannot_be_rewritten_is_deleted_and_the_page_says_so(
    bella: Company, owner: User, inline: None, sign_in: Any
) -> None:
    job = trips.imported(bella, FILE)
    path = Path(job.file.path)
    path.write_bytes(path.read_bytes() + b'x,"never closed\n')
    erasure = erase(trips_guest(bella), owner)
    job.refresh_from_db()
    assert not path.exists()
    assert not job.file
    assert job.findings["upload"] == DELETED
    assert erasure.counts["uploads_deleted"] == 1
    page = sign_in(owner).get(f"/c/bella/imports/{job.number}/result/").content.decode()
    assert "Deleted when a guest was erased" in page


def test_a_draft_has_to_be_checked_again(bella: Company, owner: User, inline: None) -> None:
    trips.imported(bella, FILE)
    draft = trips.received(bella, FILE)
    ImportJob.objects.filter(pk=draft.pk).update(checked_key="x")
    erase(trips_guest(bella), owner)
    draft.refresh_from_db()
    assert (draft.state, draft.checked_key) == ("draft", "")
    job = trips.start(draft)
    assert job.counts == {"unchanged": 1}


def test_a_line_that_was_taken_for_the_names_of_columns_goes_too(
    bella: Company, owner: User, inline: None
) -> None:
    person = guest(bella, PHONE)
    line = [PHONE, "Zlata", "Unikatova"]
    job = trips.received(bella, FILE, actor=owner)
    names = {"mapping": ["phone", "name", "last_name"], "header": line}
    ImportJob.objects.filter(pk=job.pk).update(**names)
    wrong = ColumnMapping.objects.create(company=bella, name="Till", signature="s", **names)
    other = ColumnMapping.objects.create(company=bella, name="Other", signature="t", header=["Tel"])
    erasure = erase(person, owner)
    job.refresh_from_db()
    wrong.refresh_from_db()
    other.refresh_from_db()
    assert [job.header, wrong.header, other.header] == [["…"] * 3, ["…"] * 3, ["Tel"]]
    assert erasure.counts["mappings"] == 1


def test_it_waits_for_an_import_that_is_under_way(
    bella: Company, owner: User, inline: None
) -> None:
    job = trips.imported(bella, FILE)
    ImportJob.objects.filter(pk=job.pk).update(state="running", heartbeat_at=timezone.now())
    erasure = erase(trips_guest(bella), owner)
    assert erasure.state == "queued"
    assert erasure.error.startswith(f"Import {job.number} is under way")
    assert erasure.traces["phones"] == [PHONE]
    ImportJob.objects.filter(pk=job.pk).update(state="done_with_errors")
    # What waits is hinted at by every sweep.
    assert list(Erasure.objects.waiting()) == [erasure]
    run(Erasure, erasure.pk)
    erasure.refresh_from_db()
    assert (erasure.state, erasure.traces) == ("done", {})
    assert not job.rows.to_mend().exists()


def test_the_address_of_a_family_stays_with_who_else_has_it(
    bella: Company, owner: User, inline: None
) -> None:
    trips.imported(bella, FILE)
    brother = guest(bella, "+442079460977", email="zlata.unikat@example.org")
    erase(trips_guest(bella), owner)
    brother.refresh_from_db()
    assert brother.email == "zlata.unikat@example.org"


def test_the_same_address_in_other_capitals_is_the_others_too(
    bella: Company, owner: User, inline: None
) -> None:
    anna = guest(bella, email="Family@example.com")
    brother = guest(bella, "+442079460977", email="old@example.com")
    update_guest(
        company=bella,
        guest=brother,
        expected=None,
        draft=Draft({"email": "family@example.com"}),
        actor=owner,
        source=Change.Source.WEB,
        now=timezone.now(),
    )
    erase(anna, owner)
    (told,) = Change.objects.about(brother).filter(action="update_guest")
    assert told.values == {"email": ["old@example.com", "family@example.com"]}


def test_an_export_that_is_being_made_begins_anew(bella: Company, owner: User) -> None:
    person = guest(bella)
    export = GuestExport.objects.create(
        company=bella, number=1, key=uuid.uuid4(), state="running", heartbeat_at=timezone.now()
    )
    erase(person, owner)
    export.refresh_from_db()
    assert export.state == "queued"


def test_nothing_of_another_company_is_touched(
    bella: Company, roma: Company, owner: User, inline: None
) -> None:
    trips.imported(bella, FILE)
    there = trips.imported(roma, FILE)
    before = trips.everything(roma)
    lines = list(there.rows.in_file_order().values())
    erase(trips_guest(bella), owner)
    there.refresh_from_db()
    assert trips.everything(roma) == before
    assert list(there.rows.in_file_order().values()) == lines
    assert "Unikatova" in Path(there.file.path).read_text()
    assert not ErasedPhone.objects.for_company(roma).exists()


def test_what_other_apps_keep_of_lists_and_in_free_texts_is_cleaned(
    bella: Company, owner: User
) -> None:
    person, other = guest(bella, PHONE), guest(bella, ANN)
    program = Program.objects.create(company=bella, name="Points", code="P", currency="GBP")
    bulk = BulkAdjustment.objects.create(
        company=bella,
        number=1,
        program=program,
        amount=5,
        query="q=07700+900987&tier=1",
        words=["Search: 07700 900987"],
        comment="for 07700 900987 and friends",
    )
    account = Account.objects.create(company=bella, guest=other, program=program)
    entry = LedgerEntry.objects.create(
        company=bella,
        account=account,
        program=program,
        at=timezone.now(),
        kind="credit",
        amount=5,
        balance_after=5,
        source="manual",
        source_ref="x",
    )
    EntryComment.objects.create(entry=entry, company=bella, text="was +44 7700 900987's")
    erase(person, owner)
    bulk.refresh_from_db()
    assert (bulk.query, bulk.words) == ("tier=1", ["Search: …"])
    assert bulk.comment == "for … and friends"
    assert EntryComment.objects.get().text == "was …'s"


def test_every_part_is_asked_while_the_guest_is_known(bella: Company, owner: User) -> None:
    person = guest(bella)
    with another_part() as stamps:
        stamps.notes = {person.pk: ["a"]}
        erase(person, owner)
        assert stamps.notes == {}


def test_pairs_that_looked_alike_go_too(bella: Company, owner: User) -> None:
    person, other = guest(bella), guest(bella, ANN)
    PossibleDuplicate.objects.create(
        company=bella, first=person, second=other, found_at=timezone.now()
    )
    external_id(person, "x")
    erase(person, owner)
    assert not PossibleDuplicate.objects.exists()


def test_whoever_was_merged_is_erased_by_the_kept_one_and_only_once(
    bella: Company, owner: User
) -> None:
    person = guest(bella)
    other = merged_in(person)
    other.refresh_from_db()
    other.company = bella
    with pytest.raises(Closed):
        erase(other, owner)
    erase(person, owner)
    other.refresh_from_db()
    assert (other.phone, other.first_name) == (None, "")
    with pytest.raises(Closed):
        erase(person, owner)
    assert ErasedPhone.objects.for_company(bella).count() == 2


def test_a_guest_who_changed_meanwhile_is_not_erased(bella: Company, owner: User) -> None:
    person = guest(bella)
    with pytest.raises(ChangedMeanwhile):
        erase_guest(
            company=bella,
            guest=person,
            expected=person.version - 1,
            actor=owner,
            source=Change.Source.WEB,
            now=timezone.now(),
        )
    person.refresh_from_db()
    assert person.phone
    assert not Erasure.objects.exists()


def test_a_cleaner_that_fails_is_tried_again_and_keeps_what_to_look_for(
    bella: Company, owner: User, inline: None
) -> None:
    trips.imported(bella, FILE)
    with patch("imports.services.forgetting._clean_job", side_effect=OSError("storage away")):
        erasure = erase(trips_guest(bella), owner)
    assert (erasure.state, erasure.part) == ("queued", "guests")
    assert "storage away" in erasure.error
    assert erasure.traces["phones"]
    run(Erasure, erasure.pk)
    erasure.refresh_from_db()
    assert (erasure.state, erasure.traces) == ("done", {})


def test_a_mail_without_the_guest_stays(
    bella: Company, owner: User, inline: None, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "core.mail.FolderBackend"
    trips.imported(bella, FILE, actor=owner)
    job = trips.received(bella, "phone,name\n12,Bob\n", actor=owner)
    trips.start(job)
    for mail in OutgoingMail.objects.all():
        OutgoingMail.objects.filter(pk=mail.pk).update(
            next_attempt_at=timezone.now() - timedelta(1)
        )
        send(mail.pk)
    kept = [folder_path(mail.message_id).exists() for mail in OutgoingMail.objects.order_by("pk")]
    assert kept == [True, True]
    erase(trips_guest(bella), owner)
    kept = [folder_path(mail.message_id).exists() for mail in OutgoingMail.objects.order_by("pk")]
    assert kept == [False, True]
