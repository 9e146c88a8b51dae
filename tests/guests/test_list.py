"""The list of guests: blank first, what an address asks for, what is remembered, who sees what."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from guests.models import (
    Card,
    Category,
    Guest,
    GuestListChoice,
    MemberTier,
    RecentGuest,
    SavedView,
)
from guests.services.recent import KEPT, note_opened
from guests.services.saved_views import save_view
from loyalty.models import Account, Program
from tests.guests.cast import card, guest, put_in
from tests.guests.crowds import crowd

pytestmark = pytest.mark.django_db

LIST = "/c/bella/guests/"


def text(answer):
    """Return what is read of a page: no tags, single spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def listed(answer):
    return [str(row.guest) for row in answer.context["rows"]]


@pytest.fixture
def client(sign_in, manager):
    return sign_in(manager)


@pytest.fixture
def anna(bella):
    return guest(
        bella, first_name="Anna", last_name="Petrova", email="anna@example.com", orders_count=2,
        orders_total=Decimal("30.50"), last_visit_at=datetime(2026, 11, 1, 23, 30, tzinfo=UTC),
    )  # fmt: skip


@pytest.fixture
def points(bella):
    return Program.objects.create(
        company=bella, name="Points", code="points", currency="GBP", is_default=True
    )


# -- Blank, asked, nobody -----------------------------------------------------------------------


def test_the_list_is_blank_until_it_is_asked_for(client, bella, anna):
    answer = client.get(LIST)
    assert "Search, or press Update to see everyone" in text(answer)
    assert "Anna" not in text(answer)


def test_update_without_a_filter_lists_everyone_active(client, bella, roma, anna):
    guest(bella, "+442079460960", first_name="Max", is_active=False)
    guest(roma, "+390612345678", first_name="Rita")
    answer = client.get(LIST, {"q": "", "category": "", "sort": "-last_visit"})
    assert listed(answer) == ["Anna Petrova"]
    assert "1 guest " in text(answer)


def test_the_blank_list_offers_the_five_guests_last_opened(client, bella, roma, manager, owner):
    now = timezone.now()
    for n in range(7):
        each = guest(bella, f"+44207946090{n}", first_name=f"Guest{n}")
        note_opened(manager, each, now + timedelta(minutes=n))
    note_opened(manager, Guest.objects.get(first_name="Guest3"), now + timedelta(hours=1))
    note_opened(owner, Guest.objects.get(first_name="Guest0"), now + timedelta(hours=2))
    note_opened(manager, guest(roma, "+390612345678", first_name="Rita"), now + timedelta(hours=2))
    found = [str(each["guest"]) for each in client.get(LIST).context["recent"]]
    assert found == ["Guest3", "Guest6", "Guest5", "Guest4", "Guest2"]


def test_of_guests_opened_only_the_latest_are_kept(bella, manager):
    now = timezone.now()
    for n, pk in enumerate(crowd(bella, KEPT + 3)):
        note_opened(manager, Guest.objects.get(pk=pk), now + timedelta(minutes=n))
    assert RecentGuest.objects.count() == KEPT
    assert not RecentGuest.objects.filter(opened_at=now).exists()


@pytest.mark.parametrize("query", ["", "?sort=name"])
def test_without_any_guest_the_page_says_where_they_come_from(client, bella, query):
    answer = client.get(LIST + query)
    assert "No guests yet" in text(answer)
    assert "Bring them in from your till" in text(answer)


def test_nobody_found_by_a_letter_or_two_says_where_they_are_looked_for(client, bella, anna):
    assert "found only where a word begins" in text(client.get(LIST, {"q": "nn"}))
    assert "Try fewer words" in text(client.get(LIST, {"q": "nnx"}))


@pytest.mark.parametrize("deleted", [{}, {"inactive": "on"}])
def test_nobody_found_without_a_word_is_told_of_no_words(client, bella, anna, deleted):
    found = text(client.get(LIST, {"orders_from": "3", **deleted}))
    assert "Take a filter away" in found
    assert "fewer words" not in found


def test_nobody_found_says_how_many_filters_and_offers_to_create_the_number(client, bella, anna):
    answer = client.get(LIST, {"q": "07700 900123", "has_email": "true", "orders_from": "3"})
    assert "No guests match these 3 filters" in text(answer)
    assert "Create 07700 900123" in text(answer)
    assert "/c/bella/guests/new/?phone=07700%20900123" in answer.content.decode()
    assert "Create" not in text(client.get(LIST, {"q": "nobody"})).replace("Create guest", "")


