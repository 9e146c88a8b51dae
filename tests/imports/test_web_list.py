"""The list of a company's imports, and its filters."""

from datetime import UTC, datetime

import pytest

from imports.models import ImportJob
from tests.imports.web import MIXED, draft, imported, page

pytestmark = pytest.mark.django_db

LIST = "/c/bella/imports/"


@pytest.fixture
def client(sign_in, manager):
    return sign_in(manager)


def numbers(answer):
    return [job.number for job in answer.context["jobs"]]


def named(bella, actor, name):
    job = draft(bella, actor)
    ImportJob.objects.filter(pk=job.pk).update(filename=name)
    return job


def test_without_imports_it_says_how_to_begin(client, bella):
    text = client.get(LIST).content.decode()
    assert "Nothing imported yet" in text
    assert "/c/bella/imports/new/" in text


def test_it_shows_the_companys_imports_newest_first(client, bella, roma, manager, outsider):
    first = imported(bella, manager, MIXED, partial=True)
    second = draft(bella, manager)
    draft(roma, outsider)
    answer = client.get(LIST)
    assert numbers(answer) == [second.number, first.number]
    assert "Maria" in answer.content.decode()
    assert page(first) in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=TILL", ["till.csv"]),
        ("?state=draft", ["till.csv", "old guests.csv"]),
        ("?state=done", []),
        ("?since=2026-01-01&until=2020-01-01", []),
        ("?state=nonsense", ["till.csv", "old guests.csv"]),
        ("?page=99", ["till.csv", "old guests.csv"]),
    ],
)
def test_it_can_be_narrowed_down(client, bella, manager, query, found):
    named(bella, manager, "old guests.csv")
    named(bella, manager, "till.csv")
    answer = client.get(LIST + query)
    assert [job.filename for job in answer.context["jobs"]] == found


def test_it_can_be_narrowed_down_to_one_person(client, bella, manager, operator, outsider):
    mine, theirs = draft(bella, manager), draft(bella, operator)
    assert numbers(client.get(f"{LIST}?actor={operator.pk}")) == [theirs.number]
    assert numbers(client.get(f"{LIST}?actor={manager.pk}")) == [mine.number]
    # Nobody of another company is offered.
    assert outsider.name not in client.get(LIST).content.decode()


def test_a_day_is_the_companys_day(client, bella, manager):
    bella.timezone = "Pacific/Auckland"
    bella.save()
    job = draft(bella, manager)
    at = datetime(2026, 3, 1, 20, tzinfo=UTC)
    ImportJob.objects.filter(pk=job.pk).update(created_at=at)
    assert numbers(client.get(f"{LIST}?since=2026-03-02&until=2026-03-02")) == [job.number]
    assert "2 Mar 2026, 09:00" in client.get(LIST).content.decode()


def test_filters_that_are_on_are_chips_that_take_them_away(client, bella, manager):
    draft(bella, manager)
    chips = client.get(f"{LIST}?q=guests&state=draft&since=2020-01-31").context["chips"]
    assert [chip["label"] for chip in chips] == [
        "File name: guests", "State: Draft", "From: 31 Jan 2020",
    ]  # fmt: skip
    assert chips[0]["url"] == "?state=draft&since=2020-01-31"


def test_no_match_offers_to_clear_the_filters(client, bella, manager):
    draft(bella, manager)
    assert "No imports match this filter" in client.get(f"{LIST}?q=zzz").content.decode()


def test_it_is_paged_with_the_filters_kept(client, bella, manager):
    job = draft(bella, manager)
    for number in range(2, 62):
        job.pk, job.number = None, number
        job.save(force_insert=True)
    answer = client.get(f"{LIST}?state=draft")
    assert len(answer.context["jobs"]) == 50
    assert answer.context["pager"]["label"] == "1 to 50 of 61"
    assert answer.context["pager"]["next"] == "?state=draft&page=2"
    assert answer.context["pager"]["previous"] == ""


def test_the_number_of_queries_does_not_grow(client, bella, manager, django_assert_max_num_queries):
    for _number in range(5):
        imported(bella, manager)
    with django_assert_max_num_queries(10):
        client.get(LIST)


def test_the_bar_leads_to_it(client, bella):
    assert 'href="/c/bella/imports/" aria-current="page"' in client.get(LIST).content.decode()
