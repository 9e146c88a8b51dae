"""The pages that ask before many guests are changed, and the receipts: who may, what they say."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.models import Change, Job
from guests.models import BulkChange, Category, Guest, GuestCategory, MemberTier
from guests.services import bulk_changes
from guests.services.tiers import delete_tier
from guests.web import consequences
from tests.guests.crowds import active, confirmed, crowd, inside, touch, undo

pytestmark = pytest.mark.django_db

Action, State = BulkChange.Action, Job.State


@pytest.fixture
def vip(bella):
    return Category.objects.create(company=bella, name="VIP")


def text_of(answer):
    """Return what a page says, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def seen_in(answer):
    return answer.context["form"]["seen"].value()


def hidden_in(answer):
    """Return what the page that asks carries unseen: the set's mark, and its own."""
    form = answer.context["form"]
    return {name: form[name].value() for name in ("seen", "ref")}


def confirm(client, address, **data):
    """Open the page that asks and send its form; return the answer to that."""
    asked = client.get(address)
    assert asked.status_code == 200, asked
    return client.post(address, {"seen": seen_in(asked), **data}, follow=True)


# -- Asking


def test_the_page_says_who_is_meant_how_many_and_what_hangs_on_them(sign_in, bella, manager):
    crowd(bella, 7, last_name="Mark")
    crowd(bella, 93, first=10)
    said = text_of(sign_in(manager).get("/c/bella/guests/delete/?q=mark&sort=name"))
    assert "Delete 7 guests?" in said
    assert "Search: “mark”" in said
    assert "and 2 more" in said
    assert "Delete 7 guests in Bella" in said
    assert "No filter is on" not in said


def test_without_a_filter_the_page_says_that_it_is_everybody(sign_in, bella, manager):
    crowd(bella, 3)
    said = text_of(sign_in(manager).get("/c/bella/guests/delete/"))
    assert "No filter is on: these are all guests of Bella that the list shows." in said


def test_whom_a_change_leaves_out_because_they_are_so_already_is_said(sign_in, bella, manager):
    ids = crowd(bella, 22)
    Guest.objects.filter(pk__in=ids[:1]).update(is_active=False)
    client = sign_in(manager)
    said = text_of(client.get("/c/bella/guests/delete/?inactive=1"))
    assert "Delete 21 guests?" in said
    assert "1 of 22 is deleted already." in said
    assert "21 of 22 are active already." in text_of(
        client.get("/c/bella/guests/restore/?inactive=1")
    )
    ticked = f"?guest={ids[0]}&guest={ids[1]}"
    assert "1 of 2 is deleted already." in text_of(client.get(f"/c/bella/guests/delete/{ticked}"))
    # Where the list shows no deleted ones, there are none to speak of.
    for address in ("delete/", "categorise/?do=add&inactive=1"):
        assert "already." not in text_of(client.get(f"/c/bella/guests/{address}"))


def test_what_hangs_on_guests_is_told_by_other_apps(sign_in, bella, manager, monkeypatch):
    monkeypatch.setattr(consequences, "_tellers", [])
    consequences.register(lambda guests, company: [f"{guests.count()} of {company} hold points."])
    crowd(bella, 3)
    client = sign_in(manager)
    assert "3 of Bella hold points." in text_of(client.get("/c/bella/guests/delete/"))
    assert "hold points" not in text_of(client.get("/c/bella/guests/categorise/?do=add"))


def test_deleting_leads_to_the_receipt(sign_in, bella, manager):
    ids = crowd(bella, 2, last_name="Mark") + crowd(bella, 20, first=10)
    answer = confirm(sign_in(manager), "/c/bella/guests/delete/?q=mark")
    assert answer.redirect_chain[-1][0] == "/c/bella/guests/changes/1/"
    assert "2 guests were deleted." in text_of(answer)
    assert "Undo for 2 guests" in text_of(answer)
    assert active(bella) == set(ids[2:])
    change = BulkChange.objects.get()
    assert (change.actor, change.words) == (manager, ["Search: “mark”"])
    assert Change.objects.get(subject="guests.bulkchange").source == "web"


