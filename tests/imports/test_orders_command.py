"""`import_orders`: a till's closed orders, by cron, with the guests that they make."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from core.models import Change
from core.services import jobs
from guests.models import Card, Category, ErasedPhone, ExternalId, Guest, GuestCategory
from guests.privacy import erasure_digest
from guests.services.merging import merge_guests
from imports.models import ImportJob, ImportRow
from imports.pipeline import apply_orders as stage
from imports.services import runs
from imports.services.undo_forecast import forecast
from tests.guests import cast
from tests.visits.conftest import miscounted, new_guest
from visits.models import Order
from visits.services.orders import Crossed

HEADER = "restaurant,external_id,phone,total,closed_at"
ANNA, JOHN = "+447946000001", "+447946000002"
LINE = f"Bella Soho,A-1,{ANNA},48.50,2026-03-10 21:40"
GOOD = f"{HEADER}\n{LINE}\nbella camden,A-1,{JOHN},12,2026-03-11 13:05\n"


@pytest.fixture
def command(bella, inline, tmp_path, capsys):
    """Call it with a file's content and arguments: its exit code, what it said, and its JSON."""

    def run(content, *arguments, name="orders.csv", company="bella"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        code, said = 0, ""
        try:
            call_command("import_orders", str(path), "--company", company, *arguments)
        except SystemExit as end:
            code = end.code
        except CommandError as error:
            code, said = error.returncode, str(error)
        output = capsys.readouterr().out
        answer = json.loads(output.splitlines()[-1]) if "--json" in arguments else None
        assert miscounted(bella) == []
        return SimpleNamespace(code=code, said=said or output, answer=answer)

    return run


def lines(*rows, header=HEADER):
    return "\n".join([header, *rows]) + "\n"


def counts(answer):
    return {name: n for name, n in answer.items() if n and isinstance(n, int) and name != "id"}


# -- What comes in ------------------------------------------------------------------------------


def test_orders_come_in_and_make_their_guests(command, bella):
    vip = Category.objects.create(company=bella, name="Guests", is_default=True)
    done = command(GOOD, "--json")
    assert done.code == 0
    assert done.answer["state"] == "done"
    assert counts(done.answer) == {"created": 2, "rows": 2, "new_guests": 2}
    anna = Guest.objects.get(phone=ANNA)
    assert (anna.orders_count, anna.orders_total) == (1, Decimal("48.5"))
    assert anna.last_visit_at == datetime(2026, 3, 10, 21, 40, tzinfo=UTC)
    assert anna.registered_at == anna.last_visit_at
    assert anna.search_text
    assert GuestCategory.objects.filter(guest=anna, category=vip).exists()
    line = ImportRow.objects.get(guest=anna)
    assert (line.line, line.replaced["makes_guest"]) == (2, True)
    assert set(Order.objects.values_list("restaurant__name", "external_id")) == {
        ("Bella Soho", "A-1"),
        ("Bella Camden", "A-1"),
    }


def test_the_same_file_again_does_nothing(command):
    command(GOOD)
    again = command(GOOD, "--json")
    assert again.code == 0
    assert counts(again.answer) == {"unchanged": 2, "rows": 2}


def test_a_later_file_corrects(command, bella):
    command(GOOD)
    done = command(lines(LINE.replace("48.50", "50").replace(ANNA, JOHN)), "--json")
    assert counts(done.answer) == {"updated": 1, "rows": 1}
    totals = dict(Guest.objects.values_list("phone", "orders_total"))
    assert totals == {ANNA: Decimal(0), JOHN: Decimal(62)}


def test_headers_are_found_in_russian(command):
    header = "Ресторан;Номер заказа;Телефон;Сумма;Дата закрытия"
    row = "Bella Soho;17;+44 7946 000001;1 048,50;10.03.2026 21:40"
    assert command(lines(row, header=header).encode("cp1251"), "--json").code == 0
    assert Order.objects.get().total == Decimal("1048.5")


def test_a_file_without_a_header_has_its_columns_named(command):
    columns = "restaurant,order_id,phone,total,closed_at"
    assert command(LINE + "\n", "--columns", columns, "--no-header").code == 0
    assert Order.objects.get().external_id == "A-1"


def test_one_new_phone_on_many_lines_is_one_guest(command, settings):
    settings.IMPORT_CHUNK_ROWS = 2
    rows = [f"Bella Soho,{i},{ANNA},10,2026-03-{i + 1:02} 20:00" for i in range(7)]
    done = command(lines(*rows), "--json")
    assert counts(done.answer) == {"created": 7, "rows": 7, "new_guests": 1}
    guest = Guest.objects.get()
    assert guest.orders_count == 7
    assert guest.registered_at == datetime(2026, 3, 1, 20, tzinfo=UTC)


# -- Whose it is --------------------------------------------------------------------------------

BY_ID = "restaurant,external_id,external guest id,card,phone,total,closed_at"


def of(guest_id="", card="", phone="", number="1"):
    return f"Bella Soho,{number},{guest_id},{card},{phone},10,2026-03-10 20:00"


@pytest.fixture
def anna(bella):
    guest = new_guest(bella, 7)
    ExternalId.objects.create(company=bella, guest=guest, value="C-7")
    Card.objects.create(company=bella, guest=guest, track="7777", number="7")
    return guest


@pytest.mark.parametrize("key", [{"guest_id": "C-7"}, {"card": "7"}, {"card": "7777"}])
def test_an_id_or_a_card_finds_the_guest(command, anna, key):
    assert command(lines(of(**key), header=BY_ID)).code == 0
    assert Order.objects.get().guest == anna


def test_what_leads_to_two_guests_is_an_error(command, bella, anna):
    boris = new_guest(bella, 8)
    done = command(lines(of(guest_id="C-7", phone=boris.phone), header=BY_ID), "--json")
    assert done.code == 2
    assert done.answer["errors"][-1]["column"] == "phone"
    assert not Order.objects.exists()


def test_an_unknown_card_makes_nobody_a_guest(command, bella):
    done = command(lines(of(card="99"), header=BY_ID), "--json")
    assert done.code == 2
    assert "There is no guest with “99”" in done.answer["errors"][-1]["reason"]
    assert not Guest.objects.exists()


def test_an_unknown_id_beside_a_telephone_is_passed_over(command, anna):
    row = of(guest_id="C-99", card="99", phone=anna.phone)
    assert command(lines(row, header=BY_ID)).code == 0
    assert Order.objects.get().guest == anna


def test_a_known_id_decides_over_a_new_telephone(command, anna):
    assert command(lines(of(guest_id="C-7", phone=JOHN), header=BY_ID)).code == 0
    assert Order.objects.get().guest == anna
    assert Guest.objects.count() == 1


def test_the_phone_of_a_merged_guest_leads_to_the_kept_one(command, bella, anna):
    merged = new_guest(bella, 8, is_active=False, merged_into=anna)
    command(lines(of(phone=merged.phone), header=BY_ID))
    assert Order.objects.get().guest == anna


def test_whence_an_order_came_is_told_of_a_guest_who_was_merged_since(
    command, bella, sign_in, manager
):
    command(lines(LINE))
    kept = cast.guest(bella, JOHN)
    merged = Guest.objects.get(phone=ANNA)
    merged.company = bella
    cast.merge(kept, merged)
    page = sign_in(manager).get(reverse("visits:orders", args=["bella", kept.pk]))
    assert "orders.csv, line 2" in page.content.decode()


def test_a_deleted_guest_stays_deleted_and_is_counted(command, bella):
    gone = new_guest(bella, 8, is_active=False)
    command(lines(of(phone=gone.phone), header=BY_ID))
    gone.refresh_from_db()
    assert (gone.is_active, gone.orders_count) == (False, 1)


def test_who_was_erased_is_not_brought_back(command, bella):
    ErasedPhone.objects.create(company=bella, digest=erasure_digest(bella.pk, ANNA))
    done = command(lines(of(phone=ANNA), header=BY_ID), "--json")
    assert counts(done.answer) == {"created": 1, "rows": 1}
    assert not Guest.objects.exists()
    assert Order.objects.get().guest is None
    again = command(lines(of(phone=ANNA), header=BY_ID), "--json").answer
    assert counts(again) == {"unchanged": 1, "rows": 1}
    assert done.answer["besides"] == again["besides"] == {"of_erased": 1}


def test_another_company_s_guests_and_restaurants_are_not_found(command, bella, roma):
    roma.restaurants.create(name="Trastevere")
    stranger = new_guest(roma, 1)
    done = command(lines(LINE, LINE.replace("Bella Soho", "Trastevere")), "--partial", "--json")
    assert counts(done.answer) == {"created": 1, "failed": 1, "rows": 2, "new_guests": 1}
    stranger.refresh_from_db()
    assert stranger.orders_count == 0


# -- What is wrong ------------------------------------------------------------------------------

LATER = "2199-12-31 23:00"  # Fixed: a test's name must be the same in every worker.


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (LINE.replace("Bella Soho", "Bella Sohoo"), "restaurant", "no restaurant “Bella Sohoo”"),
        (LINE.replace("Bella Soho", ""), "restaurant", "The restaurant is missing."),
        (LINE.replace("A-1", ""), "order_id", "The number of the order is missing."),
        (LINE.replace("48.50", ""), "total", "The total is missing."),
        (LINE.replace("48.50", "48.5055"), "total", "GBP has no such amount"),
        (LINE.replace("48.50", "1,234"), "", "6 cells"),
        (LINE.replace("48.50", "much"), "total", "much"),
        (LINE.replace("2026-03-10 21:40", ""), "closed_at", "closed is missing"),
        (LINE.replace("21:40", "25:40"), "closed_at", "25:40"),
        (LINE.replace("2026-03-10 21:40", LATER), "closed_at", "still to come"),
        (LINE.replace(ANNA, "12"), "phone", "12"),
    ],
)
def test_what_is_wrong_is_said_with_line_and_column(command, row, column, reason):
    done = command(lines(f"Bella Soho,B-1,{JOHN},1,2026-03-10 20:00", row), "--json")
    assert done.code == 2
    assert done.answer["state"] == "refused"
    (error,) = done.answer["errors"]
    assert (error["line"], error["column"]) == (3, column)
    assert reason in error["reason"]
    assert not Order.objects.exists()
    assert not Guest.objects.exists()


