"""A guest's history: everything that was changed of them, by hand, in bulk and by files."""

import datetime
import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.models import Change
from guests.models import BulkChange, BulkChangeGuest, Card, Category, Guest, MemberTier
from guests.services.bulk_changes import request_undo
from guests.services.merging import undo_merge
from guests.services.records import Draft, create_guest, set_active, update_guest
from guests.views.history_sources import Place
from imports.models import ImportRow
from tests.guests.cast import ANN, ANNA, guest, merge
from tests.guests.crowds import confirmed
from tests.guests.records import text_of
from tests.imports.web import imported, undone

pytestmark = pytest.mark.django_db

START = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)


def at(minute):
    return START + datetime.timedelta(minutes=minute)


def change(anna, actor, minute, *, draft=None, **fields):
    return update_guest(
        company=anna.company, guest=anna, expected=None, draft=draft or Draft(fields), actor=actor,
        source="web", now=at(minute),
    )  # fmt: skip


def bulk(company, actor, action, minute, *guests, category=None, undone=False):
    made = BulkChange.objects.create(
        company=company,
        number=BulkChange.objects.count() + 1,
        action=action,
        actor=actor,
        category=category,
        category_name=category.name if category else "",
    )
    BulkChange.objects.filter(pk=made.pk).update(created_at=at(minute))
    for each in guests:
        BulkChangeGuest.objects.create(
            company=company, change=made, guest=each, version=2, is_undone=undone
        )
    return made


def history(client, anna, query=""):
    return client.get(f"/c/bella/guests/{anna.pk}/history/{query}")


def test_values_are_told_in_words(sign_in, bella, manager, host):
    gold = MemberTier.objects.create(company=bella, name="Gold")
    peter = guest(bella, ANN, first_name="Peter", last_name="Collins")
    vip = Category.objects.create(company=bella, name="VIP")
    anna = create_guest(
        company=bella, draft=Draft({"phone": ANNA, "first_name": "Anna"}), actor=manager,
        source="web", now=at(0),
    )  # fmt: skip
    change(
        anna,
        manager,
        1,
        draft=Draft(
            {
                "birthday": datetime.date(1988, 2, 29),
                "sex": "female",
                "consent": "given",
                "subscribed": False,
                "member_tier_id": gold.pk,
                "referrer_id": peter.pk,
            },
            cards=[("t1", "111")],
            external_ids=["C-1"],
            categories=[vip.pk],
        ),
    )
    said = text_of(history(sign_in(host), anna))
    assert "12:01 Maria changed this guest" in said
    assert "12:00 Maria created this guest" in said
    assert "Telephone +44 20 7946 0958" in said
    for words in (
        "Date of birth 29 Feb 1988",
        "Sex Female",
        "Consent Not known → became Given",
        "Subscribed to e-mails and SMS Yes → became No",
        "Member tier Gold",
        "Referrer Peter Collins",
        "Cards 111 / t1",
        "External IDs C-1",
        "Categories VIP",
    ):
        assert words in said, words


def test_fields_come_in_the_order_of_the_record_on_both_databases(bella, manager, sign_in):
    Category.objects.create(company=bella, name="VIP", is_default=True)
    fields = {"comment": "Window", "email": "a@e.example", "last_name": "P", "first_name": "A"}
    anna = create_guest(
        company=bella, draft=Draft({**fields, "phone": ANNA}, cards=[("t", "1")]), actor=manager,
        source="web", now=at(0),
    )  # fmt: skip
    said = text_of(history(sign_in(manager), anna))
    labels = (
        "Telephone",
        "First name",
        "Last name",
        "E-mail",
        "Comment",
        "Categories VIP",
        "Cards",
    )
    said = said.partition("created this guest")[2]
    places = [said.index(f" {label} ") for label in labels]
    assert places == sorted(places)


def test_to_delete_and_to_restore_have_names_of_their_own(sign_in, bella, manager):
    anna = guest(bella)
    change(anna, manager, 1, is_active=False)
    set_active(
        company=bella, guest=anna, is_active=True, actor=None, source="command", now=at(2)
    )  # fmt: skip
    said = text_of(history(sign_in(manager), anna))
    assert "12:02 Command line restored this guest Active No → became Yes" in said
    assert "12:01 Maria deleted this guest Active Yes → became No" in said