def test_a_number_is_offered_as_it_is_dialled_here_or_in_full(client, bella, anna):
    assert "Create 07700 900123" in text(client.get(LIST, {"q": "+447700900123"}))
    assert "Create +39 06 6982 1234" in text(client.get(LIST, {"q": "00390669821234"}))


def test_with_deleted_guests_shown_the_buttons_of_all_carry_no_number(client, bella, anna):
    guest(bella, "+442079460960", is_active=False)
    assert "Delete 1 …" in text(client.get(LIST, {"sort": "name"}))
    for address in ({"inactive": "1"}, {"inactive": "1", "all": "1"}):
        said = text(client.get(LIST, address))
        assert "2 guests" in said
        assert "Delete…" in said
        assert "Restore…" in said
        assert "Delete 2" not in said


def test_a_filter_that_cannot_be_read_lists_nobody_and_says_which(client, bella, anna):
    answer = client.get(LIST, {"age_from": "old"})
    assert answer.context["rows"] == []
    assert "There is a problem" in text(answer)
    assert 'href="#id_age_from"' in answer.content.decode()
    assert 'value="old"' in answer.content.decode()


def test_a_category_that_is_gone_is_told_in_words_and_not_by_its_number(client, bella, anna):
    said = text(client.get(LIST, {"category": "987654"}))
    assert "One of those that were chosen is not there any more" in said
    assert "987654" not in said


def test_what_is_wrong_in_a_menu_of_filters_is_told_in_the_menu_too(client, bella, anna):
    page = client.get(LIST, {"category": "987654"}).content.decode()
    menu = page[page.index('aria-describedby="id_category_error"') :]
    assert "is not there any more" in menu[: menu.index('name="category"')]
    # On a phone, too, where the menus are folded away.
    assert 'id="show-filters" autocomplete="off" checked' in page


@pytest.mark.parametrize("query", ["?page=nonsense", "?sort=nonsense", "?size=7", "?category=x",
                                   "?q=%00", "?program=99", "?q=" + "x" * 300])  # fmt: skip
def test_no_address_breaks_the_page(client, bella, anna, query):
    assert client.get(LIST + query).status_code == 200


# -- What a row shows ---------------------------------------------------------------------------


def test_a_row_shows_every_column_in_words(client, bella, anna, points):
    put_in(anna, "VIP", "Wine", "Press")
    card(anna, "7001")
    Card.objects.create(company=bella, guest=anna, track="T9")
    tier = MemberTier.objects.create(company=bella, name="Gold")
    Guest.objects.update(member_tier=tier, opening_total=Decimal(10), comment="Window")
    Account.objects.create(company=bella, guest=anna, program=points, balance=Decimal("1234.5"))
    GuestListChoice.objects.create(
        company=bella, user_id=client.session["_auth_user_id"], columns=["comment", *"""
        birthday email cards registered categories orders total average_bill last_visit tier
        """.split()],
    )  # fmt: skip
    answer = client.get(LIST, {"program": points.pk})
    row = answer.context["rows"][0]
    cells = {key: " ".join(re.sub("<[^>]+>", " ", html).split()) for key, html in row.cells.items()}
    assert all(html in row.html for html in row.cells.values())
    assert cells.pop("registered")
    assert cells == {
        "phone": "+44 20 7946 0958", "name": "Anna Petrova", "birthday": "–",
        "email": "anna@example.com", "cards": "7001 +1", "comment": "Window",
        "categories": "Press VIP +1", "orders": "2", "total": "£40.50",
        "average_bill": "£15.25", "last_visit": "1 Nov 2026", "tier": "Gold", "balance": "1,234.50",
    }  # fmt: skip


def test_times_are_those_of_the_company(client, bella, anna):
    bella.timezone = "Asia/Tokyo"
    bella.save()
    assert "2 Nov 2026" in text(client.get(LIST, {"sort": "name"}))


def test_a_deleted_guest_is_shown_with_a_badge_when_asked_for(client, bella, anna):
    Guest.objects.update(is_active=False)
    assert "Nobody is active" in text(client.get(LIST, {"sort": "name"}))
    assert "show the deleted ones too" in text(client.get(LIST, {"q": "nobody"}))
    shown = text(client.get(LIST, {"q": "nobody", "inactive": "on"}))
    assert "Deleted ones are looked for, too." in shown
    assert "show the deleted ones" not in shown
    answer = client.get(LIST, {"inactive": "on"})
    assert "Anna Petrova Deleted" in text(answer)
    assert "Restore…" in text(answer)