def test_every_reason_of_a_line_is_given(command):
    done = command(lines("Nowhere,,12,much,yesterday"), "--json")
    assert {e["column"] for e in done.answer["errors"] if e["line"]} == {
        "restaurant", "order_id", "phone", "total", "closed_at",
    }  # fmt: skip


def test_partial_leaves_out_what_is_wrong(command):
    done = command(lines(LINE, f"Nowhere,B,{ANNA},1,2026-03-10"), "--partial", "--json")
    assert done.code == 1
    assert done.answer["state"] == "done_with_errors"
    assert counts(done.answer) == {"created": 1, "failed": 1, "rows": 2, "new_guests": 1}


def test_nothing_but_errors_comes_in_with_nothing(command):
    done = command(lines(f"Nowhere,B,{ANNA},1,2026-03-10"), "--partial", "--json")
    assert (done.code, done.answer["state"]) == (2, "done_with_errors")


def test_a_check_writes_nothing(command):
    command(GOOD)
    changed = lines(LINE.replace("48.50", "50"), f"Bella Soho,A-2,{JOHN},1,2026-03-12 10:00")
    done = command(changed, "--check", "--json")
    assert (done.code, done.answer["state"]) == (0, "checked")
    assert counts(done.answer) == {"created": 1, "updated": 1, "rows": 2}
    assert Order.objects.count() == 2
    assert Order.objects.filter(total=Decimal("48.5")).exists()


