"""The pages of possible duplicates: what they cost, where they lead, and the way back to them."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guests.models import Guest, GuestMerge, PossibleDuplicate
from guests.services.bulk import create_guests
from guests.views import duplicates
from tests.guests.test_merge_pages import versions
from tests.guests.test_way_back import links

pytestmark = pytest.mark.django_db

PAGE = "/c/bella/guests/duplicates/"
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch):
    monkeypatch.setattr(duplicates, "PAGE_PAIRS", 3)


def fill(company, count, start=0):
    """Give the company so many pairs: P0 and P0, P1 and P1, ..."""
    create_guests(
        company.pk,
        [
            {
                "phone": f"+4477{side}{n:07}",
                "first_name": f"P{n}",
                "email": f"p{n}@example.com",
                "registered_at": NOW,
            }
            for n in range(start, start + count)
            for side in (1, 2)
        ],
    )
    PossibleDuplicate.objects.find(company, now=NOW)


def shown(answer):
    """Return the pairs of a page, by name."""
    return [each["kept"].first_name for each in answer.context["pairs"]]


def test_a_page_costs_the_same_however_many_pairs_there_are_and_counts_none(
    bella, manager, sign_in
):
    client = sign_in(manager)
    fill(bella, 7)
    costs = []
    for number in (200, 0):
        with CaptureQueriesContext(connection) as queries:
            first = client.get(PAGE)
            client.get(PAGE + first.context["pager"]["next"])
        asked = [query["sql"] for query in queries if "possibleduplicate" in query["sql"].lower()]
        assert not [sql for sql in asked if "COUNT(" in sql]
        assert len(asked) == 2
        assert all("LIMIT 4" in sql for sql in asked)
        costs.append(len(queries))
        fill(bella, number, start=1_000)
    assert costs[0] == costs[1]


def test_pages_lead_on_and_back(bella, roma, manager, sign_in):
    client = sign_in(manager)
    fill(roma, 2)
    fill(bella, 7, start=10)
    first = client.get(PAGE)
    second = client.get(PAGE + first.context["pager"]["next"])
    third = client.get(PAGE + second.context["pager"]["next"])
    assert [shown(page) for page in (first, second, third)] == [
        ["P10", "P11", "P12"], ["P13", "P14", "P15"], ["P16"],
    ]  # fmt: skip
    assert first.context["pager"]["previous"] == ""
    assert third.context["pager"]["next"] == ""
    again = client.get(PAGE + third.context["pager"]["previous"])
    assert shown(again) == shown(second)
    assert shown(client.get(PAGE + again.context["pager"]["previous"])) == shown(first)
    assert shown(client.get(PAGE + again.context["pager"]["first"])) == shown(first)


@pytest.mark.parametrize("query", ["?from=1", "?from=x-y", "?before=-", "?from=1-2-3", "?page=9"])
def test_what_names_no_place_leads_to_the_first_page(bella, manager, sign_in, query):
    fill(bella, 4)
    assert shown(sign_in(manager).get(PAGE + query)) == ["P0", "P1", "P2"]


def test_behind_the_last_pair_is_the_last_page(bella, manager, sign_in):
    fill(bella, 7)
    client = sign_in(manager)
    page = client.get(PAGE + client.get(PAGE).context["pager"]["last"])
    assert shown(page) == ["P4", "P5", "P6"]
    assert page.context["pager"]["next"] == page.context["pager"]["last"] == ""
    assert shown(client.get(PAGE + page.context["pager"]["previous"])) == ["P1", "P2", "P3"]


def test_the_number_comes_by_a_request_of_its_own_and_is_true(bella, manager, sign_in, monkeypatch):
    client = sign_in(manager)
    fill(bella, 3)
    assert client.get(PAGE).context["count"] == 3
    fill(bella, 2, start=3)
    Guest.objects.filter(first_name="P0", phone__contains="+44771").update(is_active=False)
    page = client.get(PAGE)
    assert page.context["count"] is None
    answer = client.get(PAGE + page.context["count_url"], headers={"HX-Request": "true"})
    assert answer.content.decode().split() == ["4", "pairs"]
    without_script = client.get(PAGE + page.context["count_url"])
    assert "4 pairs" in without_script.content.decode()
    monkeypatch.setattr(duplicates, "COUNTED", 2)
    answer = client.get(PAGE + page.context["count_url"], headers={"HX-Request": "true"})
    assert answer.content.decode().split() == ["More", "than", "2", "pairs"]


def test_a_judgement_leads_back_to_where_it_was_made(bella, manager, sign_in):
    client = sign_in(manager)
    fill(bella, 8)
    second = client.get(PAGE + client.get(PAGE).context["pager"]["next"])
    judged, behind = second.context["pairs"][0], second.context["pairs"][1]
    url = f"{PAGE}{judged['pair'].pk}/{judged['judged']}"
    assert url.replace("&", "&amp;") in second.content.decode()
    answer = client.post(url, follow=True)
    assert answer.redirect_chain[0][0].endswith(f"#pair-{behind['pair'].pk}")
    assert shown(answer) == ["P4", "P5", "P6"]
    assert f'id="pair-{behind["pair"].pk}"' in answer.content.decode()

    only = client.get(f"{PAGE}?dismissed=1")
    assert shown(only) == ["P3"]
    (again,) = only.context["pairs"]
    answer = client.post(f"{PAGE}{again['pair'].pk}/{again['judged']}", {"again": "1"}, follow=True)
    assert answer.context["dismissed"]
    assert shown(answer) == []


def test_a_merge_leads_back_to_where_the_pair_was(bella, manager, sign_in):
    client = sign_in(manager)
    fill(bella, 8)
    second = client.get(PAGE + client.get(PAGE).context["pager"]["next"])
    pair, behind = second.context["pairs"][0], second.context["pairs"][1]
    compare = links(second)["Compare and merge : P3, P3"]
    page = client.get(compare)
    back = links(page)["Back to possible duplicates"]
    record = client.get(links(page)["Cancel"])
    assert links(record)["Back to possible duplicates"] == back
    assert links(client.get(links(record)["Merge…"]))["All possible duplicates"] == back
    data = versions(pair["kept"], pair["other"]) | {"phone": "kept", "registered_at": "kept"}
    receipt = client.post(compare, data, follow=True)
    assert GuestMerge.objects.count() == 1
    assert links(receipt)["Back to possible duplicates"] == back
    path, _mark, anchor = back.partition("#")
    assert anchor == f"pair-{behind['pair'].pk}"
    assert shown(client.get(path)) == ["P4", "P5", "P6"]


def test_the_activity_names_judged_pairs_in_one_question_and_leads_to_them(bella, owner, sign_in):
    client = sign_in(owner)
    fill(bella, 5)
    Guest.objects.filter(first_name="P0").update(first_name="\u05e2\u05d3\u05d9", name_key="x")
    costs = []
    pairs = list(PossibleDuplicate.objects.for_company(bella).order_by("pk"))
    for judged in (pairs[:1], pairs[1:]):
        for pair in judged:
            client.post(f"{PAGE}{pair.pk}/")
        with CaptureQueriesContext(connection) as queries:
            answer = client.get("/c/bella/activity/?action=dismiss_duplicate")
        costs.append(len(queries))
    assert costs[0] == costs[1]
    found = links(answer)
    name = "\u2068\u05e2\u05d3\u05d9\u2069"
    assert (
        shown(client.get(found[f"{name} and {name}"].partition("#")[0]))[0] == "\u05e2\u05d3\u05d9"
    )

    # Undoing an import takes guests away whom a judgement named.
    Guest.objects.filter(pk=pairs[1].first_id).delete()
    page = client.get("/c/bella/activity/?action=dismiss_duplicate")
    assert page.status_code == 200
    assert "P1 and P1" not in links(page)
    assert "P2 and P2" in links(page)
