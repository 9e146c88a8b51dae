"""The way back from a record to the list that it was opened from."""

import re
from html import unescape
from urllib.parse import quote, urlsplit

import pytest

from core.models import Job
from guests.models import Guest, GuestMerge
from loyalty.models import BulkAdjustment, Program
from tests.guests.cast import ANN, guest
from tests.guests.records import typed

pytestmark = pytest.mark.django_db

LIST = "/c/bella/guests/"


def links(answer):
    """Return the addresses of a page's links by their words."""
    html = answer.content.decode()
    found = re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', html, re.DOTALL)
    return {" ".join(re.sub(r"<[^>]+>", " ", words).split()): unescape(url) for url, words in found}


def opened(client, query):
    """Open Anna's record from a list."""
    return client.get(links(client.get(LIST + query))["Anna"])


@pytest.fixture
def anna(bella):
    return guest(bella, first_name="Anna", last_name="", phone=ANN)


def test_a_record_leads_back_to_its_list_with_filters_and_order(sign_in, anna, host):
    answer = opened(sign_in(host), "?q=anna&has_email=&sort=-total&size=25")
    assert links(answer)["Back to the list"] == f"{LIST}?q=anna&sort=-total&size=25"


def test_a_record_leads_back_to_the_page_of_its_list(sign_in, bella, anna, host):
    for number in range(25):
        guest(bella, first_name=f"B{number}", phone=f"+4420794610{number:02}")
    client = sign_in(host)
    second = links(client.get(f"{LIST}?sort=-name&size=25"))["Next"]
    assert links(opened(client, second))["Back to the list"] == LIST + second


def test_tabs_and_saving_keep_the_way_back(sign_in, anna, manager):
    client = sign_in(manager)
    page = opened(client, "?q=anna&sort=name")
    back = f"{LIST}?q=anna&sort=name"
    for tab in ("Orders", "Ledger", "History", "Credit"):
        assert links(client.get(links(page)[tab]))["Back to the list"] == back
    url = page.request["PATH_INFO"] + "?" + page.request["QUERY_STRING"]
    saved = client.post(url, typed(page, comment="New"), follow=True)
    assert links(saved)["Back to the list"] == back
    assert Guest.objects.get(pk=anna.pk).comment == "New"


def test_merging_and_parting_keep_the_way_back(sign_in, bella, anna, manager):
    boris = guest(bella, first_name="Boris", last_name="", comment="Window")
    client, back = sign_in(manager), f"{LIST}?q=anna&sort=name"
    find = client.get(links(opened(client, "?q=anna&sort=name"))["Merge…"])
    assert links(client.get(links(find)["Anna"]))["Back to the list"] == back
    assert '<input type="hidden" name="list" value="q=anna&amp;sort=name">' in find.content.decode()
    url = f"{LIST}{anna.pk}/merge/"
    hits = client.get(url, {"q": "boris", "list": "q=anna&sort=name"})
    pages = [client.get(links(hits)["Compare Boris"])]
    pages.append(client.get(links(pages[0])["Keep the other one"]))
    assert [links(page)["Back to the list"] for page in pages] == [back] * 2
    assert links(client.get(links(pages[0])["Cancel"]))["Back to the list"] == back

    compared = f"{url}?list={quote('q=anna&sort=name')}&with={boris.pk}"
    sides = {"phone": "kept", "first_name": "kept", "comment": "merged", "registered_at": "kept"}
    versions = {"kept_version": anna.version, "merged_version": boris.version}
    receipt = client.post(compared, sides | versions, follow=True)
    assert GuestMerge.objects.count() == 1
    assert links(receipt)["Back to the list"] == back
    assert links(client.get(links(receipt)["Open the record"]))["Back to the list"] == back
    merged_again = client.get(links(receipt)["Open the record"].replace("/?", "/merge/?"))
    assert any("list=" in url for words, url in links(merged_again).items() if "Boris" in words)
    parted = client.post(receipt.redirect_chain[-1][0], follow=True)
    assert "Merge undone" in parted.content.decode()
    assert links(parted)["Back to the list"] == back