def test_an_order_twice_in_a_file(command):
    other = LINE.replace("48.50", "50")
    done = command(lines(LINE, LINE, other), "--partial", "--json")
    assert counts(done.answer) == {
        "created": 1, "skipped": 1, "failed": 1, "rows": 3, "new_guests": 1,
    }  # fmt: skip
    assert "line 2 already" in done.answer["errors"][0]["reason"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        ("phone,total\n+447946000001,5\n", "No column is the restaurant."),
        (f"{HEADER}\n", "There are no rows under the header"),
        (b"%PDF-1.4 nothing", "PDF"),
    ],
)
def test_what_is_no_file_of_orders_is_refused_in_a_sentence(command, content, sentence):
    done = command(content, "--json")
    assert done.code == 2
    assert done.answer["state"] == "refused"
    assert sentence in done.answer["errors"][0]["reason"]
    assert command(content).said


def test_a_file_that_is_not_there_and_a_company_that_is_not(command, tmp_path, bella):
    assert "no company “nowhere”" in command(GOOD, company="nowhere").said
    with pytest.raises(CommandError, match="cannot be read") as refused:
        call_command("import_orders", str(tmp_path / "gone.csv"), "--company", "bella")
    assert refused.value.returncode == 2


# -- When it was --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-07-10 21:40", "2026-07-10T20:40:00+00:00"),
        ("2026-07-10T21:40:05+02:00", "2026-07-10T19:40:05+00:00"),
        ("2026-07-10 21:40Z", "2026-07-10T21:40:00+00:00"),
        # The clocks go forward over it: as if they had not yet.
        ("2026-03-29 01:30", "2026-03-29T01:30:00+00:00"),
        # It comes twice that night: the first is meant.
        ("2025-10-26 01:30", "2025-10-26T00:30:00+00:00"),
    ],
)
def test_times_are_the_company_s_unless_they_name_a_zone(command, written, utc):
    assert command(lines(LINE.replace("2026-03-10 21:40", written))).code == 0
    assert Order.objects.get().closed_at.isoformat() == utc