def test_an_undone_deletion_is_told_with_who_and_when(sign_in, bella, manager, owner):
    anna = guest(bella, ANNA)
    made = confirmed(bella, BulkChange.Action.DELETE, f"guest={anna.pk}", actor=manager)
    later = made.created_at + datetime.timedelta(days=2)
    request_undo(change=made, actor=owner, source="web", now=later)
    page = history(sign_in(owner), anna)
    said = text_of(page)
    assert "Olivia brought this guest back by undoing bulk change 1" in said
    assert "Maria deleted this guest in bulk change 1 Undone since." in said
    assert said.index("brought this guest back") < said.index("deleted this guest in")
    days = [day.day for day in page.context["days"]]
    assert (days[0] - days[-1]).days == 2


def test_a_bulk_change_is_told_with_its_receipt(sign_in, bella, manager, host):
    anna, ann = guest(bella), guest(bella, ANN)
    vip = Category.objects.create(company=bella, name="VIP")
    action = BulkChange.Action
    first = bulk(bella, manager, action.DELETE, 1, anna, undone=True)
    bulk(bella, manager, action.ADD_CATEGORY, 2, anna, category=vip)
    bulk(bella, manager, action.RESTORE, 3, ann)
    BulkChangeGuest.objects.create(company=bella, change=first, guest=ann, version=None)
    page = history(sign_in(manager), anna)
    said = text_of(page)
    assert "Maria put this guest into “VIP” in bulk change 2" in said
    assert "Maria deleted this guest in bulk change 1 Undone since." in said
    assert said.index("bulk change 2") < said.index("bulk change 1")
    assert "bulk change 3" not in said
    assert "/c/bella/guests/changes/1/" in page.content.decode()
    # Not carried out for Ann; and a host may not open the receipt.
    other = history(sign_in(host), ann)
    assert "bulk change 3" in text_of(other)
    assert "bulk change 1" not in text_of(other)
    assert "/guests/changes/" not in other.content.decode()


def test_a_line_of_a_file_is_told_with_its_import(sign_in, bella, manager, host):
    anna = guest(bella, "+442079460959", first_name="Ann", email="old@example.com")
    job = imported(bella, manager)
    page = history(sign_in(manager), anna)
    said = text_of(page)
    assert "Maria changed this guest by the import of guests.csv, line 3" in said
    assert "First name Ann → became Anna" in said
    assert "E-mail old@example.com → became anna@example.com" in said
    assert f'href="/c/bella/imports/{job.number}/"' in page.content.decode()
    assert "/imports/" not in history(sign_in(host), anna).content.decode()
    john = Guest.objects.get(first_name="John")
    assert "Maria created this guest by the import of guests.csv, line 2" in text_of(
        history(sign_in(manager), john)
    )


def test_what_a_file_added_is_told_by_name(sign_in, bella, manager):
    anna = guest(bella, "+442079460959", first_name="Anna")
    file = "phone,number_1,categories,id\n+442079460959,111,VIP,C-1\n"
    Category.objects.create(company=bella, name="VIP")
    imported(bella, manager, file)
    row = ImportRow.objects.get(guest=anna)
    assert row.replaced.keys() == {"cards", "categories", "external_ids"}
    said = text_of(history(sign_in(manager), anna))
    assert "Cards 111" in said
    assert "Categories VIP" in said
    assert "External IDs C-1" in said


def test_a_card_that_a_file_made_whole_is_told(sign_in, bella, manager):
    anna = guest(bella, "+442079460959")
    Card.objects.create(company=bella, guest=anna, track="t1")
    imported(bella, manager, "phone,track_1,number_1\n+442079460959,t1,111\n")
    assert "Cards 111 / t1" in text_of(history(sign_in(manager), anna))


def test_an_import_that_was_taken_back_says_so(sign_in, bella, manager):
    anna = guest(bella, "+442079460959", first_name="Ann")
    undone(bella, manager)
    said = text_of(history(sign_in(manager), anna))
    assert "by the import of guests.csv, line 3 Undone since." in said


def test_a_merge_is_told_and_so_is_what_the_other_was_before(sign_in, bella, manager):
    kept, merged = guest(bella, first_name="Anna"), guest(bella, ANN, first_name="Ann")
    change(merged, manager, 1, email="ann@example.com")
    merged.refresh_from_db()
    done = merge(kept, merged, actor=manager, now=at(2))
    said = text_of(history(sign_in(manager), kept))
    assert "Maria merged another guest into this guest" in said
    assert "Maria changed Ann, who was merged into this guest E-mail ann@example.com" in said
    undo_merge(company=bella, merge=done, actor=manager, source="web", now=at(3))
    said = text_of(history(sign_in(manager), kept))
    assert "Maria took a merged guest out of this guest" in said
    assert "who was merged into this guest" not in said