@pytest.mark.parametrize(
    ("address", "deleted"),
    [
        ("delete/?q=mark", False),
        ("restore/?q=mark&inactive=1", True),
        ("categorise/?do=add&q=mark", False),
        ("categorise/?do=remove&q=mark", False),
    ],
)
def test_a_page_that_is_sent_twice_leads_to_the_receipt_of_the_first(
    sign_in, bella, manager, vip, address, deleted
):
    ids = crowd(bella, 3, last_name="Mark") + crowd(bella, 30, first=10)
    Guest.objects.filter(pk__in=ids).update(is_active=not deleted)
    GuestCategory.objects.bulk_create(
        GuestCategory(company=bella, category=vip, guest_id=pk) for pk in ids if "remove" in address
    )
    client, url = sign_in(manager), f"/c/bella/guests/{address}"
    sent = hidden_in(client.get(url)) | {"category": vip.pk}
    answers = [client.post(url, sent) for _twice in range(2)]
    assert [answer.url for answer in answers] == ["/c/bella/guests/changes/1/"] * 2
    assert BulkChange.objects.get().changed == 3


def test_what_is_chosen_on_a_page_that_was_sent_is_not_done_and_that_is_said(
    sign_in, bella, manager
):
    gold = MemberTier.objects.create(company=bella, name="Gold", rank=1)
    silver = MemberTier.objects.create(company=bella, name="Silver", rank=0)
    crowd(bella, 3, last_name="Mark")
    crowd(bella, 30, first=10)
    client, url = sign_in(manager), "/c/bella/guests/set-tier/?q=mark"
    sent = hidden_in(client.get(url))
    first = client.post(url, sent | {"tier": gold.pk}, follow=True)
    assert "Nothing was done now." not in text_of(first)
    second = client.post(url, sent | {"tier": silver.pk}, follow=True)
    assert "3 guests have the tier “Gold” now." in text_of(second)
    assert "Nothing was done now." in text_of(second)
    assert not Guest.objects.filter(member_tier=silver).exists()


def test_a_large_set_that_is_sent_twice_waits_once(sign_in, bella, manager, vip, monkeypatch):
    monkeypatch.setattr(bulk_changes, "LARGE", 2)
    crowd(bella, 3, last_name="Mark")
    crowd(bella, 30, first=10)
    client, url = sign_in(manager), "/c/bella/guests/delete/?q=mark"
    sent = hidden_in(client.get(url))
    assert [client.post(url, sent).url for _twice in range(2)] == ["/c/bella/guests/changes/1/"] * 2


def test_a_page_that_others_sent_leads_them_alone_to_its_receipt(sign_in, bella, manager, owner):
    crowd(bella, 3, last_name="Mark")
    crowd(bella, 30, first=10)
    url = "/c/bella/guests/delete/?q=mark"
    client = sign_in(manager)
    sent = hidden_in(client.get(url))
    client.post(url, sent)
    assert "There is nobody to delete." in text_of(sign_in(owner).post(url, sent))


def test_a_tier_is_chosen_and_set(sign_in, bella, operator):
    gold = MemberTier.objects.create(company=bella, name="Gold", rank=1)
    ids = crowd(bella, 30)
    client = sign_in(operator)
    listed = client.get("/c/bella/guests/?sort=name").content.decode()
    assert 'formaction="/c/bella/guests/set-tier/"' in listed
    address = f"/c/bella/guests/set-tier/?guest={ids[0]}&guest={ids[1]}"
    assert "Set the tier of 2 guests in Bella" in text_of(client.get(address))
    assert "Choose the tier." in text_of(confirm(client, address))
    answer = confirm(client, address, tier=gold.pk)
    assert "2 guests have the tier “Gold” now." in text_of(answer)
    assert "Undo for 2 guests" in text_of(answer)
    again = confirm(client, address, tier=gold.pk)
    assert "All of them have the tier “Gold” already." in text_of(again)
    said = text_of(client.get(f"/c/bella/guests/{ids[0]}/history/"))
    assert "gave this guest the tier “Gold” in bulk change 1" in said
    answer = confirm(client, address, tier="none")
    assert "2 guests have no tier now." in text_of(answer)
    undone = client.post("/c/bella/guests/changes/2/undo/", follow=True)
    assert "Undone: all 2 guests are as before." in text_of(undone)
    assert Guest.objects.filter(member_tier=gold).count() == 2
    said = text_of(client.get(f"/c/bella/guests/{ids[0]}/history/"))
    assert "gave this guest the former tier back by undoing bulk change 2" in said


def test_the_tier_next_door_is_none(sign_in, bella, roma, operator):
    theirs = MemberTier.objects.create(company=roma, name="Oro")
    ids = crowd(bella, 30)
    answer = confirm(sign_in(operator), f"/c/bella/guests/set-tier/?guest={ids[0]}", tier=theirs.pk)
    assert "Choose one of those that are offered." in text_of(answer)
    assert BulkChange.objects.count() == 0


