"""A company's activity: what is in it, how it is narrowed down, how one pages through it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import mail as outbox
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from core.models import Change, Company, Membership, OutgoingMail, Role, User
from core.services import mail, passwords, restaurants, settings as company_settings
from core.services.changes import record
from core.web import actions
from tests.conftest import PASSWORD
from tests.guests.cast import guest

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def page(company: Company) -> str:
    return reverse("core:activity", args=[company.slug])


def note(company: Company, action: str = "change_company", **fields: Any) -> Change:
    given = {"at": NOON, "source": "web", "subject": "core.company", "subject_id": company.pk}
    return Change.objects.create(company=company, action=action, **{**given, **fields})


def entries(answer: Any) -> list[Any]:
    return [entry for day in answer.context["days"] for entry in day.entries]


def words(answer: Any) -> list[tuple[str, str]]:
    return [(entry.actor, entry.words) for entry in entries(answer)]


def written(company: Company) -> list[tuple[str, str]]:
    """Return who did what in the company, the oldest first."""
    rows = Change.objects.for_company(company).exclude(action="created").order_by("pk")
    return [(str(row.actor), row.action) for row in rows.select_related("actor")]


# -- What is in it --------------------------------------------------------------------------------


def test_signing_in_and_out_is_written_in_each_company_of_the_user(
    bella: Company, roma: Company, host: User, outsider: User
) -> None:
    Membership.objects.create(company=roma, user=host, role=Role.HOST)
    client = Client()
    client.post("/login/", {"username": host.email, "password": PASSWORD})
    client.post("/logout/")
    assert written(bella) == written(roma) == [("Hana", "sign_in"), ("Hana", "sign_out")]
    change = Change.objects.for_company(bella).get(action="sign_in")
    assert change.values == {"address": [None, "127.0.0.1"]}


def test_a_company_one_has_left_hears_nothing(bella: Company, roma: Company, host: User) -> None:
    Membership.objects.create(company=roma, user=host, role=Role.HOST, is_active=False)
    Client().post("/login/", {"username": host.email, "password": PASSWORD})
    assert written(roma) == []


def test_a_lock_out_is_written(bella: Company, host: User) -> None:
    client = Client()
    for _try in range(settings.AXES_FAILURE_LIMIT):
        client.post("/login/", {"username": host.email.upper(), "password": "guess"})
    assert written(bella) == [("Hana", "lock_out")]


def test_a_password_reset_by_mail_is_written(bella: Company, host: User) -> None:
    client = Client()
    client.post("/password/", {"email": host.email})
    mail.send(OutgoingMail.objects.get(kind=passwords.RESET).pk)
    link = re.search(r"http://testserver(/password/\S+)", str(outbox.outbox[-1].body))
    assert link
    form = client.get(link[1], follow=True).redirect_chain[-1][0]
    word = "trattoria-on-the-corner"
    client.post(form, {"new_password1": word, "new_password2": word})
    assert written(bella) == [("Hana", "reset_password")]


def test_what_was_done_is_told_in_words_with_link_and_values(
    bella: Company, owner: User, sign_in: Callable[[User], Client]
) -> None:
    added = restaurants.add_restaurant(
        company=bella, name="Bella Kew", actor=owner, source="web", now=timezone.now()
    )
    company_settings.change_company(
        company=bella,
        values={"phone_check": "mobile"},
        actor=None,
        source="command",
        now=timezone.now(),
    )
    answer = sign_in(owner).get(page(bella))
    text = " ".join(answer.content.decode().split())
    assert ("Olivia", "added the restaurant") in words(answer)
    link = reverse("core:settings_restaurant", args=[bella.slug, added.pk])
    assert f'<a href="{link}"><bdi>Bella Kew</bdi></a>' in text
    changed = next(each for each in entries(answer) if each.words == "changed the profile of")
    assert (changed.actor, changed.where) == ("", "Command line")
    assert changed.rows == [("Phone check", "Possible number", "Valid mobile number")]


def test_telephones_are_grouped_and_long_texts_shortened_with_the_whole_within_reach(
    bella: Company, owner: User, sign_in: Callable[[User], Client]
) -> None:
    nameless = guest(bella, "+442079460958", first_name="", last_name="")
    long = "Sits by the window. " * 250
    record(
        company=bella,
        actor=owner,
        source="web",
        action="update_guest",
        subject=nameless,
        values={"phone": ["+442079460959", "+442079460958"], "comment": ["", long]},
        now=timezone.now(),
    )
    html = sign_in(owner).get(page(bella)).content.decode()
    said = " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
    assert "changed +44 20 7946 0958 Telephone +44 20 7946 0959" in said
    assert "+442079460958" not in said
    details = r'<details class="long-text">\s*<summary>(.*?)</summary>(.*?)</details>'
    opened = re.search(details, html, re.DOTALL)
    assert opened is not None
    assert "…" in opened[1]
    assert len(opened[1]) < 400
    assert long.strip() in opened[2]


def test_of_something_made_only_what_was_given_is_told(
    bella: Company, owner: User, sign_in: Callable[[User], Client]
) -> None:
    record(
        company=bella,
        actor=None,
        source="api",
        action="create",
        subject=bella,
        values={"name": [None, "Bella"], "region": [None, ""], "currency": ["GBP", ""]},
        now=timezone.now(),
    )
    client = sign_in(owner)
    rows = next(each.rows for each in entries(client.get(page(bella))) if each.where == "API")
    assert rows == [("Name", "", "Bella"), ("Currency", "GBP", "")]


def test_days_are_the_companys(
    bella: Company, owner: User, sign_in: Callable[[User], Client]
) -> None:
    bella.timezone = "Pacific/Auckland"
    bella.save()
    Change.objects.all().delete()
    note(bella)
    answer = sign_in(owner).get(page(bella), {"action": "change_company"})
    assert [str(day.day) for day in answer.context["days"]] == ["2026-03-11"]


def test_another_companys_changes_are_not_shown(
    bella: Company, roma: Company, owner: User, sign_in: Callable[[User], Client]
) -> None:
    note(roma, action="add_restaurant")
    answer = sign_in(owner).get(page(bella))
    assert "added the restaurant" not in [each for _who, each in words(answer)]


def test_every_action_that_a_service_writes_has_words() -> None:
    """An action that nobody declared is read as it is written: "Maria undo_merge_into Anna"."""
    root = Path(__file__).resolve().parents[2]
    literal = re.compile(r'\baction="([a-z_]+)"')
    silent = {
        f"{path.relative_to(root)}: {action}"
        for app in ("core", "guests", "imports", "loyalty", "visits")
        for path in (root / app).rglob("services/**/*.py")
        for action in literal.findall(path.read_text())
        if action not in dict(actions.choices())
    }
    assert silent == set()


# -- Narrowing it down ----------------------------------------------------------------------------


@pytest.fixture
def four(bella: Company, owner: User, manager: User) -> dict[str, Change]:
    Change.objects.all().delete()
    soho = bella.restaurants.first()
    assert soho is not None
    return {
        "first": note(bella, actor=owner, at=NOON - timedelta(days=2)),
        "second": note(bella, actor=manager, at=NOON - timedelta(days=1)),
        "third": note(
            bella,
            "add_restaurant",
            actor=manager,
            subject="core.restaurant",
            subject_id=soho.pk,
        ),
        "nobody": note(bella, "change_security", at=NOON + timedelta(days=1)),
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"actor": "manager"}, ["third", "second"]),
        ({"action": "change_company"}, ["second", "first"]),
        ({"subject": "core.restaurant"}, ["third"]),
        ({"since": "2026-03-09", "until": "2026-03-10"}, ["third", "second"]),
        ({"actor": "manager", "action": "change_company"}, ["second"]),
        ({"subject": "core.company", "until": "2026-03-08"}, ["first"]),
    ],
)
def test_it_is_filtered(
    bella: Company,
    owner: User,
    manager: User,
    four: dict[str, Change],
    query: dict[str, str],
    found: list[str],
    sign_in: Callable[[User], Client],
) -> None:
    client = sign_in(owner)
    Change.objects.filter(action="sign_in").delete()
    asked = {**query, **({"actor": str(manager.pk)} if "actor" in query else {})}
    answer = client.get(page(bella), asked)
    expected = [four[name].at for name in found]
    assert [entry.at for entry in entries(answer)] == expected
    assert len(answer.context["chips"]) == len(query)


def test_a_day_ends_at_the_companys_midnight(
    bella: Company, owner: User, sign_in: Callable[[User], Client]
) -> None:
    bella.timezone = "Pacific/Auckland"  # thirteen hours ahead of UTC in March
    bella.save()
    client = sign_in(owner)
    Change.objects.all().delete()
    early = note(bella, at=datetime(2026, 3, 10, 10, 59, 59, tzinfo=UTC))
    late = note(bella, at=datetime(2026, 3, 10, 11, tzinfo=UTC))
    until = client.get(page(bella), {"until": "2026-03-10"})
    assert [entry.at for entry in entries(until)] == [early.at]
    since = client.get(page(bella), {"since": "2026-03-11"})
    assert [entry.at for entry in entries(since)] == [late.at]
    for day in ("0001-01-01", "9999-12-31"):
        assert client.get(page(bella), {"until": day, "since": day}).status_code == 200


def test_a_filter_that_makes_no_sense_is_said_and_shows_nothing(
    bella: Company, owner: User, four: dict[str, Change], sign_in: Callable[[User], Client]
) -> None:
    answer = sign_in(owner).get(page(bella), {"since": "yesterday-ish", "action": "no such"})
    assert entries(answer) == []
    assert set(answer.context["filter_form"].errors) == {"since", "action"}


# -- Paging ---------------------------------------------------------------------------------------


def test_paging_loses_nothing_and_repeats_nothing(
    bella: Company, owner: User, sign_in: Callable[[User], Client]
) -> None:
    client = sign_in(owner)
    Change.objects.all().delete()
    # Three changes to each moment: only the id settles their order, and pages end inside a moment.
    for number in range(130):
        note(bella, at=NOON - timedelta(minutes=number // 3), values={"n": [None, number]})
    seen: list[str] = []
    query, pages = "", []
    while True:
        answer = client.get(page(bella) + query)
        pages.append([entry.rows[0].after for entry in entries(answer)])
        seen += pages[-1]
        if not answer.context["pager"]["next"]:
            break
        query = answer.context["pager"]["next"]
    assert [len(each) for each in pages] == [50, 50, 30]
    rows = Change.objects.order_by("-at", "-pk").values_list("values", flat=True)
    assert seen == [str(values["n"][1]) for values in rows]
    back = client.get(page(bella) + answer.context["pager"]["previous"])
    assert [entry.rows[0].after for entry in entries(back)] == pages[1]
    first = client.get(page(bella) + back.context["pager"]["previous"])
    assert [entry.rows[0].after for entry in entries(first)] == pages[0]
    assert first.context["pager"]["previous"] == ""


@pytest.mark.parametrize(
    "query", ["before=x", "before=2026-13-45T00:00~1", "after=2026-03-10~", "before=%00~1"]
)
def test_an_address_that_was_tampered_with_shows_the_newest(
    bella: Company, owner: User, query: str, sign_in: Callable[[User], Client]
) -> None:
    answer = sign_in(owner).get(f"{page(bella)}?{query}")
    assert answer.status_code == 200
    assert words(answer)[0] == ("Olivia", "signed in")


def test_a_page_asks_a_fixed_number_of_times(
    bella: Company,
    owner: User,
    manager: User,
    sign_in: Callable[[User], Client],
    django_assert_num_queries: Any,
) -> None:
    client = sign_in(owner)
    member = Membership.objects.get(user=manager)
    soho, camden = bella.restaurants.order_by("pk")

    def some(times: int) -> None:
        for number in range(times):
            restaurant = (soho, camden)[number % 2]
            note(bella, actor=owner)
            note(
                bella,
                "change_restaurant",
                actor=manager,
                subject="core.restaurant",
                subject_id=restaurant.pk,
            )
            note(
                bella,
                "change_member",
                actor=owner,
                subject="core.membership",
                subject_id=member.pk,
                values={"restaurants": [[soho.pk], [restaurant.pk]]},
            )

    some(1)
    with CaptureQueriesContext(connection) as few:
        client.get(page(bella))
    some(15)
    with django_assert_num_queries(len(few)):
        assert len(entries(client.get(page(bella)))) > 40
