"""Who may open which page of an import, and what a page answers in the wrong state."""

import pytest
from django.urls import get_resolver

from core.models import Membership
from tests.imports.web import GOOD, MIXED, checked, draft, imported, page, under_way, undone

pytestmark = pytest.mark.django_db

READ, IMPORT, UNDO = "view", "add", "undo"
#: Each page of an import, by the method it is asked with: what one must be allowed.
PAGES = [
    ("get", "", READ),
    ("get", "columns", IMPORT),
    ("get", "check", IMPORT),
    ("get", "progress", READ),
    ("get", "result", READ),
    ("get", "errors", READ),
    ("get", "undo", UNDO),
    ("post", "undo", UNDO),
    ("post", "stop", IMPORT),
    ("post", "mend", IMPORT),
    ("post", "columns", IMPORT),
    ("post", "check", IMPORT),
]
COMPANY_PAGES = ["", "new/", "template.csv", "template.xlsx"]
MAY = {
    "owner": {READ, IMPORT, UNDO},
    "manager": {READ, IMPORT, UNDO},
    "operator": {READ, IMPORT},
    "host": set(),
}


def answers(client, job, **replaced):
    """Ask for each page, none of which changes anything so, and return the answers by page."""
    old, new = replaced.popitem() if replaced else ("", "")
    return {
        (method, name): getattr(client, method)(page(job, name).replace(old, new))
        for method, name, _needed in PAGES
    }


@pytest.mark.parametrize("role", MAY)
def test_each_role_opens_what_it_may(request, sign_in, bella, role):
    found = answers(sign_in(request.getfixturevalue(role)), imported(bella, None))
    closed = {asked for asked, answer in found.items() if answer.status_code == 403}
    assert closed == {(method, name) for method, name, needed in PAGES if needed not in MAY[role]}


@pytest.mark.parametrize("name", COMPANY_PAGES)
def test_a_host_opens_none_of_the_companys_pages(sign_in, bella, host, name):
    assert sign_in(host).get(f"/c/bella/imports/{name}").status_code == 403


def test_for_an_outsider_nothing_is_there(sign_in, bella, outsider):
    found = answers(sign_in(outsider), imported(bella, None))
    assert {answer.status_code for answer in found.values()} == {404}


def test_an_import_is_not_found_by_way_of_another_company(sign_in, bella, roma, outsider):
    found = answers(sign_in(outsider), imported(bella, None), bella="roma")
    assert {answer.status_code for answer in found.values()} == {404}


def test_whoever_is_not_signed_in_is_asked_to(client, bella):
    found = answers(client, imported(bella, None))
    assert all(answer.headers["Location"].startswith("/login/?next=") for answer in found.values())


def test_a_former_member_finds_nothing(sign_in, bella, manager):
    Membership.objects.filter(user=manager).update(is_active=False)
    assert sign_in(manager).get("/c/bella/imports/").status_code == 404


def test_every_view_of_imports_declares_who_may_open_it():
    patterns = get_resolver().url_patterns
    urls = next(each for each in patterns if getattr(each, "namespace", "") == "imports")
    assert [each.name for each in urls.url_patterns if not hasattr(each.callback, "access")] == []


# -- The wrong state


def states(bella, manager):
    return {
        "draft": draft(bella, manager),
        "checked": checked(bella, manager),
        "checking": under_way(draft(bella, manager), step="check"),
        "done": imported(bella, manager, MIXED, partial=True),
        "undone": undone(bella, manager, GOOD.replace("94609", "94608")),
        "running": under_way(draft(bella, manager)),
    }


@pytest.mark.parametrize(
    ("state", "home"),
    [
        ("draft", "columns"),
        ("checked", "check"),
        ("checking", "check"),
        ("running", "progress"),
        ("done", "result"),
        ("undone", "undo"),
    ],
)
def test_every_page_leads_to_one_that_fits_the_state(sign_in, bella, manager, state, home):
    job = states(bella, manager)[state]
    client = sign_in(manager)
    assert client.get(page(job)).headers["Location"] == page(job, home)
    for name in ("columns", "check", "progress", "result", "undo"):
        answer = client.get(page(job, name), follow=True)
        assert answer.status_code == 200
        assert len(answer.redirect_chain) <= 1


@pytest.mark.parametrize("name", ["columns", "check"])
def test_changing_what_is_under_way_is_refused_with_a_message(sign_in, bella, manager, name):
    job = under_way(draft(bella, manager))
    data = {"column_1": "phone", "action": "check", "policy": "update"}
    answer = sign_in(manager).post(page(job, name), data, follow=True)
    assert "This import is running by now: nothing was changed." in answer.content.decode()
    job.refresh_from_db()
    assert (job.state, job.step) == ("running", "import")


def test_importing_twice_starts_one_import(sign_in, bella, manager):
    job = checked(bella, manager)
    client = sign_in(manager)
    data = {"policy": "update", "results_to": manager.email, "action": "import"}
    client.post(page(job, "check"), data)
    answer = client.post(page(job, "check"), data, follow=True)
    assert "This import is waiting by now: nothing was changed." in answer.content.decode()
    assert answer.redirect_chain[-1][0] == page(job, "progress")


# -- Queries


#: Session, user, company with what its member may do, the import: four. The columns
#: add saved mappings and an earlier import of the file; the check the categories; the result its
#: rows, corrections and mail; the undo its rows (twice), guests, referrers and their number.
@pytest.mark.parametrize(
    ("name", "make", "queries"),
    [
        ("columns", draft, 6),
        ("check", checked, 5),
        ("result", imported, 7),
        ("undo", imported, 10),
    ],
)
def test_a_page_asks_the_database_a_fixed_number_of_times(
    sign_in, bella, manager, django_assert_num_queries, name, make, queries
):
    for content in (MIXED, many(80)):
        job = make(bella, manager, content, partial=True)
        address, client = page(job, name), sign_in(manager)
        with django_assert_num_queries(queries):
            assert client.get(address).status_code == 200


def many(count):
    """Return a file in which every second row is wrong."""
    rows = (f"+4420794{number:05},Guest {number},,{'x' * (number % 2)}" for number in range(count))
    return "\n".join([MIXED.splitlines()[0], *rows, ""])
