"""Who may open what: every address, with every role, a stranger, and the owner next door.

The addresses come from the URLconf and what they ask for from the views: a page that somebody adds
tomorrow is walked without a line here, or fails for want of a row to point at.
"""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.checks import run_checks
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path, reverse
from django.utils import timezone

from core.checks import views_declare_their_access
from core.models import Company, Membership, Restaurant, Role, User
from core.roles import declared
from core.web.access import PUBLIC, SIGNED_IN, company_view, public_view, signed_in_view
from guests.models import BulkChange, Category, GuestExport, MemberTier, SavedView
from imports.models import ColumnMapping, ImportJob
from loyalty.models import Program
from loyalty.models.adjustments import Adjustment, BulkAdjustment
from tests.guests import cast


def walk(resolver: URLResolver, before: str = "", space: str = "") -> Iterator[SimpleNamespace]:
    """Return every address: its route, the name by which it is reversed, what it asks for."""
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from walk(pattern, route, inner)
        elif isinstance(pattern, URLPattern):
            yield SimpleNamespace(
                route=route,
                name=f"{space}{pattern.name}",
                access=getattr(pattern.callback, "access", None),
                kwargs=[name for name in pattern.pattern.converters if name != "company"],
            )


EVERY = list(walk(get_resolver()))
OF_COMPANIES = [each for each in EVERY if each.access not in (PUBLIC, SIGNED_IN, None)]

#: What an argument of an address stands for: the longest beginning of the route that is here.
ROWS: dict[tuple[str, str], str] = {
    ("guests/", "pk"): "guest",
    ("guests/", "merge"): "none",
    ("guests/", "entry"): "none",
    ("guests/views/", "pk"): "view",
    ("guests/changes/", "number"): "bulk_change",
    ("guests/exports/", "number"): "export",
    ("imports/", "number"): "import",
    ("imports/", "format"): "format",
    ("programs/", "pk"): "program",
    ("programs/changes/", "number"): "bulk_adjustment",
    ("approvals/", "pk"): "adjustment",
    ("settings/restaurants/", "pk"): "restaurant",
    ("settings/staff/", "pk"): "member",
    ("settings/categories/", "pk"): "category",
    ("settings/tiers/", "pk"): "tier",
    ("settings/mappings/", "pk"): "mapping",
}

#: Where a member who has the permission is refused all the same, and why.
NOT_EVEN_SO = {
    "imports:undo": "what may be undone asks for imports.undo_importjob too",
    "imports:errors": "the import left no error file",
    "imports:mail": "the import mailed nothing",
    "guests:export_download": "the export has made no file yet",
    "guests:merged": "nobody was merged",
    "loyalty:reverse": "there is no such entry in the ledger",
    "guests:categorise": "the category is named in what the list sends along",
}


def world(company: Company, owner: User) -> dict[str, Any]:
    """Make one row of each kind in `company`; return what an address calls them."""
    now = timezone.now()
    guest = cast.guest(company)
    category = Category.objects.create(company=company, name="Wine club")
    program = Program.objects.create(company=company, name="Bonus", code="B", currency="GBP")
    job = {"company": company, "actor": owner, "number": 1}
    import_job = ImportJob.objects.create(
        **job,
        key=uuid.uuid4(),
        filename="guests.csv",
        file_size=1,
        file_hash="0" * 64,
        dialect={"format": "csv", "delimiter": ",", "encoding": "utf-8", "header_row": 1},
        state=ImportJob.State.FAILED,
        step=ImportJob.Step.IMPORT,
    )
    made = {
        "guest": guest,
        "category": category,
        "program": program,
        "import": import_job,
        "bulk_change": BulkChange.objects.create(**job, action="delete", state="done"),
        "export": GuestExport.objects.create(**job, key=uuid.uuid4(), state="queued"),
        "bulk_adjustment": BulkAdjustment.objects.create(
            **job, program=program, amount=1, reason="goodwill", state="done"
        ),
        "adjustment": Adjustment.objects.create(
            company=company,
            guest=guest,
            program=program,
            amount=1,
            reason="goodwill",
            source_ref="1",
            asked_by=owner,
            asked_at=now,
            lapses_at=now + timedelta(days=1),
        ),
        "view": SavedView.objects.create(company=company, name="Mine", query=""),
        "restaurant": Restaurant.objects.create(company=company, name="Third"),
        "tier": MemberTier.objects.create(company=company, name="Gold"),
        "mapping": ColumnMapping.objects.create(company=company, name="Till", signature="x"),
        "member": Membership.objects.for_company(company).get(user=owner),
    }
    return {key: getattr(row, "number", row.pk) for key, row in made.items()} | {
        "format": "csv",
        "none": 1,
    }


def address(each: SimpleNamespace, company: Company, rows: dict[str, Any]) -> str:
    """Return the address in `company`, with the rows that its arguments stand for."""
    inside = each.route.removeprefix("c/<slug:company>/")
    found = {}
    for name in each.kwargs:
        matching = [known for known in ROWS if inside.startswith(known[0]) and known[1] == name]
        assert matching, f"say in ROWS which row <{name}> of {each.route} is"
        found[name] = rows[ROWS[max(matching, key=lambda known: len(known[0]))]]
    return reverse(each.name, kwargs={"company": company.slug, **found})