def test_names_are_escaped(client, bella):
    guest(bella, first_name="<script>alert(1)</script>", email='"><b>@example.com')
    answer = client.get(LIST, {"sort": "name"}).content.decode()
    assert "<script>alert" not in answer
    assert "<b>@" not in answer


# -- Number, pages, order -----------------------------------------------------------------------


def test_the_number_arrives_later_and_is_exact(client, bella):
    crowd(bella, 60)
    first = client.get(LIST, {"sort": "name"})
    assert first.context["count"] is None
    assert "Count them" in text(first)
    fragment = client.get(LIST, {"sort": "name", "count": 1}, headers={"HX-Request": "true"})
    assert text(fragment).startswith("60 guests")
    assert b"<html" not in fragment.content
    assert "60 guests" in text(client.get(LIST, {"sort": "name", "count": 1}))


def test_the_page_itself_does_not_count(client, bella):
    crowd(bella, 60)
    with CaptureQueriesContext(connection) as queries:
        client.get(LIST, {"sort": "name"})
    assert not [q for q in queries if "COUNT(" in q["sql"] and "guests_guest" in q["sql"]]


def test_all_that_fit_on_one_page_are_counted_at_once(client, bella):
    crowd(bella, 25)
    assert client.get(LIST, {"size": "25"}).context["count"] == 25


def test_pages_lead_on_and_back_by_their_links(client, bella):
    crowd(bella, 60)
    first = client.get(LIST, {"sort": "registered", "size": "25", "q": "guest"})
    second = client.get(LIST + first.context["pager"]["next"])
    third = client.get(LIST + second.context["pager"]["next"])
    assert [len(page.context["rows"]) for page in (first, second, third)] == [25, 25, 10]
    assert len({*listed(first), *listed(second), *listed(third)}) == 60
    assert listed(client.get(LIST + third.context["pager"]["previous"])) == listed(second)
    assert listed(client.get(LIST + third.context["pager"]["first"])) == listed(first)
    assert "q=guest" in third.context["pager"]["first"]


def test_a_head_sorts_and_says_how(client, bella):
    for n, name in enumerate(("Ben", "Zoe", "", "Anna")):
        guest(bella, f"+44207946090{n}", last_name=name)
    answer = client.get(LIST, {"sort": "name"})
    assert listed(answer) == ["Anna", "Ben", "Zoe", "+442079460902"]
    head = next(h for h in answer.context["heads"] if h.column.key == "name")
    assert (head.aria_sort, head.url) == ("ascending", "?sort=-name")
    assert 'aria-sort="ascending"' in answer.content.decode()
    turned = client.get(LIST + head.url)
    assert listed(turned) == ["Zoe", "Ben", "Anna", "+442079460902"]


def test_the_greatest_come_first_when_a_number_is_sorted_by(client, bella, anna):
    heads = {h.column.key: h.url for h in client.get(LIST, {"sort": "name"}).context["heads"]}
    assert heads["total"] == "?sort=-total"
    assert heads["email"] == "?sort=email"
    assert heads["cards"] == heads["categories"] == ""


@pytest.mark.parametrize("size", [25, 50, 100, 200])
def test_queries_are_the_same_for_any_number_of_guests(client, bella, manager, points, size):
    def cost(count):
        for pk in crowd(bella, count, first=Guest.objects.count()):
            owner = Guest(pk=pk, company=bella)
            put_in(owner, "VIP", "Wine")
            card(owner, f"77{pk}")
            Account.objects.create(company=bella, guest=owner, program=points, balance=pk)
        client.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST, {"program": points.pk, "size": size})
        return len(queries)

    Guest.objects.all().delete()
    few = cost(2)
    assert few == cost(60)
    assert few <= 13


def test_a_list_of_nobody_costs_fewer_queries_than_one_of_somebody(client, bella, anna):
    def cost(query):
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST, query)
        return len(queries)

    Guest.objects.update(employee_id="E1")
    wine = Category.objects.create(company=bella, name="Wine")
    client.get(LIST)
    somebody = cost({"employee_id": "E1"})
    assert cost({"employee_id": "E2"}) < somebody
    assert cost({"category": wine.pk}) < somebody


