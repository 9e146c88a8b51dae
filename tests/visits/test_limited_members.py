"""A member of some restaurants: all guests, but orders and takings only of these restaurants."""

import csv
import io
import json

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from core.models import Membership
from core.services import jobs
from guests.models import BulkChange, Guest, GuestExport
from guests.services import exports
from tests.imports.web import one_thread
from tests.visits.conftest import draft, record


@pytest.fixture
def visited(bella, anna):
    """Anna was in Soho once and in Camden twice."""
    record(
        bella,
        draft(bella, "S-1", anna, "20", place=0),
        draft(bella, "C-1", anna, "500", place=1),
        draft(bella, "C-2", anna, "700", place=1, days=1),
    )
    anna.refresh_from_db()
    return anna


@pytest.fixture
def soho_manager(bella, manager):
    soho = bella.restaurants.get(name="Bella Soho")
    Membership.objects.get(user=manager).restaurants.set([soho])
    return manager


def test_orders_are_those_of_the_own_restaurants(sign_in, soho_manager, owner, visited):
    url = reverse("visits:orders", args=["bella", visited.pk])
    page = sign_in(soho_manager).get(url).content.decode()
    assert "S-1" in page
    assert "C-1" not in page
    assert "Only orders of Bella Soho" in page
    assert "C-1" in (everything := sign_in(owner).get(url).content.decode())
    assert "Only orders of" not in everything


def test_who_was_only_elsewhere_is_not_said_never_to_have_ordered(
    sign_in, soho_manager, bella, anna
):
    record(bella, draft(bella, "C-1", anna, place=1))
    page = sign_in(soho_manager).get(reverse("visits:orders", args=["bella", anna.pk]))
    assert "No orders here yet" in page.content.decode()


def test_the_record_counts_visits_of_the_own_restaurants_beside_the_whole(
    sign_in, soho_manager, visited
):
    page = sign_in(soho_manager).get(reverse("guests:record", args=["bella", visited.pk]))
    html = " ".join(page.content.decode().split())
    assert "only of Bella Soho" in html
    assert "Bella Camden" not in html


def test_takings_are_those_of_the_own_restaurants(sign_in, soho_manager, owner, visited):
    url = reverse("core:company", args=["bella"])
    own = sign_in(soho_manager).get(url).content.decode()
    assert "Only of Bella Soho" in own
    assert "Only of Bella Soho" not in sign_in(owner).get(url).content.decode()


def test_guests_are_narrowed_down_by_the_own_restaurants_only(
    bella, sign_in, soho_manager, owner, visited
):
    soho, camden = bella.restaurants.order_by("-name")
    url = reverse("guests:list", args=["bella"])
    page = sign_in(soho_manager).get(url, {"restaurant": soho.pk})
    assert [row.guest.pk for row in page.context["rows"]] == [visited.pk]
    assert "Bella Camden" not in page.content.decode()
    refused = sign_in(soho_manager).get(url, {"restaurant": camden.pk})
    assert refused.context["filter_form"].errors
    allowed = sign_in(owner).get(url, {"restaurant": camden.pk})
    assert [row.guest.pk for row in allowed.context["rows"]] == [visited.pk]


def test_every_guest_is_on_the_list_of_a_member_of_some_restaurants(
    sign_in, soho_manager, visited, boris
):
    page = sign_in(soho_manager).get(reverse("guests:list", args=["bella"]), {"sort": "name"})
    assert {row.guest.pk for row in page.context["rows"]} == {visited.pk, boris.pk}


def test_the_rule_stands_where_restaurants_are_chosen(sign_in, bella, owner, manager):
    member = Membership.objects.get(user=manager)
    page = sign_in(owner).get(reverse("core:settings_member", args=["bella", member.pk]))
    assert "Guests are the company’s" in page.content.decode()


# -- Files ----------------------------------------------------------------------------------------


def everything(client, guest):
    answer = client.get(reverse("guests:everything", args=["bella", guest.pk]))
    return json.loads(answer.content), answer["Content-Disposition"]


def test_everything_about_a_guest_holds_orders_of_the_own_restaurants(
    sign_in, soho_manager, owner, visited
):
    told, name = everything(sign_in(soho_manager), visited)
    assert [order["number"] for order in told["orders"]] == ["S-1"]
    assert told["orders_only_of"] == ["Bella Soho"]
    assert "own-restaurants-only" in name
    assert told["guest"]["orders_total"] == "1220.0000"
    whole, name = everything(sign_in(owner), visited)
    assert len(whole["orders"]) == 3
    assert "orders_only_of" not in whole
    assert "own" not in name


@pytest.fixture
def imported(bella, visited, tmp_path, capsys):
    """Two orders of Anna's came in a file, one for each restaurant, and a line that failed."""
    path = tmp_path / "orders.csv"
    path.write_text(
        "restaurant,external_id,phone,total,closed_at\n"
        f"Bella Soho,S-9,{visited.phone},31.25,2026-03-10 21:40\n"
        f"Bella Camden,C-9,{visited.phone},912.75,2026-03-11 13:05\n"
        f"Bella Camden,C-10,{visited.phone},4455.5,yesterday\n"
    )
    with one_thread(), pytest.raises(SystemExit):
        call_command("import_orders", str(path), "--company", "bella", "--partial")
    return bella


