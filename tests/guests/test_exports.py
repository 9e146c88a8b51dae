"""Exports: what is in the file, who may take it, how long it stays, and who is told."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import openpyxl
import pytest
from django.core import mail as outbox
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.mail import Unwanted
from core.models import Change, Job, Membership, OutgoingMail
from core.services import jobs, mail as mails
from guests.mail import build_ready
from guests.models import Category, Guest, GuestExport, GuestListChoice, MemberTier
from guests.services import exports
from guests.services.bulk import add_cards, create_guests
from guests.services.exports import forget_old_files, request_export, request_stop
from guests.services.exports_files import TooManyGuests
from guests.web import export_tables
from tests.guests.crowds import NOW, crowd
from tests.processes import eventually

pytestmark = pytest.mark.django_db

State, Format, Shape = Job.State, GuestExport.Format, GuestExport.Shape
ADDRESS = "/c/bella/guests/export/"


@pytest.fixture
def anna(bella):
    """A guest who has everything, some of it such that a spreadsheet would run it."""
    tier = MemberTier.objects.create(company=bella, name="Gold")
    (pk,) = create_guests(
        bella.pk,
        [
            {
                "phone": "+442079460958",
                "first_name": "=cmd|' /C calc'!A0",
                "last_name": "Пeтрова",
                "email": "+anna@example.com",
                "birthday": date(1990, 2, 28),
                "comment": '-2+3 "quoted", and\na line',
                "registered_at": datetime(2026, 7, 1, 22, 30, tzinfo=UTC),
                "member_tier_id": tier.pk,
                "opening_total": Decimal("1204.5"),
                "orders_count": 3,
            }
        ],
    )
    add_cards(bella.pk, [(pk, None, "0042"), (pk, "@track", None)])
    return Guest.objects.get(pk=pk)


def export(client, address=ADDRESS, **data):
    return client.post(address, {"shape": "list", "format": "csv", **data})


def content(answer):
    assert answer.status_code == 200, answer.status_code
    return b"".join(answer.streaming_content)


def table(answer):
    """Return the rows of an answer that is a .csv."""
    return list(csv.reader(io.StringIO(content(answer).decode("utf-8-sig"), newline="")))


def sheet(answer):
    """Return the rows of an answer that is a workbook."""
    return list(openpyxl.load_workbook(io.BytesIO(content(answer))).active.values)


def asked(bella, actor, **fields):
    """Ask for an export as the page does for many guests, and return it."""
    draft = GuestExport(company=bella, columns=["phone", "name"], **fields)
    total = export_tables.selection_of(draft).guests.count()
    return request_export(
        company=bella, draft=draft, total=total, results_to=actor.email, actor=actor, now=NOW
    )


def run(made):
    jobs.run(GuestExport, made.pk)
    made.refresh_from_db()
    return made


# -- What is in it


def test_the_columns_shown_are_exported_under_their_names(sign_in, bella, manager, anna):
    columns = ["phone", "name", "birthday", "email", "cards", "comment", "total", "tier"]
    GuestListChoice.objects.create(company=bella, user=manager, columns=columns)
    header, row = table(export(sign_in(manager)))
    assert header == [
        "Telephone", "Name", "Birthday", "Email", "Card No.", "Comment", "Total", "Tier",
    ]  # fmt: skip
    assert row[:1] + row[2:3] + row[4:5] + row[6:] == [
        "+442079460958", "1990-02-28", "0042, @track", "1204.50", "Gold",
    ]  # fmt: skip


def test_no_cell_is_run_by_a_spreadsheet(sign_in, bella, manager, anna):
    GuestListChoice.objects.create(
        company=bella, user=manager, columns=["name", "email", "comment"]
    )
    _header, (phone, name, email, comment) = table(export(sign_in(manager)))
    assert (phone, name) == ("+442079460958", "'=cmd|' /C calc'!A0 Пeтрова")
    assert (email, comment) == ("'+anna@example.com", '\'-2+3 "quoted", and\na line')
    (_header, cells) = sheet(export(sign_in(manager), format="xlsx"))
    assert cells == (phone, name, email, comment)


def test_a_workbook_has_numbers_and_days_where_they_are(sign_in, bella, manager, anna):
    columns = ["birthday", "orders", "total", "registered"]
    GuestListChoice.objects.create(company=bella, user=manager, columns=columns)
    answer = export(sign_in(manager), format="xlsx")
    (_header, (phone, _name, birthday, registered, orders, total)) = sheet(answer)
    assert phone == "+442079460958"
    assert (birthday.date(), orders, total) == (anna.birthday, 3, 1204.5)
    # The company's time, which is London's.
    assert registered.isoformat() == "2026-07-01T23:30:00"


def test_only_what_is_on_the_list_is_exported_and_in_its_order(sign_in, bella, roma, manager):
    crowd(bella, 5, last_name="Mark")
    crowd(bella, 3, first=10)
    crowd(bella, 1, first=20, last_name="Mark", is_active=False)
    crowd(roma, 2, last_name="Mark")
    client = sign_in(manager)
    rows = table(export(client, f"{ADDRESS}?q=mark&sort=-phone"))
    assert [row[0] for row in rows[1:]] == [f"+4420{n:08}" for n in (4, 3, 2, 1, 0)]
    rows = table(export(client, f"{ADDRESS}?q=mark&inactive=on"))
    assert len(rows) == 7


def test_ticked_rows_are_exported_alone(sign_in, bella, manager):
    ids = crowd(bella, 5)
    rows = table(export(sign_in(manager), f"{ADDRESS}?q=nobody&guest={ids[1]}&guest={ids[3]}"))
    assert sorted(row[0] for row in rows[1:]) == ["+442000000001", "+442000000003"]


def test_a_file_says_who_is_deleted_where_some_are(sign_in, bella, manager):
    ids = [*crowd(bella, 2), *crowd(bella, 1, first=2, is_active=False)]
    client = sign_in(manager)
    every = table(export(client, f"{ADDRESS}?inactive=on&sort=phone"))
    assert [row[-1] for row in every] == ["Deleted", "", "", "Yes"]
    ticked = table(export(client, f"{ADDRESS}?guest={ids[2]}"))
    assert [row[-1] for row in ticked] == ["Deleted", "Yes"]
    active = f"{ADDRESS}?inactive=on&q=guest 1"
    assert "Deleted" not in table(export(client, active))[0]
    page = client.get(f"{ADDRESS}?inactive=on").content.decode()
    assert "Last visit, Tier, Deleted." in page


def test_batches_join_without_a_gap_in_every_order(bella, manager, monkeypatch):
    monkeypatch.setattr(export_tables, "BATCH", 3)
    crowd(bella, 7, birthday=NOW.date())
    crowd(bella, 7, first=20)
    for sort in ("birthday", "-birthday", "name", "-last_visit", "tier"):
        draft = GuestExport(company=bella, columns=["phone"], sort=sort)
        rows = list(export_tables.list_rows(draft, Guest.objects.for_company(bella)))
        assert len(rows) == len({row[0] for row in rows}) == 15, sort


def test_everything_goes_out_in_the_form_that_comes_in_again(sign_in, bella, manager, anna):
    Category.objects.create(company=bella, name="VIP")
    header, row = table(export(sign_in(manager), shape="import"))
    cells = dict(zip(header, row, strict=True))
    assert (cells["phone"], cells["email"]) == ("+442079460958", "'+anna@example.com")
    assert {cells["number_1"], cells["track_2"]} == {"0042", "'@track"}
    assert sheet(export(sign_in(manager), shape="import", format="xlsx"))[0] == tuple(header)


def test_erased_guests_go_out_in_no_form(sign_in, bella, manager):
    ids = crowd(bella, 3)
    Guest.objects.filter(pk=ids[0]).update(phone=None)
    assert len(table(export(sign_in(manager)))) == 3
    assert len(table(export(sign_in(manager), shape="import"))) == 3


# -- At once


def test_a_short_export_comes_at_once_and_is_written_down(sign_in, bella, manager):
    crowd(bella, 4)
    answer = export(sign_in(manager), f"{ADDRESS}?q=guest")
    name = answer.headers["Content-Disposition"]
    assert re.search(r'filename="bella-guests-\d{4}-\d\d-\d\d-1\.csv"', name)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert len(table(answer)) == 5
    made = GuestExport.objects.get()
    assert (made.state, made.total, made.words) == (State.DONE, 4, ["Search: “guest”"])
    assert not made.file
    told = Change.objects.get(subject="guests.guestexport")
    assert (told.actor, told.action, told.source) == (manager, "export_guests", "web")
    assert told.values == {"guests": [None, 4], "format": [None, "csv"], "shape": [None, "list"]}


def test_the_page_says_whom_and_in_which_columns(sign_in, bella, manager):
    crowd(bella, 4)
    said = sign_in(manager).get(f"{ADDRESS}?q=guest").content.decode()
    assert "Export 4 guests" in said
    assert "Search: “guest”" in said
    assert "Telephone, Name, Birthday" in said
    assert "e-mail when it is ready" not in said


def test_nobody_to_export_is_said(sign_in, bella, manager):
    said = sign_in(manager).get(ADDRESS).content.decode()
    assert "Nobody is on this list" in said
    assert export(sign_in(manager)).status_code == 200
    assert GuestExport.objects.count() == 0


def test_a_wrong_choice_is_refused(sign_in, bella, manager):
    crowd(bella, 1)
    answer = export(sign_in(manager), shape="secrets")
    assert "error-summary" in answer.content.decode()
    assert GuestExport.objects.count() == 0


# -- By a worker


def test_a_long_export_is_made_by_a_worker_and_its_link_is_mailed(
    sign_in, bella, manager, monkeypatch
):
    monkeypatch.setattr(exports, "LARGE", 3)
    crowd(bella, 4)
    client = sign_in(manager)
    answer = export(client, by_mail="on")
    assert answer.headers["Location"] == "/c/bella/guests/exports/1/"
    said = client.get(answer.headers["Location"]).content.decode()
    assert f"a link comes to {manager.email}" in said
    made = run(GuestExport.objects.get())
    assert (made.state, made.done, made.total) == (State.DONE, 4, 4)
    answer = client.get("/c/bella/guests/exports/1/file/")
    assert len(table(answer)) == 5
    assert made.file_size == made.file.size
    mails.send(OutgoingMail.objects.get().pk)
    (sent,) = outbox.outbox
    assert sent.to == [manager.email]
    assert "http://testserver/c/bella/guests/exports/1/" in sent.body
    assert sent.attachments == []
    assert "+4420" not in sent.message().as_string()
    told = Change.objects.get(subject="guests.guestexport")
    assert (told.actor, told.source, told.values["guests"]) == (manager, "worker", [None, 4])


def test_whoever_wants_no_mail_gets_none(sign_in, bella, manager, monkeypatch):
    monkeypatch.setattr(exports, "LARGE", 3)
    crowd(bella, 4)
    export(sign_in(manager))
    assert run(GuestExport.objects.get()).state == State.DONE
    assert OutgoingMail.objects.count() == 0


def test_the_mail_is_not_sent_to_who_is_no_member_any_more(bella, manager):
    crowd(bella, 4)
    run(asked(bella, manager))
    Membership.objects.filter(user=manager).update(is_active=False)
    with pytest.raises(Unwanted):
        build_ready(OutgoingMail.objects.get())


def test_filters_of_days_count_from_the_day_it_was_asked_for(bella, manager):
    day = timezone.now() - timedelta(days=89, hours=1)
    crowd(bella, 3, last_visit_at=day)
    made = asked(bella, manager, query="not_visited_days=90")
    GuestExport.objects.update(created_at=timezone.now() + timedelta(days=5))
    assert made.total == 0
    assert run(GuestExport.objects.get()).total == 3


def test_an_export_says_how_far_it_is_and_can_be_stopped(bella, manager, monkeypatch):
    monkeypatch.setattr(exports, "TELL_EVERY", 2)
    crowd(bella, 10)
    made, save = asked(bella, manager), jobs.Attempt.save
    told = []

    def saved(attempt, job, **fields):
        save(attempt, job, **fields)
        if "done" in fields and fields.get("state") is None:
            told.append(fields["done"])
            if fields["done"] == 4:
                job.stop_asked = True
                job.save(update_fields=["stop_asked"])

    monkeypatch.setattr(jobs.Attempt, "save", saved)
    made = run(made)
    assert told == [0, 2, 4]
    assert (made.state, bool(made.file)) == (State.STOPPED, False)
    assert Change.objects.count() == Change.objects.exclude(action="export_guests").count()
    with pytest.raises(exports.NotNow):
        request_stop(export=made)


def test_an_export_that_breaks_off_is_begun_anew_and_leaves_one_file(
    bella, manager, monkeypatch, settings
):
    crowd(bella, 4)
    made, announce = asked(bella, manager), exports._announce

    def break_off(export):
        monkeypatch.setattr(exports, "_announce", announce)
        raise RuntimeError("the power went")

    monkeypatch.setattr(exports, "_announce", break_off)
    made = run(made)
    assert (made.state, bool(made.file)) == (State.QUEUED, False)
    made = run(made)
    assert (made.state, made.attempt) == (State.DONE, 2)
    folder = settings.MEDIA_ROOT / "exports" / str(bella.pk)
    assert [path.name for path in folder.glob(f"{made.key}*")] == [f"{made.key}-2.csv"]
    assert Change.objects.filter(action="export_guests").count() == 1


def test_a_late_attempt_does_not_take_the_file_of_the_one_that_overtook_it(
    bella, manager, monkeypatch
):
    crowd(bella, 4)
    made, keep = asked(bella, manager), exports._keep

    def overtaken(export, attempt, file, done):
        # It slept: its job went to another attempt, which is through by now.
        monkeypatch.setattr(exports, "_keep", keep)
        GuestExport.objects.update(state=State.QUEUED)
        assert run(GuestExport.objects.get()).attempt == 2
        keep(export, attempt, file, done)

    monkeypatch.setattr(exports, "_keep", overtaken)
    made = run(made)
    assert made.state == State.DONE
    with made.file.open("rb") as file:
        assert file.read().count(b"\r\n") == 5
    assert Change.objects.filter(action="export_guests").count() == 1


def test_an_export_that_always_breaks_is_given_up(bella, manager, monkeypatch, settings):
    monkeypatch.setattr(exports, "TELL_EVERY", 1)
    crowd(bella, 4)
    made = asked(bella, manager)

    def break_off(export, attempt, file, done):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(exports, "_keep", break_off)
    for _ in range(settings.JOB_MAX_ATTEMPTS):
        made = run(made)
    assert made.state == State.FAILED
    assert "the disk is full" in made.error


def test_more_than_a_sheet_holds_is_refused_before_and_behind(bella, manager, monkeypatch):
    crowd(bella, 4)
    made = asked(bella, manager, format="xlsx")
    for module in ("exports", "exports_files"):
        monkeypatch.setattr(f"guests.services.{module}.SHEET_ROWS", 3)
    with pytest.raises(TooManyGuests):
        asked(bella, manager, format="xlsx")
    made = run(made)
    assert (made.state, bool(made.file)) == (State.REFUSED, False)
    assert "Choose CSV" in made.error


# -- How long it stays


def test_a_file_is_kept_three_days_and_its_receipt_for_ever(sign_in, bella, manager, settings):
    crowd(bella, 4)
    made = run(asked(bella, manager))
    path = made.file.path
    almost = made.finished_at + timedelta(days=3) - timedelta(minutes=1)
    assert forget_old_files(now=almost) == 0
    assert forget_old_files(now=almost + timedelta(minutes=2)) == 1
    assert not (settings.MEDIA_ROOT / path).exists()
    client = sign_in(manager)
    assert client.get("/c/bella/guests/exports/1/file/").status_code == 404
    said = client.get("/c/bella/guests/exports/1/").content.decode()
    assert "The file is not kept any more." in said
    with pytest.raises(Unwanted):
        build_ready(OutgoingMail.objects.get())


# -- Who may

PAGES = [
    ("get", "export/"), ("post", "export/"), ("get", "exports/"), ("get", "exports/1/"),
    ("get", "exports/1/file/"), ("post", "exports/1/stop/"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("role", "may"), [("owner", True), ("manager", True), ("operator", False), ("host", False)]
)
def test_only_who_may_export_opens_the_pages(request, sign_in, bella, manager, role, may):
    crowd(bella, 4)
    run(asked(bella, manager))
    client = sign_in(request.getfixturevalue(role))
    found = {getattr(client, how)(f"/c/bella/guests/{page}").status_code for how, page in PAGES}
    assert found <= {200, 302} if may else found == {403}


def test_for_an_outsider_nothing_is_there(sign_in, bella, roma, manager, outsider):
    crowd(bella, 4)
    run(asked(bella, manager))
    client = sign_in(outsider)
    for company in ("bella", "roma"):
        for how, page in PAGES:
            if company == "roma" and "1" not in page:
                continue
            answer = getattr(client, how)(f"/c/{company}/guests/{page}")
            assert answer.status_code == 404, (company, page)


# -- Queries


@pytest.mark.parametrize("shape", ["list", "import"])
def test_an_export_asks_the_database_a_fixed_number_of_times(sign_in, bella, manager, anna, shape):
    client, counts = sign_in(manager), []
    for first in (100, 1_000):
        crowd(bella, 200, first=first)
        with CaptureQueriesContext(connection) as asked_for:
            assert len(table(export(client, shape=shape))) > 200
        counts.append(len(asked_for))
    assert counts[0] == counts[1]


def test_the_list_of_exports_asks_a_fixed_number_of_times(sign_in, bella, manager):
    crowd(bella, 4)
    client, counts = sign_in(manager), []
    for _ in range(2):
        run(asked(bella, manager))
        with CaptureQueriesContext(connection) as asked_for:
            said = client.get("/c/bella/guests/exports/").content.decode()
        counts.append(len(asked_for))
    assert counts[0] == counts[1]
    assert str(manager) in said


# -- A real worker


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_real_worker_makes_the_file(bella, manager, worker):
    crowd(bella, 2_500)
    made = asked(bella, manager, format="xlsx")
    eventually(lambda: GuestExport.objects.get(pk=made.pk).state == State.DONE)
    made.refresh_from_db()
    with made.file.open("rb") as file:
        rows = list(openpyxl.load_workbook(io.BytesIO(file.read())).active.values)
    assert len(rows) == 2_501