def test_erasing_keeps_the_way_back(sign_in, anna, owner):
    client, back = sign_in(owner), f"{LIST}?q=anna&sort=name"
    url = links(opened(client, "?q=anna&sort=name"))["Erase…"]
    page = client.get(url)
    assert links(page)["Back to the list"] == back
    assert links(client.get(links(page)["Cancel"]))["Back to the list"] == back
    done = client.post(url, {"version": anna.version, "typed": ANN[-4:]}, follow=True)
    assert Guest.objects.get(pk=anna.pk).phone is None
    assert links(done)["Back to the list"] == back


TICKED = "?q=anna&sort=-total&size=25"


def ticked(client, who):
    """Return what the form of a list sends of a ticked row: the row, and where the list is."""
    page = client.get(LIST + TICKED).content.decode()
    form = page[page.index('id="ticked"') :]
    came_from = re.search(r'name="list" value="([^"]*)"', form)[1]
    return f"guest={who.pk}&list={quote(unescape(came_from))}"


@pytest.mark.parametrize("action", ["delete/?", "categorise/?do=add&", "export/?", "credit/?"])
def test_what_is_asked_of_ticked_rows_leads_back_to_their_list(
    sign_in, bella, anna, manager, action
):
    Program.objects.create(company=bella, name="Points", code="points", currency="GBP")
    client = sign_in(manager)
    asked = links(client.get(LIST + action + ticked(client, anna)))
    assert asked.get("Cancel", asked.get("Back to the list")) == LIST + TICKED


def test_a_receipt_leads_back_to_the_list_whose_rows_were_ticked(sign_in, anna, manager):
    client = sign_in(manager)
    url = f"{LIST}delete/?{ticked(client, anna)}"
    seen = client.get(url).context["form"]["seen"].value()
    receipt = client.post(url, {"seen": seen, "typed": "1"}, follow=True)
    assert links(receipt)["Back to the list"] == LIST + TICKED
    undo = re.search(r'action="([^"]*/undo/[^"]*)"', receipt.content.decode())[1]
    undone = client.post(unescape(undo), follow=True)
    assert "Undone: 1 guest is as before." in undone.content.decode()
    assert links(undone)["Back to the list"] == LIST + TICKED


def test_the_receipt_of_a_credit_leads_back_to_the_list_whose_rows_were_ticked(
    sign_in, bella, anna, manager
):
    points = Program.objects.create(company=bella, name="Points", code="points", currency="GBP")
    client = sign_in(manager)
    url = f"{LIST}credit/?{ticked(client, anna)}"
    soho = bella.restaurants.get(name="Bella Soho")
    filled = {"program": points.pk, "amount": "5", "restaurant": soho.pk, "reason": "promotion"}
    asked = client.post(url, filled).context["confirm"]
    sent = {"confirm": "1", "typed": "1", "seen": asked["seen"].value()}
    under_way = client.post(url, filled | sent, follow=True)
    BulkAdjustment.objects.update(state=Job.State.DONE)
    over = client.get(under_way.redirect_chain[-1][0], headers={"HX-Request": "true"})
    assert links(client.get(over["HX-Redirect"]))["Back to the list"] == LIST + TICKED


def test_a_way_back_of_any_length_keeps_nobody_from_saving(sign_in, anna, manager):
    client = sign_in(manager)
    url = f"{LIST}{anna.pk}/?list=q%3D{'a' * 17_000}"
    saved = client.post(url, typed(client.get(url), comment="New"), follow=True)
    assert saved.status_code == 200
    assert Guest.objects.get(pk=anna.pk).comment == "New"
    assert "Back to the list" not in links(saved)


def test_who_comes_from_elsewhere_is_led_nowhere(sign_in, anna, host):
    assert "Back to the list" not in links(sign_in(host).get(f"{LIST}{anna.pk}/"))


@pytest.mark.parametrize(
    "came_from",
    [
        "https://evil.example/",
        "//evil.example",
        "/../../x",
        "javascript:alert(1)",
        "sort=name#//evil.example",
        "next=//evil.example&q=anna",
        '"><script>',
    ],
)
def test_the_way_back_leads_to_the_companys_list_only(sign_in, anna, host, came_from):
    answer = sign_in(host).get(f"{LIST}{anna.pk}/?list={quote(came_from)}")
    back = links(answer)["Back to the list"]
    assert back.startswith(f"{LIST}?")
    assert (urlsplit(back).netloc, urlsplit(back).fragment) == ("", "")
    assert "<script>" not in answer.content.decode().replace('<script src="', "")
