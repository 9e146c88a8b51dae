"""Finding a guest by what was typed: telephones in any way, names in any case, e-mail, cards."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guests.models import Card, Guest
from guests.querysets import search
from loyalty.models import Account, Program
from tests.guests.cast import card, guest, merge

pytestmark = pytest.mark.django_db


NOW = datetime(2026, 11, 24, 19, tzinfo=UTC)


def names(company, text):
    guests = Guest.objects.for_company(company).search(text, company)
    return sorted(guests.values_list("first_name", flat=True))


@pytest.fixture
def people(bella, roma):
    anna = guest(bella, "+447700900123", first_name="Anna", last_name="Petrova",
                 email="Anna.P@Example.com")  # fmt: skip
    guest(bella, "+442079460958", first_name="Zoë", middle_name="Mary Jane", last_name="O'Neill")
    guest(bella, "+79161234567", first_name="Пётр", last_name="Соловьёв", email="petr@mail.ru")
    guest(roma, "+390612345678", first_name="Anna", last_name="Rossi")
    card(anna, "A-7001", "T0001X")
    return anna


@pytest.mark.parametrize(
    "text",
    [
        "+447700900123", "+44 7700 900 123", "+44 (0)7700 900123", "0044 7700 900123",
        "07700900123", "07700 900-123", "(07700) 900 123", "7700900123", "900123", "0123", "00 90",
        "447700", "+4477", "077009", "anna", "ANNA", "Ánna", "nna", "petrova anna", "Anna, Petrova",
        "Petro", "anna.p@example", "EXAMPLE.COM", "a-7001", "A-70", "t0001", "T0001X", "anna 0123",
    ],
)  # fmt: skip
def test_anna_is_found(bella, people, text):
    assert names(bella, text) == ["Anna"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zoe", ["Zoë"]), ("o'neill", ["Zoë"]), ("mary", ["Zoë"]), ("пётр", ["Пётр"]),
        ("ПЕТР", ["Пётр"]), ("соловьев", ["Пётр"]), ("mail.ru", ["Пётр"]), ("8 916", []),
        ("916 123", ["Пётр"]), ("anna zoe", []), ("9999", []), ("7001", []), ("%", []), ("_", []),
        ("a_na", []), ("an%", []), ("'", ["Anna", "Zoë", "Пётр"]),
        ("\x00", ["Anna", "Zoë", "Пётр"]),
        ("   ", ["Anna", "Zoë", "Пётр"]), ("\\", []), ("5500900123", []), ("+447700900124", []),
        ("447700900123", ["Anna"]), ("00447700900123", ["Anna"]), ("004477", ["Anna"]),
    ],
)  # fmt: skip
def test_others_are_found_or_not(bella, people, text, expected):
    assert names(bella, text) == expected


@pytest.mark.parametrize(
    ("text", "trigrams"),
    [
        ("thompson", ["tho", "omp", "pso", "son"]),
        ("johnson", ["joh", "hns", "son"]),
        ("emma.smith", ["emm", "mma", "smi", "ith"]),
        ("соловьев", ["сол", "лов", "вье", "ьев"]),
        ("aaaaaaa", ["aaa"]),
        # Four letters are two trigrams; and beside a short word it counts where one begins.
        ("emma", []),
        ("emma.li", []),
        ("...", []),
    ],
)
def test_a_word_is_looked_up_by_every_other_trigram(text, trigrams):
    assert search._every_other_trigram(text) == trigrams


@pytest.mark.parametrize(
    "text", ["nnasmith", "anna.smith", "smith.anna", "annasmiths", "Annasmith"]
)
def test_all_of_a_word_stands_where_its_trigrams_do(bella, text):
    guest(bella, "+447700900124", first_name="Anna", last_name="Smith", email="ann@asmiths.uk")
    guest(bella, "+447700900125", first_name="Nnas", last_name="Smithsanna")
    found = guest(bella, "+447700900126", first_name="It", last_name=f"x{text}x")
    assert names(bella, text) == [found.first_name]


def test_two_letters_are_found_only_where_a_word_begins(bella, people):
    assert names(bella, "an") == ["Anna"]
    assert names(bella, "nn") == []


def test_a_company_finds_none_but_its_own(bella, roma, people):
    assert names(roma, "anna") == ["Anna"]
    assert Guest.objects.for_company(roma).search("anna", roma).get().last_name == "Rossi"
    assert names(roma, "A-7001") == []


def test_a_long_text_costs_no_more_than_its_first_words(bella, people):
    with CaptureQueriesContext(connection) as queries:
        list(Guest.objects.for_company(bella).search("a1b2c3 " * 500, bella))
    assert len(queries) <= 10


def test_very_many_cards_that_begin_so_are_found_all_the_same(bella, monkeypatch):
    monkeypatch.setattr("guests.querysets.guests.FEW_CARDS", 2)
    for n in range(5):
        card(guest(bella, f"+44770090010{n}", first_name=f"G{n}"), f"9900{n}")
    assert names(bella, "99") == []
    assert names(bella, "990") == ["G0", "G1", "G2", "G3", "G4"]
    assert names(bella, "990 G3") == ["G3"]


@pytest.mark.parametrize("text", ["nna", "0123", "petrova anna", "mail.ru", "A-70", "xyz"])
def test_the_same_are_found_when_they_are_too_many_to_be_looked_up(
    bella, people, monkeypatch, text
):
    looked_up = names(bella, text)
    monkeypatch.setattr("guests.querysets.searched_texts._FEW", 0)
    assert names(bella, text) == looked_up


@pytest.mark.sqlite
@pytest.mark.parametrize("text", ["nna", "0123", "petrova anna", "A-70", "an"])
def test_sqlite_reads_nothing_of_all_guests_but_their_searched_texts_and_once(bella, people, text):
    with CaptureQueriesContext(connection) as queries:
        assert names(bella, text) == ["Anna"]
    steps = "\n".join(map(plan_of, queries)).splitlines()
    of_all = [step for step in steps if "guests_guest" in step and "(company_id=?)" in step]
    assert of_all == [
        "SEARCH guests_guest USING COVERING INDEX guest_by_searched_text (company_id=?)"
    ]


@pytest.mark.sqlite
def test_sqlite_does_not_look_at_very_many_cards_anew_for_every_guest(bella, monkeypatch):
    monkeypatch.setattr("guests.querysets.guests.FEW_CARDS", 2)
    for n in range(5):
        card(guest(bella, f"+44770090010{n}"), f"9900{n}")
    with CaptureQueriesContext(connection) as queries:
        assert len(names(bella, "990")) == 5
    assert "CORRELATED" not in "".join(map(plan_of, queries))


def plan_of(query):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}".replace("%", "%%"))
        return "\n".join(row[3] for row in cursor.fetchall())


# -- The search in the bar ----------------------------------------------------------------------

URL = "/c/bella/guests/search/"


@pytest.fixture
def client(sign_in, host):
    return sign_in(host)


def hits(answer):
    return [str(hit["guest"]) for hit in answer.context["hits"]]


def test_a_guest_on_the_phone_is_found_by_the_last_four_digits_first(client, bella, people):
    guest(bella, "+447700901234", first_name="Middle")
    answer = client.get(URL, {"q": "0123"})
    assert hits(answer) == ["Anna Petrova", "Middle"]


def test_a_hit_says_tier_balance_and_last_visit_and_deleted_ones_come_last(client, bella, people):
    program = Program.objects.create(
        company=bella, name="Points", code="p", currency="GBP", is_default=True
    )
    Account.objects.create(company=bella, guest=people, program=program, balance=41200)
    guest(bella, "+447700900999", first_name="Anna", last_name="Gone", is_active=False)
    answer = client.get(URL, {"q": "anna"}, headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert hits(answer) == ["Anna Petrova", "Anna Gone"]
    assert "<html" not in page
    for part in ("41,200 points", "No visit yet", "Deleted", f"/c/bella/guests/{people.pk}/"):
        assert part in page


@pytest.mark.parametrize("shown", [2, 3, 5, 9])
def test_hits_of_a_name_come_by_their_last_visit_however_many_are_shown(bella, shown):
    visits = {"Old": 3, "New": 1, "Never": None, "Gone": 0, "Middle": 2}
    for n, (name, days) in enumerate(visits.items()):
        guest(
            bella, f"+44770090020{n}", first_name="Max", last_name=name,
            is_active=name != "Gone",
            last_visit_at=None if days is None else NOW - timedelta(days=days),
        )  # fmt: skip
    found = Guest.objects.for_company(bella).search("max", bella).likeliest("max", shown)
    order = ["New", "Middle", "Old", "Never", "Gone"]
    assert [each.last_name for each in found] == order[:shown]


def test_of_digits_a_telephone_that_ends_so_goes_before_a_later_visit(bella):
    for phone, name, days in (
        ("+447700901234", "Middle", 0), ("+447700950123", "End", 9), ("+447700990123", "Ended", 2),
        ("+447700970123", "Unseen", None),
    ):  # fmt: skip
        visit = None if days is None else NOW - timedelta(days=days)
        guest(bella, phone, first_name=name, last_visit_at=visit)
    found = Guest.objects.for_company(bella).search("0123", bella)
    order = ["Ended", "End", "Unseen", "Middle"]
    for count in range(1, 5):
        hits_ = [each.first_name for each in found.likeliest("0123", count)]
        assert hits_ == order[:count]


@pytest.mark.parametrize("digits", ["123", "0123", "990123", "07700 990123", "447700990123"])
def test_a_telephone_that_ends_so_goes_first_of_whom_nothing_else_is_known_too(bella, digits):
    guest(bella, "+447709901234", first_name="Middle", last_visit_at=NOW)
    guest(bella, "+447700990123", last_visit_at=NOW - timedelta(days=2))
    guest(bella, "+447700990124", email="x0123@x.example", last_visit_at=NOW)
    found = Guest.objects.for_company(bella).search(digits, bella)
    assert [each.phone for each in found.likeliest(digits, 1)] == ["+447700990123"]


def test_eight_hits_are_shown_and_a_way_to_all(client, bella):
    for n in range(9):
        guest(bella, f"+44770090010{n}", first_name="Max", last_name=str(n))
    answer = client.get(URL, {"q": "max"})
    assert len(hits(answer)) == 8
    assert "/c/bella/guests/?q=max&amp;inactive=on" in answer.content.decode()


def test_a_single_hit_sent_with_enter_is_opened(client, bella, people):
    assert client.get(URL, {"q": "A-7001"}).headers["Location"] == f"/c/bella/guests/{people.pk}/"
    while_typing = client.get(URL, {"q": "A-7001"}, headers={"HX-Request": "true"})
    assert while_typing.status_code == 200


def test_nobody_found_is_said_and_a_number_can_be_created(client, bella, people):
    page = client.get(URL, {"q": "07700 900555"}).content.decode()
    assert "Nobody found for “07700 900555”." in page
    assert "/c/bella/guests/new/?phone=07700%20900555" in page


@pytest.mark.parametrize("text", ["95", "anna 95"])
def test_of_a_letter_or_two_it_is_not_said_that_nobody_has_them(client, bella, people, text):
    page = client.get(URL, {"q": text}).content.decode()
    assert "One or two letters or digits are found only where a word begins." in page
    assert "Nobody found" not in page


@pytest.mark.parametrize("text", ["07700 900555", "0555", "oldname", "old@example.com"])
def test_what_a_merged_guest_had_leads_to_the_kept_one(client, bella, people, text):
    other = guest(bella, "+447700900555", first_name="Anna", last_name="Oldname",
                  email="old@example.com")  # fmt: skip
    last = guest(bella, "+447700900556", first_name="Ann", last_name="Petrova", email="a@e.example")
    merge(last, other, email="kept", last_name="kept")
    people.refresh_from_db()
    last.refresh_from_db()
    merge(people, last, email="kept", first_name="kept")
    answer = client.get(URL, {"q": text})
    page = answer.content.decode()
    assert hits(answer) == ["Anna Petrova"]
    assert f"“{text}” is of a guest who was merged into:" in page
    assert "/guests/new/" not in page


def test_who_is_found_without_is_not_looked_for_among_the_merged(client, bella, people):
    other = guest(bella, "+447700900555", first_name="Annabel", email="bel@example.com")
    merge(guest(bella, "+447700900556", first_name="Bella"), other, first_name="kept")
    answer = client.get(URL, {"q": "anna"}, headers={"HX-Request": "true"})
    assert hits(answer) == ["Anna Petrova"]
    assert "merged" not in answer.content.decode()


@pytest.mark.parametrize("text", ["", "   ", "\x00", "%", "x" * 500])
def test_no_text_breaks_the_search(client, bella, people, text):
    assert client.get(URL, {"q": text}).status_code in (200, 302)
    assert client.get(URL, {"q": text}, headers={"HX-Request": "true"}).status_code == 200


def test_queries_of_the_search_are_the_same_for_any_number_of_hits(client, bella):
    Program.objects.create(company=bella, name="P", code="p", currency="GBP", is_default=True)

    def cost():
        client.get("/c/bella/guests/search/?q=zzz")
        with CaptureQueriesContext(connection) as queries:
            client.get(URL, {"q": "max"}, headers={"HX-Request": "true"})
        return len(queries)

    for n in range(2):
        guest(bella, f"+44770090010{n}", first_name="Max")
    few = cost()
    for n in range(2, 9):
        guest(bella, f"+44770090010{n}", first_name="Max")
    assert cost() == few


def test_the_bar_has_a_search_for_whoever_may_see_guests(client, bella):
    assert 'id="bar-search"' in client.get("/c/bella/guests/").content.decode()


def test_a_card_is_found_by_its_track_or_its_number_in_any_case(bella, people):
    found = Card.objects.for_company(bella).beginning_with("t00")
    assert [each.track for each in found] == ["T0001X"]