Answers = Iterator[tuple[str, int, Any]]
Ask = Callable[..., Answers]


@pytest.fixture
def ask(bella: Company, owner: User) -> Ask:
    """Call it with a client: each address of Bella's (or `only` those), by GET and by POST."""
    rows = world(bella, owner)

    def asked(client: Client, only: list[SimpleNamespace] = OF_COMPANIES) -> Answers:
        for each in only:
            url = address(each, bella, rows)
            for method in ("get", "post"):
                answer = getattr(client, method)(url)
                yield f"{method.upper()} {url}", answer.status_code, answer

    return asked


def unexpected(answers: Any, *allowed: int) -> list[str]:
    """Return what was answered otherwise. 405 tells of the method only, and opens nothing."""
    return [
        f"{what}: {status}"
        for what, status, _answer in answers
        if status not in allowed and not (status == 405 and what.startswith("GET"))
    ]


# -- The walk -------------------------------------------------------------------------------------


def test_there_are_pages_to_walk() -> None:
    assert len(OF_COMPANIES) > 40
    assert {"core:activity", "imports:list", "guests:list"} <= {each.name for each in OF_COMPANIES}


def test_a_stranger_is_led_to_sign_in(ask: Ask) -> None:
    for what, status, answer in ask(Client()):
        if status == 405 and what.startswith("GET"):
            continue
        assert status == 302, what
        assert answer["Location"].startswith("/login/?next="), what


def test_the_owner_next_door_finds_nothing(
    ask: Ask, outsider: User, sign_in: Callable[[User], Client]
) -> None:
    assert unexpected(ask(sign_in(outsider)), 404) == []


@pytest.mark.parametrize("role", Role.values)
def test_whoever_lacks_the_permission_is_refused(
    role: str,
    ask: Ask,
    bella: Company,
    manager: User,
    operator: User,
    host: User,
    owner: User,
    sign_in: Callable[[User], Client],
) -> None:
    people = {"owner": owner, "manager": manager, "operator": operator, "host": host}
    roles = declared()
    closed = [each for each in OF_COMPANIES if role not in roles[each.access]]
    assert closed or role == "owner"
    assert unexpected(ask(sign_in(people[role]), only=closed), 403) == []


@pytest.mark.parametrize("role", Role.values)
def test_whoever_has_the_permission_gets_the_page(
    role: str,
    bella: Company,
    owner: User,
    manager: User,
    operator: User,
    host: User,
    sign_in: Callable[[User], Client],
) -> None:
    people = {"owner": owner, "manager": manager, "operator": operator, "host": host}
    roles, rows, client = declared(), world(bella, owner), sign_in(people[role])
    wrong = []
    for each in OF_COMPANIES:
        if role not in roles[each.access] or each.name in NOT_EVEN_SO:
            continue
        url = address(each, bella, rows)
        status = client.get(url).status_code
        if status not in (200, 302, 400, 405):
            wrong.append(f"{url}: {status}")
    assert wrong == []


def test_rows_of_another_company_are_not_found_under_ones_own_address(
    bella: Company, roma: Company, owner: User, outsider: User, sign_in: Callable[[User], Client]
) -> None:
    rows = world(bella, owner)
    # Roma has none of these rows; the numbers that are counted in a company are Bella's own.
    client = sign_in(outsider)
    wrong = []
    for each in OF_COMPANIES:
        if not set(each.kwargs) & {"pk", "number"}:
            continue
        url = address(each, roma, rows)
        for method in ("get", "post"):
            status = getattr(client, method)(url).status_code
            if status != 404 and not (status == 405 and method == "get"):
                wrong.append(f"{method} {url}: {status}")
    assert wrong == []


def test_whoever_was_signed_out_in_between_is_told_that_nothing_was_saved(bella: Company) -> None:
    client, said = Client(), "what you sent was not saved"
    assert said not in client.get("/c/bella/guests/new/", follow=True).content.decode()
    for sent_to in ("/c/bella/guests/new/", "/account/"):
        page = client.post(sent_to, {"phone": "020 7946 0958"}, follow=True)
        assert said in page.content.decode()
        assert page.redirect_chain[0][0] == f"/login/?next={sent_to}"


def test_a_part_of_a_page_is_not_replaced_by_the_sign_in(
    bella: Company, manager: User, sign_in: Callable[[User], Client]
) -> None:
    part = {"HX-Request": "true"}
    answer = Client().get("/c/bella/guests/search/?q=a", headers=part)
    assert (answer.status_code, answer["Content-Type"]) == (401, "text/plain")
    assert "You have to sign in again: reload the page." in answer.content.decode()
    client = sign_in(manager)
    assert client.get("/c/bella/guests/search/?q=a", headers=part).status_code == 200
    Company.objects.filter(pk=bella.pk).update(requires_second_factor=True)
    assert client.get("/c/bella/guests/search/?q=a", headers=part).status_code == 401
    assert client.get("/c/bella/guests/search/?q=a").status_code == 302