def test_what_can_be_chosen_from_stands_in_its_own_order(client, bella):
    for name in ("Wine", "Art"):
        Category.objects.create(company=bella, name=name)
        Program.objects.create(company=bella, name=name, code=name, currency="GBP")
        bella.restaurants.create(name=name)
    for rank, name in enumerate(("Wine", "Art", "Music")):
        MemberTier.objects.create(company=bella, name=name, rank=rank // 2)
    fields = client.get(LIST, {"sort": "name"}).context["filter_form"].fields

    def offered(name):
        return [str(label) for _value, label in fields[name].widget.choices]

    assert offered("category") == ["No category", "Art", "Wine"]
    assert offered("not_category") == ["Art", "Wine"]
    assert offered("tier") == ["No tier", "Art", "Wine", "Music"]
    assert offered("program") == ["Any", "Art", "Wine"]
    assert offered("restaurant") == ["Art", "Bella Camden", "Bella Soho", "Wine"]


def test_what_can_be_chosen_from_is_as_it_is_now(client, bella, roma):
    """What is written once for each page is written anew when other rows are offered."""
    Category.objects.create(company=roma, name="Next door's")

    def offered():
        html = client.get(LIST).content.decode()
        return [html.count(name) for name in ("Wine club", "Theatre", "Next door")]

    assert offered() == [0, 0, 0]
    wine = Category.objects.create(company=bella, name="Wine club")
    # In the first row, and in the drawer of those that a guest is not in.
    assert offered() == [2, 0, 0]
    Category.objects.filter(pk=wine.pk).update(name="Theatre")
    assert offered() == [0, 2, 0]


# -- Chips and saved views ----------------------------------------------------------------------


def test_each_filter_that_is_on_has_a_chip_that_takes_it_away(client, bella, anna):
    answer = client.get(LIST, {"q": "anna", "orders_from": 1, "orders_to": 5, "sort": "name"})
    chips = {chip["label"]: chip["url"] for chip in answer.context["chips"]}
    assert chips == {
        "Search: “anna”": "?orders_from=1&orders_to=5&sort=name",
        "Orders: 1 to 5": "?q=anna&sort=name",
    }
    assert listed(client.get(LIST + chips["Orders: 1 to 5"])) == ["Anna Petrova"]
    assert answer.context["address"].cleared == "?sort=name"


def test_a_view_is_saved_with_its_filters_and_its_order_but_not_its_page(client, bella, manager):
    answer = client.post(
        f"{LIST}views/new/?q=anna&sort=-total&page=x&size=25", {"name": "Annas", "shared": ""}
    )
    view = SavedView.objects.get()
    assert (view.owner, view.name, view.query) == (manager, "Annas", "q=anna&sort=-total")
    assert answer.headers["Location"] == f"{LIST}?q=anna&sort=-total"
    page = client.get(answer.headers["Location"])
    assert page.context["view"]["view"] == view
    assert "Delete view" in text(page)


def test_a_shared_view_is_there_for_everybody_and_a_private_one_only_for_its_owner(
    client, bella, sign_in, operator
):
    client.post(f"{LIST}views/new/?q=a", {"name": "Ours", "shared": "on"})
    client.post(f"{LIST}views/new/?q=b", {"name": "Mine"})
    names = [tab["view"].name for tab in sign_in(operator).get(LIST).context["views"]]
    assert names == ["Ours"]
    assert [tab["view"].name for tab in client.get(LIST).context["views"]] == ["Ours", "Mine"]


def test_a_name_that_is_taken_is_said_and_what_was_typed_stays(client, bella):
    client.post(f"{LIST}views/new/?q=a", {"name": "Annas"})
    answer = client.post(f"{LIST}views/new/?q=b", {"name": "ANNAS"})
    assert "There is a view of this name already." in text(answer)
    assert 'value="ANNAS"' in answer.content.decode()
    assert SavedView.objects.count() == 1


def test_only_who_may_share_can_save_or_delete_for_the_company(client, bella, sign_in, operator):
    other = sign_in(operator)
    other.post(f"{LIST}views/new/?q=a", {"name": "Mine", "shared": "on"})
    assert SavedView.objects.get().owner == operator
    client.post(f"{LIST}views/new/?q=a", {"name": "Ours", "shared": "on"})
    ours = SavedView.objects.get(owner=None)
    assert other.post(f"{LIST}views/{ours.pk}/delete/").status_code == 403
    assert client.post(f"{LIST}views/{ours.pk}/delete/").status_code == 302
    assert not SavedView.objects.filter(pk=ours.pk).exists()


def test_another_ones_view_is_not_there_to_be_deleted(client, bella, roma, owner, outsider):
    now = timezone.now()
    hers = save_view(company=bella, name="Hers", query="q=a", shared=False, actor=owner,
                     source="web", now=now)  # fmt: skip
    theirs = save_view(company=roma, name="Theirs", query="q=a", shared=True, actor=outsider,
                       source="web", now=now)  # fmt: skip
    for view in (hers, theirs):
        assert client.post(f"{LIST}views/{view.pk}/delete/").status_code == 404
    assert SavedView.objects.count() == 2


# -- Columns ------------------------------------------------------------------------------------


def test_columns_and_size_are_remembered_for_the_user_in_the_company(
    client, bella, anna, sign_in, owner
):
    answer = client.post(
        f"{LIST}columns/?q=anna&size=25", {"columns": ["comment", "email"], "page_size": "100"}
    )
    assert answer.headers["Location"] == f"{LIST}?q=anna"
    page = client.get(answer.headers["Location"])
    assert [h.column.key for h in page.context["heads"]] == ["phone", "name", "email", "comment"]
    ticked = re.findall(r'name="columns" value="(\w+)"[^>]* checked', page.content.decode())
    assert ticked == ["email", "comment"]
    assert [s["size"] for s in page.context["sizes"] if s["on"]] == [100]
    assert len(sign_in(owner).get(LIST, {"q": "anna"}).context["heads"]) == 12


def test_a_column_that_is_none_is_refused(client, bella):
    answer = client.post(f"{LIST}columns/", {"columns": ["password"], "page_size": "50"})
    assert answer.status_code == 200
    assert "There is a problem" in text(answer)
    assert not GuestListChoice.objects.exists()


def test_balance_is_there_only_while_a_program_is_chosen(client, bella, anna, points):
    Account.objects.create(company=bella, guest=anna, program=points, balance=Decimal(7))
    without = client.get(LIST, {"sort": "-balance"})
    assert "balance" not in [h.column.key for h in without.context["heads"]]
    with_it = client.get(LIST, {"program": points.pk, "sort": "-balance"})
    assert with_it.context["heads"][-1].aria_sort == "descending"


# -- Who sees what ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        ("owner", {"Delete", "Export", "Import guests", "Create guest", "Add category"}),
        ("manager", {"Delete", "Export", "Import guests", "Create guest", "Add category"}),
        ("operator", {"Import guests", "Create guest", "Add category"}),
        ("host", {"Create guest"}),
    ],
)
def test_each_role_sees_the_buttons_of_what_it_may(request, sign_in, bella, role, shown):
    crowd(bella, 3)
    answer = sign_in(request.getfixturevalue(role)).get(LIST, {"sort": "name"})
    main = text(answer).partition("Skip to content")[2].partition("More filters")[2]
    head = text(answer).partition("Guests Export")[0]
    page = answer.content.decode()
    found = {
        name
        for name, sign in {
            "Delete": "/guests/delete/", "Export": "/guests/export/",
            "Import guests": "/imports/new/", "Create guest": "/guests/new/",
            "Add category": "/guests/categorise/",
        }.items()
        if sign in page
    }  # fmt: skip
    assert main
    assert head
    assert found == shown
    assert ('name="guest"' in page) == (role != "host")