def test_the_receipt_of_a_tier_says_what_each_had_before(sign_in, bella, operator):
    gold, silver, black = (
        MemberTier.objects.create(company=bella, name=name) for name in ("Gold", "Silver", "Black")
    )
    ids = crowd(bella, 30)
    Guest.objects.filter(pk=ids[0]).update(member_tier=silver)
    Guest.objects.filter(pk=ids[1]).update(member_tier=black)
    client = sign_in(operator)
    address = "&".join(f"guest={pk}" for pk in ids[:3])
    confirm(client, f"/c/bella/guests/set-tier/?{address}", tier=gold.pk)
    delete_tier(tier=black, actor=None, source="web", now=timezone.now())
    answer = client.get("/c/bella/guests/changes/1/")
    told = [row["tier_before"] for row in answer.context["rows"]]
    assert told == ["Silver", "Deleted since", None]
    assert "Tier before" in text_of(answer)


def test_ticked_rows_are_meant_alone(sign_in, bella, manager):
    ids = crowd(bella, 30)
    confirm(sign_in(manager), f"/c/bella/guests/delete/?guest={ids[0]}&guest={ids[4]}")
    assert active(bella) == set(ids) - {ids[0], ids[4]}


@pytest.mark.parametrize("typed", ["", "29", "31", "thirty", "3", "300"])
def test_a_wrong_number_changes_nothing(sign_in, bella, manager, typed):
    ids = crowd(bella, 30)
    answer = confirm(sign_in(manager), "/c/bella/guests/delete/", typed=typed)
    assert "Type 30 to confirm that so many guests are meant." in text_of(answer)
    assert active(bella) == set(ids)
    assert BulkChange.objects.count() == 0


@pytest.mark.parametrize("typed", ["1200", "1,200", " 1 200 ", "1.200"])
def test_the_number_may_be_typed_as_it_is_read(sign_in, bella, manager, typed):
    crowd(bella, 1_200)
    confirm(sign_in(manager), "/c/bella/guests/delete/", typed=typed)
    assert active(bella) == set()


def test_a_small_share_is_not_typed(sign_in, bella, manager):
    ids = crowd(bella, 30)
    client = sign_in(manager)
    assert "to go on" not in text_of(client.get(f"/c/bella/guests/delete/?guest={ids[0]}"))
    assert "Type 30 to go on" in text_of(client.get("/c/bella/guests/delete/"))


def test_when_others_are_meant_by_now_it_asks_again(sign_in, bella, manager):
    ids = crowd(bella, 10)
    client = sign_in(manager)
    seen = seen_in(client.get("/c/bella/guests/delete/"))
    late = crowd(bella, 2, first=50)
    answer = client.post("/c/bella/guests/delete/", {"seen": seen, "typed": "10"})
    said = text_of(answer)
    assert "The guests have changed since you looked. Nothing was done" in said
    assert "Delete 12 guests?" in said
    assert active(bella) == {*ids, *late}
    # The new number is typed anew, and then it is done.
    answer = client.post("/c/bella/guests/delete/", {"seen": seen_in(answer), "typed": "12"})
    assert answer.status_code == 302
    assert active(bella) == set()


def test_when_they_change_at_the_very_last_moment_it_asks_again(
    sign_in, bella, manager, monkeypatch
):
    ids = crowd(bella, 10)
    client = sign_in(manager)
    seen = seen_in(client.get("/c/bella/guests/delete/"))
    reserve = bulk_changes.bulk.reserve_ids

    def late(model, count):
        monkeypatch.setattr(bulk_changes.bulk, "reserve_ids", reserve)
        Guest.objects.filter(pk=ids[0]).update(is_active=False)
        return reserve(model, count)

    monkeypatch.setattr(bulk_changes.bulk, "reserve_ids", late)
    answer = client.post("/c/bella/guests/delete/", {"seen": seen, "typed": "10"})
    assert "Delete 9 guests?" in text_of(answer)
    assert BulkChange.objects.count() == 0


@pytest.mark.parametrize("ref", ["", "x", "9" * 99])
def test_without_a_name_of_its_own_a_page_sent_twice_finds_nobody_left(
    sign_in, bella, manager, ref
):
    crowd(bella, 10)
    client = sign_in(manager)
    seen = seen_in(client.get("/c/bella/guests/delete/"))
    for _ in range(2):
        sent = {"seen": seen, "typed": "10", "ref": ref}
        answer = client.post("/c/bella/guests/delete/", sent)
    assert "No active guests on this list" in text_of(answer)
    assert BulkChange.objects.count() == 1


def test_nobody_is_said_with_what_to_do(sign_in, bella, manager):
    crowd(bella, 2)
    client = sign_in(manager)
    said = text_of(client.get("/c/bella/guests/restore/"))
    assert "Turn on “Show inactive”, press Update, then restore." in said
    said = text_of(client.get("/c/bella/guests/restore/?inactive=on"))
    assert "All of them are active." in said
    said = text_of(client.get("/c/bella/guests/delete/?age_from=old"))
    assert "These filters cannot be read" in said