def test_lines_of_files_that_brought_orders_of_others_are_kept_back(
    sign_in, soho_manager, owner, imported, visited
):
    own, _name = everything(sign_in(soho_manager), visited)
    assert [line["line"] for line in own["imports"]] == [2]
    assert "912.75" not in json.dumps(own)
    whole, _name = everything(sign_in(owner), visited)
    assert [line["line"] for line in whole["imports"]] == [2, 3]


def test_failed_lines_of_orders_are_closed_to_members_of_some_restaurants(
    sign_in, soho_manager, manager, owner, imported
):
    result = reverse("imports:result", args=["bella", 1])
    errors = reverse("imports:errors", args=["bella", 1])
    mend = reverse("imports:mend", args=["bella", 1])
    client = sign_in(soho_manager)
    page = client.get(result).content.decode()
    assert "4455.5" not in page
    assert errors not in page
    assert "a member for all of them" in page
    assert client.get(errors).status_code == 403
    assert client.post(mend).status_code == 403
    assert "4455.5" in sign_in(owner).get(result).content.decode()
    assert sign_in(owner).get(errors).status_code == 200


def table(answer):
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))[1:]


def test_nobody_exports_who_was_in_another_restaurant(
    bella, sign_in, soho_manager, owner, visited, boris
):
    soho, camden = bella.restaurants.order_by("-name")
    url, data = reverse("guests:export", args=["bella"]), {"shape": "list", "format": "csv"}
    refused = sign_in(soho_manager).post(f"{url}?restaurant={camden.pk}", data)
    assert not refused.streaming
    assert not GuestExport.objects.exists()
    assert len(table(sign_in(soho_manager).post(f"{url}?restaurant={soho.pk}", data))) == 1
    assert len(table(sign_in(owner).post(f"{url}?restaurant={camden.pk}", data))) == 1
    assert len(table(sign_in(soho_manager).post(url, data))) == 2


def test_a_worker_looks_for_whoever_asked(bella, soho_manager, owner, visited):
    camden = bella.restaurants.get(name="Bella Camden")
    for actor, guests in ((soho_manager, 0), (owner, 1)):
        draft = GuestExport(shape="list", format="csv", query=f"restaurant={camden.pk}")
        asked = exports.request_export(
            company=bella, draft=draft, total=1, results_to="", actor=actor, now=timezone.now()
        )
        jobs.run(GuestExport, asked.pk)
        asked.refresh_from_db()
        assert (asked.state, asked.done) == ("done", guests)


def test_the_file_of_an_export_about_another_restaurant_is_closed(
    bella, sign_in, soho_manager, owner, visited
):
    camden = bella.restaurants.get(name="Bella Camden")
    for query in (f"restaurant={camden.pk}", "q=anna"):
        draft = GuestExport(shape="list", format="csv", query=query)
        asked = exports.request_export(
            company=bella, draft=draft, total=1, results_to="", actor=owner, now=timezone.now()
        )
        jobs.run(GuestExport, asked.pk)
    closed, open_ = (reverse("guests:export_download", args=["bella", n]) for n in (1, 2))
    client = sign_in(soho_manager)
    assert client.get(closed).status_code == 403
    assert client.get(open_).status_code == 200
    page = client.get(reverse("guests:exports", args=["bella"])).content.decode()
    assert closed not in page
    assert open_ in page
    detail = client.get(reverse("guests:export_detail", args=["bella", 1])).content.decode()
    assert "closed to you" in detail
    assert closed not in detail
    assert sign_in(owner).get(closed).status_code == 200


def test_no_bulk_change_is_about_who_was_in_another_restaurant(
    bella, sign_in, soho_manager, owner, visited
):
    camden = bella.restaurants.get(name="Bella Camden")
    url = f"{reverse('guests:delete', args=['bella'])}?restaurant={camden.pk}"
    assert "These filters cannot be read" in sign_in(soho_manager).get(url).content.decode()
    page = sign_in(owner).get(url)
    seen = page.context["form"].initial["seen"]
    sign_in(soho_manager).post(url, {"seen": seen, "number": "1"})
    assert not BulkChange.objects.exists()
    assert Guest.objects.get(pk=visited.pk).is_active


def test_activity_keeps_the_totals_of_orders_of_others(
    bella, sign_in, soho_manager, owner, visited, anna
):
    record(bella, draft(bella, "S-1", anna, "21.5", place=0))
    record(bella, draft(bella, "C-1", anna, "501.5", place=1))
    url = reverse("core:activity", args=["bella"])
    own = sign_in(soho_manager).get(url).content.decode()
    assert "21.5" in own
    assert "501.5" not in own
    assert "501.5" in sign_in(owner).get(url).content.decode()