def test_the_list_of_another_company_is_not_there(sign_in, bella, outsider):
    client = sign_in(outsider)
    for page in ("", "search/?q=a", "columns/", "views/new/"):
        assert client.get(LIST + page).status_code == 404


def test_everyone_found_can_be_selected_without_a_script(client, bella):
    crowd(bella, 60)
    first = client.get(LIST, {"sort": "name", "q": "guest"})
    page = client.get(LIST + first.context["all_url"])
    assert "/c/bella/guests/delete/?q=guest" in page.content.decode()
    assert "/c/bella/guests/categorise/?q=guest&amp;do=add" in page.content.decode()
    assert 'name="guest"' not in page.content.decode()


def test_the_bar_has_a_place_for_guests(client, bella):
    nav = {str(item.label): item for item in client.get(LIST).context["nav"]}
    assert nav["Guests"].current
    assert nav["Guests"].url == LIST


def test_who_was_erased_is_on_no_list(bella, owner, sign_in):
    gone = guest(bella, first_name="Gone")
    Guest.objects.filter(pk=gone.pk).update(
        phone=None, first_name="", is_active=False, orders_count=3
    )
    here = guest(bella, "+442079460959", is_active=False)
    page = sign_in(owner).get("/c/bella/guests/?inactive=on&sort=name")
    assert [row.guest.pk for row in page.context["rows"]] == [here.pk]