def test_a_merge_leads_to_its_receipt_for_who_may_merge(sign_in, bella, manager, host):
    first, second, last = guest(bella), guest(bella, ANN), guest(bella, "+442079460977")
    merge(second, first, actor=manager, now=at(1))
    second.refresh_from_db()
    done = merge(last, second, actor=manager, now=at(2))
    page = history(sign_in(manager), last).content.decode()
    # Of the first merge the guest who was kept then is no more.
    (receipt,) = re.findall(r'href="([^"]*)">Receipt<', page)
    assert receipt == f"/c/bella/guests/{last.pk}/merges/{done.pk}/"
    assert sign_in(manager).get(receipt).context["can_undo"]
    assert "Receipt" not in text_of(history(sign_in(host), last))


def test_another_guests_history_is_not_told(sign_in, bella, roma, manager):
    anna, ann, other = guest(bella), guest(bella, ANN), guest(roma)
    change(ann, manager, 1, first_name="Ann")
    change(other, None, 1, first_name="Other")
    assert "Nothing is written down of this guest" in text_of(history(sign_in(manager), anna))


# -- Pages


def everything(page):
    """Return what stands in the history of a page."""
    html = page.content.decode()
    return [part.split("</bdi>")[0] for part in html.split("First name</dt>")[1:]]


def test_pages_go_through_everything_once_whatever_happened_at_one_moment(
    sign_in, bella, manager, monkeypatch
):
    monkeypatch.setattr("guests.views.history.PAGE_ENTRIES", 3)
    anna = guest(bella, first_name="v0")
    for number in range(1, 8):
        # Two at a time in the same moment, and a bulk change with them.
        change(anna, manager, number // 2, first_name=f"v{number}")
        bulk(bella, manager, BulkChange.Action.RESTORE, number // 2, anna)
    client, query, seen = sign_in(manager), "", []
    for _page in range(10):
        page = history(client, anna, query)
        html = unescape(page.content.decode())
        seen += [row for row in page.context["days"] for row in row.entries]
        if "after=" not in html:
            break
        query = page.context["pager"]["next"]
    told = [row.rows[0].after if row.rows else row.subject.label for row in seen]
    assert len(told) == len(set(told)) == 14
    moments = [entry.at for entry in seen]
    assert moments == sorted(moments, reverse=True)
    assert [name for name in told if name.startswith("v")] == [f"v{n}" for n in range(7, 0, -1)]


def test_pages_go_back_the_way_they_came(sign_in, bella, manager, monkeypatch):
    monkeypatch.setattr("guests.views.history.PAGE_ENTRIES", 3)
    anna = guest(bella, first_name="v0")
    for number in range(1, 8):
        change(anna, manager, number // 2, first_name=f"v{number}")
        bulk(bella, manager, BulkChange.Action.RESTORE, number // 2, anna)
    client, query, pages = sign_in(manager), "?last", []
    for _page in range(10):
        page = history(client, anna, query)
        pages.append([row for day in page.context["days"] for row in day.entries])
        pager = page.context["pager"]
        if not pager["previous"]:
            break
        assert pager["first"] == "?"
        query = pager["previous"]
    assert pager["first"] == ""
    seen = [row for rows in reversed(pages) for row in rows]
    moments = [entry.at for entry in seen]
    assert moments == sorted(moments, reverse=True)
    assert len(seen) == 14
    assert history(client, anna, "?last").context["pager"]["next"] == ""
    assert history(client, anna, "").context["pager"]["last"] == "?last"


@pytest.mark.parametrize("text", ["", "x", "2026-11-24~1~2~3", "2026-13-45T00:00:00Z~1~2~3", "~~~"])
def test_an_address_that_names_no_place_shows_the_newest(sign_in, bella, manager, text):
    assert Place.read(text) is None
    anna = guest(bella)
    change(anna, manager, 1, first_name="Anna")
    page = sign_in(manager).get(f"/c/bella/guests/{anna.pk}/history/", {"after": text})
    assert "Maria changed this guest" in text_of(page)


def test_a_history_asks_the_database_a_fixed_number_of_times(sign_in, bella, manager):
    anna, ann = guest(bella), guest(bella, ANN)
    gold = MemberTier.objects.create(company=bella, name="Gold")
    imported(bella, manager, "phone,name,number_1\n+442079460958,Anna,1\n+442079460959,Ann,2\n")
    for each, times in ((anna, 1), (ann, 20)):
        for number in range(times):
            change(each, manager, number, first_name=f"v{number}", member_tier_id=gold.pk)
            change(each, manager, number, last_name="x" * number, member_tier_id=None)
            bulk(bella, manager, BulkChange.Action.DELETE, number, each)
    client, counts = sign_in(manager), []
    for each in (anna, ann):
        with CaptureQueriesContext(connection) as queries:
            assert "Gold" in text_of(history(client, each))
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert Change.objects.about(ann).count() == 40