def test_a_category_is_chosen_and_the_guests_are_put_into_it(sign_in, bella, operator, vip):
    ids = crowd(bella, 30)
    client = sign_in(operator)
    address = f"/c/bella/guests/categorise/?do=add&guest={ids[0]}&guest={ids[1]}"
    answer = confirm(client, address)
    assert "Choose the category." in text_of(answer)
    answer = confirm(client, address, category=vip.pk)
    assert "2 guests were added to “VIP”." in text_of(answer)
    assert inside(vip) == set(ids[:2])
    answer = confirm(client, address, category=vip.pk)
    assert "All of them are in “VIP” already." in text_of(answer)
    assert BulkChange.objects.count() == 1


def test_the_category_that_is_filtered_by_is_the_one_to_leave(sign_in, bella, operator, vip):
    crowd(bella, 30)
    confirmed(bella, Action.ADD_CATEGORY, category=vip)
    address = f"/c/bella/guests/categorise/?do=remove&category={vip.pk}"
    page = sign_in(operator).get(address)
    assert page.context["form"]["category"].value() == str(vip.pk)


def test_another_companys_category_is_no_choice(sign_in, bella, roma, operator):
    theirs = Category.objects.create(company=roma, name="Secret")
    ids = crowd(bella, 30)
    address = f"/c/bella/guests/categorise/?do=add&guest={ids[0]}"
    answer = confirm(sign_in(operator), address, category=theirs.pk)
    assert "Secret" not in text_of(answer)
    assert inside(theirs) == set()


# -- The receipt


def test_undo_on_the_receipt_says_what_it_cannot_put_back(sign_in, bella, manager):
    ids = crowd(bella, 6)
    change = confirmed(bella, Action.DELETE)
    touch(ids[2])
    client = sign_in(manager)
    said = text_of(client.get("/c/bella/guests/changes/1/"))
    assert "Undo for 5 guests" in said
    assert "1 was changed since and stays." in said
    answer = client.post("/c/bella/guests/changes/1/undo/", follow=True)
    said = text_of(answer)
    assert "Undone: 5 of 6 guests are as before." in said
    assert "Not put back" in said
    assert [row["note"] for row in answer.context["rows"]] == ["Changed since"]
    assert answer.context["rows"][0]["guest"].pk == ids[2]
    change.refresh_from_db()
    assert change.undone_by == manager


def test_a_second_undo_says_that_it_is_undone_already(sign_in, bella, manager):
    ids = crowd(bella, 3)
    confirmed(bella, Action.DELETE)
    client = sign_in(manager)
    client.post("/c/bella/guests/changes/1/undo/")
    answer = client.post("/c/bella/guests/changes/1/undo/", follow=True)
    assert "This change is undone already, or under way" in text_of(answer)
    assert active(bella) == set(ids)


def test_without_its_category_the_receipt_offers_no_undo(sign_in, bella, manager, vip):
    crowd(bella, 3)
    confirmed(bella, Action.ADD_CATEGORY, category=vip)
    vip.delete()
    client = sign_in(manager)
    said = text_of(client.get("/c/bella/guests/changes/1/"))
    assert "3 guests were added to “VIP”." in said
    assert "The category was deleted: while it is gone, this cannot be undone." in said
    assert "Undo for" not in said
    answer = client.post("/c/bella/guests/changes/1/undo/", follow=True)
    assert answer.status_code == 200
    assert Guest.objects.for_company(bella).active().count() == 3


def test_a_large_change_shows_its_progress_and_can_be_stopped(sign_in, bella, manager, monkeypatch):
    monkeypatch.setattr(bulk_changes, "LARGE", 10)
    crowd(bella, 40)
    client = sign_in(manager)
    answer = confirm(client, "/c/bella/guests/delete/", typed="40")
    assert "It starts as soon as a worker is free." in text_of(answer)
    BulkChange.objects.update(state=State.RUNNING, done=20, started_at=timezone.now())
    polled = client.get("/c/bella/guests/changes/1/", headers={"HX-Request": "true"})
    assert "20 of 40 guests" in text_of(polled)
    assert "<html" not in polled.content.decode()
    said = text_of(client.post("/c/bella/guests/changes/1/stop/", follow=True))
    assert "Stopping…" in said
    assert BulkChange.objects.get().stop_asked
    BulkChange.objects.update(state=State.STOPPED, changed=20, finished_at=timezone.now())
    polled = client.get("/c/bella/guests/changes/1/", headers={"HX-Request": "true"})
    assert polled.headers["HX-Redirect"] == "/c/bella/guests/changes/1/"
    said = text_of(client.get("/c/bella/guests/changes/1/"))
    assert "20 guests were deleted." in said
    assert "20 were not reached." in said