def test_ones_own_pages_ask_for_a_sign_in(db: None) -> None:
    for each in EVERY:
        if each.access == SIGNED_IN:
            answer = Client().get(reverse(each.name, args=["bella"] * len(each.kwargs)))
            assert answer["Location"].startswith("/login/?next="), each.route


def test_only_what_belongs_to_signing_in_is_public() -> None:
    public = {each.name for each in EVERY if each.access == PUBLIC}
    assert public == {
        "login",
        "logout",
        "second_factor",
        "password_reset",
        "password_reset_done",
        "password_reset_confirm",
        "password_reset_complete",
        "unsubscribe",
    }


def test_somebody_deactivated_finds_nothing_at_once(
    bella: Company, manager: User, sign_in: Callable[[User], Client]
) -> None:
    client = sign_in(manager)
    page = reverse("core:activity", args=[bella.slug])
    assert client.get(page).status_code == 200
    Membership.objects.filter(user=manager).update(is_active=False)
    assert client.get(page).status_code == 404


# -- The check ------------------------------------------------------------------------------------


def _view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("open to the world")


class _Forgotten:
    """A URLconf in which somebody forgot to say who may open a page."""

    urlpatterns = [path("forgotten/", _view), path("fine/", public_view(lambda request: None))]


class _Unknown:
    urlpatterns = [path("x/", company_view("guests.no_such_thing")(_view))]


class _Declared:
    urlpatterns = [
        path("a/", signed_in_view(_view)),
        path("b/", company_view("core.view_change")(_view)),
    ]


def test_a_superuser_has_no_more_than_their_role(
    sign_in: Callable[[User], Client], bella: Company, roma: Company, host: User
) -> None:
    User.objects.filter(pk=host.pk).update(is_superuser=True)
    boss = User.objects.get(pk=host.pk)
    assert boss.has_perm("guests.view_guest", bella)
    assert not boss.has_perm("guests.outlet_setup", bella)
    assert not boss.has_perm("guests.view_guest", roma)
    assert not boss.has_perm("guests.view_guest")
    client = sign_in(boss)
    assert client.get(reverse("guests:list", args=[bella.slug])).status_code == 200
    assert client.get(reverse("guests:delete", args=[bella.slug])).status_code == 403


def test_what_a_role_loses_or_gains_holds_with_the_next_click(
    sign_in: Callable[[User], Client], bella: Company, manager: User
) -> None:
    # In another process, say: nothing here is told of it.
    client, address = sign_in(manager), reverse("loyalty:programs", args=[bella.slug])
    rows = Group.permissions.through.objects
    row = rows.get(group__name=Role.MANAGER, permission__codename="view_program")
    assert client.get(address).status_code == 200
    rows.filter(pk=row.pk).delete()
    assert client.get(address).status_code == 403
    rows.create(group=row.group, permission=row.permission)
    assert client.get(address).status_code == 200


def test_a_permission_put_in_another_s_place_is_seen(bella: Company, manager: User) -> None:
    rows = Group.permissions.through.objects
    row = rows.get(group__name=Role.MANAGER, permission__codename="view_program")
    assert manager.has_perm("loyalty.view_program", bella)
    rows.filter(pk=row.pk).delete()
    other = Permission.objects.get(codename="delete_program")
    rows.create(group=row.group, permission=other)
    again = User.objects.get(pk=manager.pk)
    assert again.has_perm("loyalty.delete_program", bella)
    assert not again.has_perm("loyalty.view_program", bella)


def test_what_one_may_is_read_with_the_company(
    sign_in: Callable[[User], Client],
    bella: Company,
    manager: User,
    django_assert_num_queries: Any,
) -> None:
    client, address = sign_in(manager), f"/c/{bella.slug}/guests/search/?q="
    client.get(address)
    with django_assert_num_queries(3):  # session, user, company
        assert client.get(address).status_code == 200


@pytest.mark.parametrize("limited", [False, True])
def test_restaurants_of_a_member_are_the_same_once_it_is_known_what_they_are(
    bella: Company, manager: User, limited: bool
) -> None:
    here, there = (bella.restaurants.create(name=name) for name in ("Here", "There"))
    if limited:
        Membership.objects.get(company=bella, user=manager).restaurants.set([here])
    own, only = ({here}, {here}) if limited else (set(bella.restaurants.all()), set())
    assert there in bella.restaurants.all()
    for _known in (False, True):
        assert set(Restaurant.objects.of_member(bella, manager)) == own
        assert set(Restaurant.objects.limiting(bella, manager)) == only
        assert manager.has_perm("guests.view_guest", bella)


def test_every_view_of_ours_declares_its_access() -> None:
    assert [each for each in run_checks() if each.id in ("core.E001", "core.E002")] == []


@pytest.mark.parametrize(
    ("urls", "ids"), [(_Forgotten, ["core.E001"]), (_Unknown, ["core.E002"]), (_Declared, [])]
)
def test_a_view_that_declares_nothing_fails_the_check(
    urls: Any, ids: list[str], settings: Any
) -> None:
    settings.ROOT_URLCONF = urls
    assert [each.id for each in views_declare_their_access()] == ids