def test_dates_that_can_be_read_in_two_ways_are_asked_about(command):
    content = lines(LINE.replace("2026-03-10 21:40", "03/04/2026 21:40"))
    assert "Choose whether" in command(content, "--json").answer["errors"][0]["reason"]
    assert command(content, "--dates", "mdy").code == 0
    assert Order.objects.get().closed_at.month == 3


# -- Receipts without a guest -------------------------------------------------------------------


def test_a_receipt_without_a_guest_counts_for_the_restaurant_alone(command, bella):
    """Most receipts of a till name nobody: without them the takings would be wrong."""
    rows = [LINE, "Bella Soho,A-2,,7.50,2026-03-10 22:00"]
    done = command(lines(*rows), "--json")
    assert (done.code, done.answer["state"]) == (0, "done")
    assert counts(done.answer) == {"created": 2, "rows": 2, "new_guests": 1}
    order = Order.objects.get(external_id="A-2")
    assert (order.guest, order.total) == (None, Decimal("7.5"))
    assert ImportJob.objects.get().counts["of_nobody"] == 1


def test_the_answer_in_words_tells_what_was_made_besides_the_orders(command, bella):
    ErasedPhone.objects.create(company=bella, digest=erasure_digest(bella.pk, "+447700900777"))
    rows = [LINE, "Bella Soho,A-2,,7.50,2026-03-10 22:00"]
    said = command(lines(*rows, "Bella Soho,A-3,07700 900777,7.50,2026-03-10 22:00")).said
    for what in ("New guests", "Receipts without a guest", "Receipts of erased guests"):
        assert f"{what}: 1." in said


def test_a_receipt_that_names_nobody_any_more_stays_with_its_guest(command):
    command(GOOD)
    command(lines(LINE.replace(ANNA, "")))
    assert Order.objects.get(restaurant__name="Bella Soho").guest.phone == ANNA


# -- What is left of it -------------------------------------------------------------------------


def test_the_error_file_has_the_lines_to_be_mended(command, tmp_path):
    errors = tmp_path / "errors.csv"
    command(lines(LINE, f"Nowhere,B,{ANNA},1,2026-03-10"), "--partial", "--error-file", str(errors))
    header, line = errors.read_text("utf-8").splitlines()
    assert header == f"{HEADER},What was wrong"
    assert line.startswith(f"Nowhere,B,{ANNA},1,2026-03-10,There is no restaurant")
    mended = errors.read_text("utf-8").replace("Nowhere", "Bella Camden")
    done = command(mended, "--corrects", "1", "--json")
    assert counts(done.answer) == {"created": 1, "rows": 1}


def test_every_line_leaves_a_row_and_the_import_is_listed(command, sign_in, owner):
    command(lines(LINE, LINE, f"Nowhere,B,{ANNA},1,2026-03-10"), "--partial")
    outcomes = list(ImportRow.objects.in_file_order().values_list("line", "outcome"))
    assert outcomes == [(2, 1), (3, 4), (4, 5)]
    client = sign_in(owner)
    assert b"orders.csv" in client.get("/c/bella/imports/").content
    page = client.get("/c/bella/imports/1/result/").content.decode()
    assert "1 order imported into Bella; 1 line was left out." in page
    assert "Overwriting" not in page


# -- Taking it back -----------------------------------------------------------------------------


@pytest.fixture
def undo(bella):
    """Undo import `number`, and return how its lines ended, by line: outcome and notes."""

    def run(number):
        job = ImportJob.objects.get(number=number)
        promised = forecast(job)
        runs.request_undo(job=job, actor=None, source="command", now=timezone.now())
        while job.is_active or job.state != "undone":
            jobs.run(ImportJob, job.pk)
            job.refresh_from_db()
        assert miscounted(bella) == []
        tried = job.rows.filter(undo__isnull=False).in_file_order()
        ended = {
            row.line: (ImportRow.Undo(row.undo).name, [note[0] for note in row.undo_notes or ()])
            for row in tried
        }
        assert promised.orders == sum(name != "KEPT" for name, _notes in ended.values())
        return ended

    return run


