"""Balances on the web: who may, what is asked, who approves; and what guests are told."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core import mail as outbox
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.models import Change, OutgoingMail
from core.services import mail as mails
from guests.models import Category, Guest
from guests.services import merge_choices
from imports.columns import BALANCES
from imports.models import ImportJob
from imports.pipeline.money import ENOUGH
from loyalty.models import Account, Program, Terms
from tests.conftest import _member
from tests.guests import cast
from tests.imports.trips import received, start, undone
from tests.imports.web import page, worked

pytestmark = pytest.mark.django_db

ANNA, BORIS = "+442079460958", "+442079460959"
GOOD = f"phone,amount,currency\n{ANNA},5,GBP\n{BORIS},6.50,GBP\n"


@pytest.fixture(autouse=True)
def points(bella):
    now = timezone.now()
    Guest.objects.create(
        company=bella, phone=ANNA, first_name="Anna", email="anna@example.com", registered_at=now
    )
    Guest.objects.create(company=bella, phone=BORIS, first_name="Boris", registered_at=now)
    return Program.objects.create(
        company=bella, name="Points", code="points", currency="GBP", is_default=True
    )


def upload(client, content=GOOD):
    file = SimpleUploadedFile("balances.csv", content.encode())
    answer = client.post("/c/bella/imports/balances/new/", {"file": file})
    assert answer.status_code == 302, answer.content.decode()
    return ImportJob.objects.latest("pk")


def check(client, job, **rules):
    """Go on from the columns, and do what the worker would."""
    columns = {f"column_{n}": key for n, key in enumerate(job.mapping, start=1)}
    client.post(page(job, "columns"), {**columns, "action": "check"})
    job = worked(job)
    return job, client.get(page(job, "check")).content.decode()


def post(client, job, action, **rules):
    data = {"mode": "topup", "results_to": "", "action": action, **rules}
    return client.post(page(job, "check"), data, follow=True)


def balance(phone):
    account = Account.objects.filter(guest__phone=phone).first()
    return account and account.balance


def test_a_manager_brings_balances_in(sign_in, manager):
    client = sign_in(manager)
    job, shown = check(client, upload(client))
    assert "11.50" in shown
    assert "£" not in shown
    assert "Import 2 balances into Bella" in shown
    post(client, job, "import")
    job = worked(job)
    assert (job.state, balance(ANNA), balance(BORIS)) == ("done", Decimal(5), Decimal("6.5"))
    ledger = client.get(f"/c/bella/guests/{Guest.objects.get(phone=ANNA).pk}/ledger/")
    (line,) = ledger.context["lines"]
    assert (line.what, line.reason) == ("Credit · Import", "")
    shown = client.get(page(job, "result")).content.decode()
    assert "2 balances imported into Bella" in shown
    assert "11.50" in shown


def test_default_categories_of_guests_are_no_rules_of_balances(bella, sign_in, manager):
    Category.objects.create(company=bella, name="Newsletter", is_default=True)
    client = sign_in(manager)
    job, _shown = check(client, upload(client))
    assert "checked again" not in post(client, job, "import").content.decode()
    assert worked(job).state == "done"


def test_an_operator_may_not_not_even_what_a_manager_uploaded(sign_in, manager, operator):
    job = upload(sign_in(manager))
    client = sign_in(operator)
    assert client.get("/c/bella/imports/balances/new/").status_code == 403
    assert client.get("/c/bella/imports/balances/template.csv").status_code == 403
    for name in ("columns", "check"):
        assert client.get(page(job, name)).status_code == 403
        assert client.post(page(job, name), {"action": "import"}).status_code == 403
    assert "Import balances" not in client.get("/c/bella/imports/").content.decode()


def test_another_company_gets_404(sign_in, manager, outsider):
    job = upload(sign_in(manager))
    client = sign_in(outsider)
    assert client.get("/c/bella/imports/balances/new/").status_code == 404
    assert client.get(page(job, "check")).status_code == 404


def test_an_operator_is_not_offered_the_columns_of_credits(sign_in, operator):
    client = sign_in(operator)
    file = SimpleUploadedFile("guests.csv", b"phone,Bonus points\n+442079460958,5\n")
    client.post("/c/bella/imports/new/", {"file": file})
    job = ImportJob.objects.latest("pk")
    assert job.mapping == ["phone", "credit_amount"]
    shown = client.get(page(job, "columns"))
    assert shown.status_code == 403


def test_a_repetition_is_asked_about(sign_in, manager):
    client = sign_in(manager)
    job, _shown = check(client, upload(client))
    post(client, job, "import")
    worked(job)
    again, shown = check(client, upload(client, GOOD + "\n"))
    assert "100% of these credits were given by import 1" in shown
    assert "Import 2 balances" not in shown
    post(client, again, "import")
    assert ImportJob.objects.get(pk=again.pk).state == "draft"
    shown = post(client, again, "again").content.decode()
    assert "Import 2 balances" in shown
    post(client, again, "import")
    worked(again)
    assert balance(ANNA) == Decimal(10)


def test_a_repetition_of_debits_alone_is_asked_about(sign_in, manager):
    client = sign_in(manager)
    job, _shown = check(client, upload(client))
    post(client, job, "import")
    worked(job)
    debits = f"phone,amount,currency\n{ANNA},-1,GBP\n"
    job, _shown = check(client, upload(client, debits))
    post(client, job, "import")
    worked(job)
    _again, shown = check(client, upload(client, debits + "\n"))
    assert "100% of these credits and debits were posted by import 2" in shown
    assert "The same: post only what is new" in shown
    assert "Import 1 balances" not in shown


def test_above_the_limit_a_second_person_starts_it(bella, sign_in, manager, owner):
    Terms.objects.create(company=bella, adjustment_limit=Decimal(10))
    client = sign_in(owner)
    job, shown = check(client, upload(client))
    assert "Ask for approval" in shown
    assert "nobody else in" in shown
    assert "get an e-mail" not in shown
    post(client, job, "import")
    assert ImportJob.objects.get(pk=job.pk).state == "draft"
    second = _member(bella, "Otto", "owner")
    shown = client.get(page(job, "check")).content.decode()
    assert "a second person has to approve it" in shown
    assert "get an e-mail" in shown
    post(client, job, "ask")
    sent = OutgoingMail.objects.filter(kind="import-approval")
    assert [mail.to for mail in sent] == [second.email]
    # Never by oneself, and not by whoever may not approve.
    for user in (owner, manager):
        post(sign_in(user), job, "import")
        assert ImportJob.objects.get(pk=job.pk).state == "draft"
    other = sign_in(second)
    assert "Approve:" in other.get(page(job, "check")).content.decode()
    post(other, job, "import")
    job = worked(job)
    assert (job.state, job.actor, job.approved_by) == ("done", owner, second)


def test_above_the_limit_a_second_person_takes_it_back(bella, sign_in, manager, owner):
    client = sign_in(manager)
    job, _shown = check(client, upload(client))
    post(client, job, "import")
    worked(job)
    limit = Terms.objects.create(company=bella, adjustment_limit=Decimal(10))
    address = page(job, "undo")
    # Not whoever started it, nor anybody who may not approve.
    for user in (manager, _member(bella, "Otto", "manager")):
        other = sign_in(user)
        shown = other.get(address).content.decode()
        assert "This import moved more than one person may." in shown
        assert "confirm-button" not in shown
        assert other.post(address, {"typed": "2"}).status_code == 200
        assert ImportJob.objects.get(pk=job.pk).state == "done"
    shown = sign_in(owner).get(address).content.decode()
    assert "more than one person may" not in shown
    sign_in(owner).post(address, {"typed": "2"})
    assert worked(job).state == "undone"
    assert not Account.objects.exclude(balance=0).exists()
    # Up to the limit one is enough.
    limit.adjustment_limit = Decimal(1_000)
    limit.save()
    job, _shown = check(client, upload(client))
    post(client, job, "again")
    post(client, worked(job), "import")
    worked(job)
    client.post(page(job, "undo"), {"typed": "2"})
    assert worked(job).state == "undone"


def test_what_is_ticked_beside_the_check_is_asked_for_as_well(bella, sign_in, owner):
    """A message to guests, and rows with errors left out: the second person sees them ticked."""
    Terms.objects.create(company=bella, adjustment_limit=Decimal(10))
    client = sign_in(owner)
    job, _shown = check(client, upload(client))
    post(client, job, "ask", message="on", partial="on", results_to="a@b.example")
    job.refresh_from_db()
    assert job.approval_asked_by == owner
    assert (job.options["message"], job.options["partial"]) == (True, True)
    assert job.results_to == "a@b.example"
    # What was not checked is not asked for.
    shown = post(client, job, "ask", mode="set").content.decode()
    assert "The rules were changed" in shown
    job = worked(job)
    assert (job.options["mode"], job.approval_asked_by) == ("set", None)


def test_changed_rules_are_approved_anew(bella, sign_in, owner):
    Terms.objects.create(company=bella, adjustment_limit=Decimal(10))
    client = sign_in(owner)
    job, _shown = check(client, upload(client))
    second = sign_in(_member(bella, "Otto", "owner"))
    post(client, job, "ask")
    post(client, job, "check", mode="set")
    job = worked(job)
    shown = post(second, job, "import", mode="set").content.decode()
    assert "a second person has to approve it, and nobody is asked to" in shown
    job = ImportJob.objects.get(pk=job.pk)
    assert (job.state, job.approval_asked_by) == ("draft", None)


def test_guests_are_told_and_can_end_it(bella, sign_in, manager, client, settings):
    settings.BASE_URL = ""
    managing = sign_in(manager)
    job, _shown = check(managing, upload(managing))
    shown = post(managing, job, "check", message="on")
    worked(job)
    shown = managing.get(page(job, "check")).content.decode()
    assert "1 e-mail is sent to a guest." in shown
    post(managing, job, "import", message="on")
    worked(job)
    (queued,) = OutgoingMail.objects.filter(kind="credit")
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mails.send(queued.pk)
    (message,) = outbox.outbox
    assert message.to == ["anna@example.com"]
    assert "Bella added 5 points to your Points" in message.body
    anna = Guest.objects.get(phone=ANNA)
    # It is signed with its second, so that another one made now may be another.
    link = message.body.split("No more e-mails: ")[1].split()[0]
    assert message.extra_headers["List-Unsubscribe"] == f"<{link}>"
    asked = client.get(link).content.decode()
    assert "No more e-mails and SMS?" in asked
    # Guests know the restaurants and not us: neither our name nor our mark is on the page.
    assert "<title>Unsubscribe · Bella</title>" in asked
    assert "Regulars" not in asked
    assert "<svg" not in asked
    anna.refresh_from_db()
    assert anna.subscribed
    assert "You are unsubscribed" in client.post(link).content.decode()
    anna.refresh_from_db()
    assert not anna.subscribed
    assert Change.objects.filter(action="unsubscribe_guest", subject_id=anna.pk).count() == 1


def test_who_unsubscribed_meanwhile_is_not_told(sign_in, manager, settings):
    client = sign_in(manager)
    job, _shown = check(client, upload(client))
    post(client, job, "import", message="on")
    worked(job)
    Guest.objects.update(subscribed=False)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mails.send(OutgoingMail.objects.get(kind="credit").pk)
    assert outbox.outbox == []
    assert OutgoingMail.objects.get(kind="credit").state == "failed"


# -- Where the entries came from ------------------------------------------------------------------


@pytest.fixture
def bonus(bella, manager):
    """Anna has five points from line 2 of an import, and Boris 6.50 from line 3."""
    job = received(bella, GOOD, kind=BALANCES, actor=manager)
    return start(job)


def ledger_of(client, phone):
    guest = Guest.objects.get(phone=phone)
    return client.get(f"/c/bella/guests/{guest.pk}/ledger/").content.decode()


def test_an_entry_names_the_line_of_the_import_and_leads_there(sign_in, manager, bonus, points):
    client = sign_in(manager)
    link = f'<a href="/c/bella/imports/{bonus.number}/">import #{bonus.number}, line 3</a>'
    assert f"Credit · {link}" in ledger_of(client, BORIS)
    assert link in client.get(f"/c/bella/programs/{points.pk}/").content.decode()
    undone(bonus)
    shown = ledger_of(client, BORIS)
    assert f"Reversal · {link}" in shown
    assert f"Credit · {link}" in shown


def test_its_undo_and_its_next_file_are_of_balances_and_not_of_guests(sign_in, manager, bonus):
    client = sign_in(manager)
    shown = client.get(page(bonus, "undo")).content.decode()
    assert "Undo 2 credits and debits in Bella" in shown
    assert "The money it moved" in shown
    assert '<td role="cell" class="num card-line" data-label="Credited">11.50</td>' in shown
    assert "Guests removed" not in shown
    assert (
        'href="/c/bella/imports/balances/new/"'
        in client.get(page(bonus, "result")).content.decode()
    )


def test_an_operator_is_led_to_what_an_operator_may_import(sign_in, operator, bonus):
    shown = sign_in(operator).get(page(bonus, "result")).content.decode()
    assert 'href="/c/bella/imports/new/"' in shown
    assert "/imports/balances/new/" not in shown


def test_what_is_far_above_the_others_is_seen_at_once(bella, sign_in, manager):
    """The sums are by program and currency: points of two currencies look alike."""
    Program.objects.create(company=bella, name="Yen", code="yen", currency="JPY", is_default=True)
    rows = [f"{ANNA},5,GBP,{n}\n" for n in range(ENOUGH)] + [f"{ANNA},7,JPY,y\n"]
    client, head = sign_in(manager), "phone,amount,currency,reference\n"
    _job, shown = check(client, upload(client, head + "".join(rows)))
    assert all(f">{currency}</td>" in shown for currency in ("GBP", "JPY"))
    assert '<details class="fold" open>' not in shown
    _job, shown = check(client, upload(client, head + "".join([*rows, f"{ANNA},5000,GBP,f\n"])))
    assert '<details class="fold" open>' in shown
    assert "far above the others" in shown


def test_who_may_not_open_imports_is_told_only_that_it_was_one(sign_in, host, bonus):
    shown = ledger_of(sign_in(host), BORIS)
    assert "Credit · Import" in shown
    assert f"import #{bonus.number}" not in shown
    assert f"/imports/{bonus.number}/" not in shown


def test_entries_of_many_imports_ask_for_no_more(bella, sign_in, manager, bonus):
    client = sign_in(manager)
    ledger_of(client, ANNA)
    with CaptureQueriesContext(connection) as one:
        ledger_of(client, ANNA)
    for amount in range(6, 9):
        start(received(bella, f"phone,amount,currency\n{ANNA},{amount},GBP\n", kind=BALANCES))
    with CaptureQueriesContext(connection) as many:
        shown = ledger_of(client, ANNA)
    assert len(many) == len(one)
    numbers = ImportJob.objects.values_list("number", flat=True)
    assert all(f"import #{number}, line 2" in shown for number in numbers)


# -- What guests are told --------------------------------------------------------------------------


@pytest.fixture
def waiting_mail(sign_in, manager, settings):
    """Anna was credited five points, and her mail has not gone out yet."""
    client = sign_in(manager)
    job, _shown = check(client, upload(client))
    post(client, job, "import", message="on")
    worked(job)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    return OutgoingMail.objects.get(kind="credit")


def _merged_into_boris(bella, **fields):
    """Merge Anna, who was credited, into Boris, who keeps his own e-mail and his own wish."""
    boris = Guest.objects.get(phone=BORIS)
    for name, value in fields.items():
        setattr(boris, name, value)
    boris.save(update_fields=list(fields))
    anna = Guest.objects.get(phone=ANNA)
    boris.company = anna.company = bella
    chosen = dict.fromkeys(merge_choices.FIELDS, "kept")
    cast.merge(boris, anna, **chosen)


def test_of_who_was_merged_meanwhile_the_kept_guest_is_told_once(bella, waiting_mail):
    _merged_into_boris(bella, email="boris@example.com")
    mails.send(waiting_mail.pk)
    mails.send(waiting_mail.pk)
    (message,) = outbox.outbox
    assert message.to == ["boris@example.com"]
    assert "Hello Boris" in message.body
    assert "added 5 points to your Points" in message.body
    assert "You now have 11.50 points" in message.body
    waiting_mail.refresh_from_db()
    assert (waiting_mail.state, waiting_mail.to) == ("sent", "boris@example.com")


@pytest.mark.parametrize("fields", [{"email": ""}, {"email": "b@example.com", "subscribed": False}])
def test_the_kept_guests_own_wish_and_address_decide(bella, waiting_mail, fields):
    _merged_into_boris(bella, **fields)
    mails.send(waiting_mail.pk)
    assert outbox.outbox == []
    waiting_mail.refresh_from_db()
    assert waiting_mail.state == "failed"


def test_a_credit_is_told_to_the_address_that_the_guest_has_by_now(waiting_mail):
    Guest.objects.filter(phone=ANNA).update(email="new@example.com")
    mails.send(waiting_mail.pk)
    assert [message.to for message in outbox.outbox] == [["new@example.com"]]


@pytest.mark.parametrize("token", ["x", "WzEsIDFd:1a:forged"])
def test_a_forged_link_leads_nowhere(client, token):
    assert client.get(f"/unsubscribe/{token}/").status_code == 404


def test_the_mail_with_the_result_tells_the_money(sign_in, manager, settings):
    client = sign_in(manager)
    job, _shown = check(client, upload(client))
    post(client, job, "import", results_to=manager.email)
    worked(job)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mails.send(OutgoingMail.objects.get(kind="import-result").pk)
    (message,) = outbox.outbox
    assert "2 balances imported into Bella" in message.body
    assert "Points: 11.50 credited, 0 debited" in message.body


def test_what_waits_stands_among_the_approvals_and_lapses(bella, sign_in, owner):
    Terms.objects.create(company=bella, adjustment_limit=Decimal(10))
    client = sign_in(owner)
    job, _shown = check(client, upload(client))
    post(client, job, "ask")
    second = sign_in(_member(bella, "Otto", "owner"))
    shown = second.get("/c/bella/approvals/").content.decode()
    assert "Import 1, balances.csv" in shown
    assert "Points: +11.50<" in shown
    asked_at = ImportJob.objects.get(pk=job.pk).approval_asked_at
    lapses_at = (asked_at + timedelta(days=7)).astimezone(ZoneInfo(bella.timezone))
    assert f"Lapses {lapses_at.day} {lapses_at:%b %Y, %H:%M}" in shown
    assert '<span class="bar__count">1</span>' in shown
    # Whoever asked cannot decide, and is not counted.
    assert '<span class="bar__count">' not in client.get("/c/bella/approvals/").content.decode()
    ImportJob.objects.update(approval_asked_at=timezone.now() - timedelta(days=7))
    assert "Import 1" not in second.get("/c/bella/approvals/").content.decode()
    post(second, job, "import")
    assert ImportJob.objects.get(pk=job.pk).state == "draft"