def test_all_changes_are_listed_with_who_and_which_filters(sign_in, bella, manager, vip):
    crowd(bella, 3)
    confirmed(bella, Action.DELETE, "q=guest", actor=manager)
    confirmed(bella, Action.RESTORE, "inactive=on")
    said = text_of(sign_in(manager).get("/c/bella/guests/changes/"))
    assert said.index("#2 Restore") < said.index("#1 Delete")
    assert "Search: “guest”" in said
    assert "Command line" in said


# -- Who may

#: Each page, with what one must be allowed: to delete and restore, or to change guests.
PAGES = {
    ("get", "delete/"): "outlet_setup",
    ("post", "delete/"): "outlet_setup",
    ("get", "restore/?inactive=on"): "outlet_setup",
    ("post", "restore/?inactive=on"): "outlet_setup",
    ("get", "categorise/?do=add"): "change_guest",
    ("post", "categorise/?do=remove"): "change_guest",
    ("get", "changes/"): "change_guest",
    ("get", "changes/1/"): "change_guest",
    ("post", "changes/1/stop/"): "outlet_setup",
    ("post", "changes/1/undo/"): "outlet_setup",
    ("post", "changes/2/undo/"): "change_guest",
}
MAY = {
    "owner": {"outlet_setup", "change_guest"},
    "manager": {"outlet_setup", "change_guest"},
    "operator": {"change_guest"},
    "host": set(),
}


@pytest.fixture
def two_changes(bella, vip):
    """A deletion, and then a change of category."""
    crowd(bella, 6)
    confirmed(bella, Action.DELETE, f"guest={Guest.objects.earliest('pk').pk}")
    confirmed(bella, Action.ADD_CATEGORY, category=vip)


def answers(client, company="bella"):
    return {
        (method, page): getattr(client, method)(f"/c/{company}/guests/{page}").status_code
        for method, page in PAGES
    }


@pytest.mark.parametrize("role", MAY)
def test_each_role_opens_what_it_may(request, sign_in, two_changes, role):
    found = answers(sign_in(request.getfixturevalue(role)))
    assert {page for page, status in found.items() if status == 403} == {
        page for page, needed in PAGES.items() if needed not in MAY[role]
    }
    assert 404 not in found.values()


def test_for_an_outsider_nothing_is_there(sign_in, roma, two_changes, outsider):
    client = sign_in(outsider)
    assert set(answers(client).values()) == {404}
    own = answers(client, "roma")
    assert {own["get", "changes/1/"], own["post", "changes/1/undo/"]} == {404}
    assert BulkChange.objects.filter(state=State.UNDONE).count() == 0


def test_whoever_is_not_signed_in_is_asked_to(client, two_changes):
    assert set(answers(client).values()) == {302}


def test_an_operator_sees_a_deletions_receipt_but_no_button(sign_in, operator, two_changes):
    said = text_of(sign_in(operator).get("/c/bella/guests/changes/1/"))
    assert "1 guest was deleted." in said
    assert "Undo for" not in said


def test_asking_by_get_changes_nothing(sign_in, bella, manager, two_changes):
    before = active(bella)
    client = sign_in(manager)
    for address in ("changes/1/undo/", "changes/1/stop/"):
        assert client.get(f"/c/bella/guests/{address}").status_code == 405
    client.get("/c/bella/guests/delete/?seen=1&typed=5")
    assert active(bella) == before


# -- Queries


@pytest.mark.parametrize(
    "page", ["delete/", "categorise/?do=add", "changes/", "changes/1/", "changes/2/"]
)
def test_a_page_asks_the_database_a_fixed_number_of_times(
    sign_in, bella, manager, two_changes, page
):
    client = sign_in(manager)
    counts = []
    for first in (100, 200):
        crowd(bella, 60, first=first)
        category = Category.objects.create(company=bella, name=f"Category {first}")
        confirmed(bella, Action.ADD_CATEGORY, category=category)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/c/bella/guests/{page}").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 20


def test_undoing_with_the_service_is_what_the_page_shows(bella, manager, sign_in):
    crowd(bella, 3)
    undo(confirmed(bella, Action.DELETE), manager)
    said = text_of(sign_in(manager).get("/c/bella/guests/changes/1/"))
    assert "Undone: all 3 guests are as before." in said
    assert f"Undone by {manager}" in said