def test_undo_takes_back_orders_counters_and_the_guests_they_made(command, undo, settings):
    settings.IMPORT_CHUNK_ROWS = 2
    rows = [f"Bella Soho,{i},{ANNA},10,2026-03-{i + 1:02} 20:00" for i in range(5)]
    command(lines(*rows, "Bella Soho,9,,5,2026-03-09 20:00"))
    assert {name for name, _notes in undo(1).values()} == {"UNDONE"}
    assert not Order.objects.exists()
    assert not Guest.objects.exists()


def test_undo_puts_corrected_orders_back_with_their_guests(command, undo):
    command(GOOD)
    command(lines(LINE.replace("48.50", "50").replace(ANNA, JOHN)))
    assert undo(2) == {2: ("UNDONE", [])}
    order = Order.objects.get(restaurant__name="Bella Soho")
    assert (order.guest.phone, order.total) == (ANNA, Decimal("48.5"))
    totals = dict(Guest.objects.values_list("phone", "orders_total"))
    assert totals == {ANNA: Decimal("48.5"), JOHN: Decimal(12)}


def test_undo_leaves_what_was_corrected_since(command, undo):
    command(GOOD)
    command(lines(LINE.replace("48.50", "50")))
    assert undo(1) == {2: ("KEPT", ["order_changed"]), 3: ("UNDONE", [])}
    assert set(Guest.objects.values_list("phone", flat=True)) == {ANNA}


def test_undo_keeps_a_guest_whom_somebody_touched(command, undo):
    command(GOOD)
    Guest.objects.filter(phone=JOHN).update(version=2)
    assert undo(1) == {2: ("UNDONE", []), 3: ("IN_PART", ["guest_changed"])}
    assert list(Guest.objects.values_list("phone", "orders_count")) == [(JOHN, 0)]


def test_undo_follows_a_guest_who_was_merged_since(command, undo, bella, owner):
    command(GOOD)
    anna, john = Guest.objects.get(phone=ANNA), Guest.objects.get(phone=JOHN)
    merge_guests(
        company=bella,
        kept=john,
        merged=anna,
        choices={},
        kept_version=john.version,
        merged_version=anna.version,
        actor=owner,
        source="web",
        now=timezone.now(),
    )
    assert undo(1)[2] == ("IN_PART", ["guest_merged"]), "the way to the kept guest stays"
    assert not Order.objects.exists()


def test_the_history_says_file_and_line_of_whom_an_order_made(command, sign_in, owner):
    command(GOOD)
    anna = Guest.objects.get(phone=ANNA)
    command(lines(f"Bella Soho,A-7,{ANNA},10,2026-04-10 20:00"), name="later.csv")
    page = sign_in(owner).get(f"/c/bella/guests/{anna.pk}/history/").content.decode()
    assert "created this guest by the orders of" in page
    assert "orders.csv, line 2" in page
    assert "later.csv" not in page, "a visit is no change of the record: it is among the orders"
    orders = sign_in(owner).get(f"/c/bella/guests/{anna.pk}/orders/").content.decode()
    assert "later.csv, line 2" in orders


# -- Others at the same time --------------------------------------------------------------------


def test_a_chunk_that_others_broke_is_matched_again(command, monkeypatch):
    write, calls = stage.write_orders, []

    def late(**kwargs):
        calls.append(1)
        if len(calls) == 1:
            raise Crossed
        return write(**kwargs)

    monkeypatch.setattr(stage, "write_orders", late)
    assert counts(command(GOOD, "--json").answer)["created"] == 2
    assert len(calls) == 2


def test_one_line_that_cannot_be_written_costs_no_other(command, monkeypatch):
    write = stage.write_orders

    def refuse(orders, **kwargs):
        if any(order.total == 12 for order in orders):
            raise Crossed
        return write(orders=orders, **kwargs)

    monkeypatch.setattr(stage, "write_orders", refuse)
    done = command(GOOD, "--partial", "--json")
    assert done.code == 1
    assert counts(done.answer) == {
        "created": 1, "failed": 1, "rows": 2, "new_guests": 1,
    }  # fmt: skip


def test_what_was_imported_stands_in_the_activity(command, bella):
    command(GOOD)
    change = Change.objects.get(action="import")
    assert change.company == bella
    assert change.values == {"file": [None, "orders.csv"]}
