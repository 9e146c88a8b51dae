"""A guest's record as a form: created, changed, refused, each with what was typed kept."""

import datetime

import pytest
from django.utils import timezone

from core.models import Change
from guests.forms.record import RecordForm
from guests.forms.referrers import label_of
from guests.models import BulkChange, Card, Category, ErasedPhone, Guest, MemberTier
from guests.privacy import erasure_digest
from guests.services.bulk_changes import delete_category, request_undo
from guests.services.records import Draft, update_guest
from tests.guests.cast import ANN, ANNA, card, external_id, guest, names_of_categories, put_in
from tests.guests.crowds import confirmed
from tests.guests.records import text_of, typed

pytestmark = pytest.mark.django_db

NEW = "/c/bella/guests/new/"
NOW = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)


def of(anna):
    return f"/c/bella/guests/{anna.pk}/"


def fresh(anna):
    return Guest.objects.get(pk=anna.pk)


def save(client, address, **changed):
    """Open the form, change some fields and send it; return the answer."""
    return client.post(address, typed(client.get(address), **changed))


# -- A new guest


def test_a_new_guest_has_what_the_company_has_by_default(sign_in, bella, host):
    bella.default_consent, bella.default_subscribed = "given", False
    bella.save(update_fields=["default_consent", "default_subscribed"])
    Category.objects.create(company=bella, name="Regulars", is_default=True)
    Category.objects.create(company=bella, name="Press")
    answer = save(sign_in(host), NEW, phone="020 7946 0958")
    made = Guest.objects.get()
    assert answer.headers["Location"] == of(made)
    assert (made.phone, made.consent, made.subscribed) == (ANNA, "given", False)
    assert made.is_active
    assert names_of_categories(made) == {"Regulars"}


def test_a_default_category_that_is_unticked_is_left_out(sign_in, bella, host):
    Category.objects.create(company=bella, name="Regulars", is_default=True)
    save(sign_in(host), NEW, phone=ANNA, categories=[])
    assert names_of_categories(Guest.objects.get()) == set()


@pytest.mark.parametrize("is_new", [True, False])
def test_a_tier_that_is_deleted_in_the_very_moment_is_told_at_its_field(
    sign_in, bella, manager, monkeypatch, is_new
):
    gold = MemberTier.objects.create(company=bella, name="Gold")
    address = NEW if is_new else of(guest(bella))
    draft = RecordForm.draft

    def deleted_first(form):
        MemberTier.objects.filter(pk=gold.pk).delete()
        return draft(form)

    monkeypatch.setattr(RecordForm, "draft", deleted_first)
    client = sign_in(manager)
    page = save(client, address, phone=ANNA, first_name="Anna", member_tier=str(gold.pk))
    assert "This tier was deleted meanwhile. Choose another." in text_of(page)
    assert "Gold" not in text_of(page)
    assert not Guest.objects.filter(first_name="Anna").exists()


def test_every_field_is_kept_and_shown_again(sign_in, bella, manager):
    gold = MemberTier.objects.create(company=bella, name="Gold")
    vip = Category.objects.create(company=bella, name="VIP")
    peter = guest(bella, ANN, first_name="Peter", last_name="Collins")
    client = sign_in(manager)
    answer = save(
        client,
        NEW,
        phone=ANNA,
        email="anna@Example.com",
        last_name="Petrova",
        first_name="Anna",
        middle_name="Maria",
        birthday="1988-02-29",
        sex="female",
        employee_id="E-12",
        member_number="M-100",
        member_tier=str(gold.pk),
        image_url="https://example.com/anna.jpg",
        consent="given",
        consent_details="Form 12",
        consent_date="2024-05-01",
        referrer="Collins Peter",
        comment="Window table.\r\nNo nuts.",
        categories=[str(vip.pk)],
        subscribed=None,
        card__number=["111", "", "222"],
        card__track=["t1", "", ""],
        external__id=["C-1", "C-2"],
    )
    made = Guest.objects.get(phone=ANNA)
    assert answer.headers["Location"] == of(made)
    fields = ("email", "last_name", "first_name", "middle_name", "sex", "employee_id")
    assert [getattr(made, name) for name in fields] == [
        "anna@example.com", "Petrova", "Anna", "Maria", "female", "E-12",
    ]  # fmt: skip
    assert (made.birthday, made.consent_date) == (
        datetime.date(1988, 2, 29),
        datetime.date(2024, 5, 1),
    )
    assert (made.member_number, made.member_tier_id, made.referrer_id) == (
        "M-100",
        gold.pk,
        peter.pk,
    )
    assert made.image_url == "https://example.com/anna.jpg"
    assert (made.consent, made.consent_details) == ("given", "Form 12")
    assert made.comment == "Window table.\nNo nuts."
    assert not made.subscribed
    assert set(Card.objects.values_list("number", "track")) == {("111", "t1"), ("222", None)}
    assert set(made.external_ids.values_list("value", flat=True)) == {"C-1", "C-2"}
    assert names_of_categories(made) == {"VIP"}

    # Sent back as it is shown, it changes nothing.
    answer = client.post(of(made), typed(client.get(of(made))), follow=True)
    assert "Nothing was changed." in text_of(answer)
    assert fresh(made).version == 1


def test_what_is_wrong_is_said_all_at_once_and_what_was_typed_stays(sign_in, bella, host):
    answer = save(
        sign_in(host),
        NEW,
        phone="12",
        email="anna-example.com",
        birthday="2090-01-01",
        image_url="javascript:alert(1)",
        first_name="Anna",
        card__number="7" * 65,
        referrer="Nobody At All",
    )
    said = text_of(answer)
    assert "There is a problem" in said
    assert "“12” has too few digits for a phone number." in said
    assert "“anna-example.com” is not an e-mail address" in said
    assert "The birthday “2090-01-01” is in the future." in said
    assert "it must start with https:// or http://" in said
    assert "Card number: “777" in said
    assert "Nobody is found by “Nobody At All”." in said
    for value in ("anna-example.com", "javascript:alert(1)", "Anna", "7" * 65, "Nobody At All"):
        assert f'value="{value}"' in answer.content.decode()
    assert not Guest.objects.exists()


def test_a_telephone_is_needed(sign_in, bella, host):
    assert "Enter a telephone number: it finds the guest." in text_of(save(sign_in(host), NEW))


def test_a_guest_without_a_name_is_called_by_the_telephone_in_groups(sign_in, bella, host):
    client = sign_in(host)
    made = save(client, NEW, phone=ANN)
    assert "+44 20 7946 0959 is a guest now." in text_of(client.get(made.headers["Location"]))
    assert "This is the telephone of +44 20 7946 0959." in text_of(save(client, NEW, phone=ANN))


def test_the_telephone_that_was_looked_for_is_in_the_form(sign_in, bella, host):
    page = sign_in(host).get(f"{NEW}?phone=07700 900123")
    assert 'value="07700 900123"' in page.content.decode()


# -- What belongs to somebody else


def belongings(bella):
    """Return a guest who has one of everything that only one can have."""
    ann = guest(bella, ANN, first_name="Ann", last_name="Other", member_number="M-1")
    card(ann, "111", "t1")
    external_id(ann, "C-1")
    return ann


CLAIMS = [
    ("phone", ANN, "Telephone: This is the telephone of Ann Other."),
    ("member_number", "M-1", "Member number: This is the member number of Ann Other."),
    ("card__number", "111", "Card number: Ann Other has a card with this number."),
    ("card__track", "t1", "Track: Ann Other has a card with this track."),
    ("external__id", "C-1", "External ID: This is an ID of Ann Other."),
]


@pytest.mark.parametrize(("field", "value", "said"), CLAIMS)
def test_what_somebody_else_has_is_said_with_whose_it_is_and_a_link(
    sign_in, bella, manager, field, value, said
):
    ann, anna = belongings(bella), guest(bella, first_name="Anna")
    answer = save(sign_in(manager), of(anna), first_name="Anya", **{field: value})
    assert said in text_of(answer)
    assert f'<a href="{of(ann)}">Open Ann Other</a>' in answer.content.decode()
    assert 'value="Anya"' in answer.content.decode()
    assert fresh(anna).first_name == "Anna"


@pytest.mark.parametrize(("field", "value", "said"), CLAIMS)
def test_the_company_next_door_may_have_the_same(
    sign_in, bella, roma, outsider, field, value, said
):
    belongings(bella)
    data = {"phone": "+393312345678", field: value}
    answer = save(sign_in(outsider), "/c/roma/guests/new/", **data)
    assert answer.status_code == 302, text_of(answer)


def test_a_deleted_guest_who_has_the_telephone_can_be_restored(sign_in, bella, manager):
    gone = guest(bella, first_name="Anna", last_name="Petrova", is_active=False)
    client = sign_in(manager)
    for answer in (client.get(f"{NEW}?phone=020 7946 0958"), save(client, NEW, phone=ANNA)):
        assert "This is the telephone of Anna Petrova, who is deleted." in text_of(answer)
        assert "Restore Anna Petrova" in text_of(answer)
        assert f'id="restore-{gone.pk}"' in answer.content.decode()
    answer = client.post(f"{of(gone)}restore/", follow=True)
    assert "Anna Petrova is restored." in text_of(answer)
    assert fresh(gone).is_active
    assert Change.objects.about(gone).get().action == "restore_guest"


def test_who_may_not_restore_is_led_there_and_no_further(sign_in, bella, host):
    gone = guest(bella, first_name="Anna", is_active=False)
    client = sign_in(host)
    answer = save(client, NEW, phone=ANNA)
    assert "Open Anna" in text_of(answer)
    assert "Restore Anna" not in text_of(answer)
    assert client.post(f"{of(gone)}restore/").status_code == 403
    assert not fresh(gone).is_active


def test_the_telephone_of_a_merged_guest_leads_to_the_kept_one(sign_in, bella, host):
    kept = guest(bella, ANN, first_name="Kept")
    guest(bella, first_name="Merged", is_active=False, phone=ANNA)
    Guest.objects.filter(phone=ANNA).update(merged_into=kept)
    answer = save(sign_in(host), NEW, phone=ANNA)
    assert "This is the telephone of Kept, into whom another guest was merged." in text_of(answer)
    assert f'<a href="{of(kept)}">' in answer.content.decode()


def test_whoever_asked_to_be_forgotten_comes_back_only_when_it_is_confirmed(sign_in, bella, host):
    ErasedPhone.objects.create(company=bella, digest=erasure_digest(bella.pk, ANNA))
    ErasedPhone.objects.create(company=bella, digest=erasure_digest(bella.pk, ANN))
    client = sign_in(host)
    answer = save(client, NEW, phone=ANNA, first_name="Anna")
    assert "Whoever had this telephone asked to be forgotten." in text_of(answer)
    assert not Guest.objects.exists()
    # A tick that was given for one telephone is none for another.
    again = client.post(NEW, typed(answer, phone=ANN, despite_wish=ANNA))
    assert "Whoever had this telephone asked to be forgotten." in text_of(again)
    assert client.post(NEW, typed(answer, despite_wish=ANNA)).status_code == 302
    assert Guest.objects.get().phone == ANNA
    assert ErasedPhone.objects.get().digest == erasure_digest(bella.pk, ANN)
    assert Change.objects.get(action="create_guest").values["despite_wish"] == [None, True]


# -- Changing one


def test_a_change_says_what_was_changed(sign_in, bella, operator):
    anna = guest(bella, first_name="Anna")
    answer = save(sign_in(operator), of(anna), first_name="Anya", card__number="111")
    assert answer.headers["Location"] == of(anna)
    told = Change.objects.about(anna).get()
    assert (told.action, told.actor, told.source) == ("update_guest", operator, "web")
    assert told.values == {"first_name": ["Anna", "Anya"], "cards": [[], [{"number": "111"}]]}


def test_a_telephone_that_nobody_touched_is_not_judged_anew(sign_in, bella, operator):
    anna = guest(bella, "+44202128506")
    bella.phone_check = "mobile"
    bella.save(update_fields=["phone_check"])
    assert save(sign_in(operator), of(anna), first_name="Anna").status_code == 302
    answer = save(sign_in(operator), of(anna), phone="+44 20 2128 507")
    assert "is not a phone number that its country gives out" in text_of(answer)


def test_rows_come_and_go_without_script(sign_in, bella, operator):
    anna = guest(bella)
    card(anna, "111")
    card(anna, "222")
    client = sign_in(operator)
    page = client.get(of(anna))
    page = client.post(of(anna), {**typed(page, first_name="Anya"), "remove": "card-1"})
    assert typed(page)["card-number"] == ["222"]
    page = client.post(of(anna), {**typed(page), "add": "card"})
    assert typed(page)["card-number"] == ["222", ""]
    assert typed(page)["first_name"] == ["Anya"]
    assert set(anna.cards.values_list("number", flat=True)) == {"111", "222"}
    client.post(of(anna), typed(page, card__number=["222", "333"]))
    assert set(anna.cards.values_list("number", flat=True)) == {"222", "333"}
    assert fresh(anna).first_name == "Anya"


def test_the_same_card_in_two_rows_is_refused(sign_in, bella, operator):
    anna = guest(bella)
    changed = {"card__number": ["1", "1"], "card__track": ["", ""]}
    answer = save(sign_in(operator), of(anna), **changed)
    assert "Card number 2: “1” stands here twice." in text_of(answer)


def test_active_is_for_who_may_delete(sign_in, bella, manager, operator):
    anna = guest(bella, first_name="Anna")
    page = sign_in(operator).get(of(anna))
    assert 'name="is_active"' not in page.content.decode()
    sign_in(operator).post(of(anna), typed(page, first_name="Anya"))
    assert fresh(anna).is_active
    save(sign_in(manager), of(anna), is_active=None)
    assert not fresh(anna).is_active
    save(sign_in(manager), of(anna), is_active="on")
    assert fresh(anna).is_active
    actions = Change.objects.about(anna).order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["update_guest", "delete_guest", "restore_guest"]


def test_a_category_that_was_deleted_meanwhile_is_left_out(sign_in, bella, operator):
    anna = guest(bella)
    put_in(anna, "VIP", "Press")
    client = sign_in(operator)
    page = client.get(of(anna))
    Category.objects.get(name="VIP").delete()
    assert client.post(of(anna), typed(page, first_name="Anya")).status_code == 302
    assert names_of_categories(anna) == {"Press"}


# -- The referrer


@pytest.mark.parametrize("text", ["Peter Collins", "collins peter", "020 7946 0959", ANN])
def test_a_referrer_is_found_by_name_or_telephone(sign_in, bella, operator, text):
    peter = guest(bella, ANN, first_name="Peter", last_name="Collins")
    guest(bella, "+442079460977", first_name="Peter", last_name="Collinson")
    anna = guest(bella)
    assert save(sign_in(operator), of(anna), referrer=text).status_code == 302
    assert fresh(anna).referrer_id == peter.pk
    page = sign_in(operator).get(of(anna))
    assert typed(page)["referrer"] == ["Peter Collins, +44 20 7946 0959"]


def test_of_several_who_match_one_is_chosen(sign_in, bella, operator):
    guest(bella, ANN, first_name="Peter", last_name="Collins")
    other = guest(bella, "+442079460977", first_name="Paul", last_name="Collins")
    anna = guest(bella)
    client = sign_in(operator)
    answer = save(client, of(anna), referrer="Collins")
    assert "Several guests match. Choose one, or write more." in text_of(answer)
    assert fresh(anna).referrer_id is None
    client.post(of(anna), typed(answer, referrer_choice="Paul Collins, +44 20 7946 0977"))
    assert fresh(anna).referrer_id == other.pk


@pytest.mark.parametrize(
    "phone", ["+442079460977", "+97237654321", "+12025550123", "+5511987654321", "+999123456"]
)
def test_a_referrer_is_the_one_who_was_offered_whatever_their_telephone_looks_like(
    sign_in, bella, operator, phone
):
    guest(bella, ANN, first_name="Peter", last_name="Collins")
    other = guest(bella, phone, first_name="Peter", last_name="Collins")
    anna = guest(bella)
    assert save(sign_in(operator), of(anna), referrer=label_of(other)).status_code == 302
    assert fresh(anna).referrer_id == other.pk
    assert save(sign_in(operator), of(anna), referrer=f"Peter, {phone}").status_code == 302
    assert fresh(anna).referrer_id == other.pk


def test_nobody_is_their_own_referrer_nor_one_of_another_company(sign_in, bella, roma, operator):
    anna = guest(bella, first_name="Anna")
    guest(roma, ANN, first_name="Ann")
    for text in (ANNA, ANN):
        answer = save(sign_in(operator), of(anna), referrer=text)
        assert f"Nobody is found by “{text}”." in text_of(answer)


def test_a_referrer_who_was_merged_is_the_kept_guest(sign_in, bella, operator):
    kept = guest(bella, "+442079460977", first_name="Kept")
    guest(bella, ANN, is_active=False)
    Guest.objects.filter(phone=ANN).update(merged_into=kept)
    anna = guest(bella)
    save(sign_in(operator), of(anna), referrer=ANN)
    assert fresh(anna).referrer_id == kept.pk


def test_a_referrer_that_nobody_touched_stays(sign_in, bella, operator):
    peter = guest(bella, ANN, first_name="Peter")
    anna = guest(bella, referrer_id=peter.pk)
    Guest.objects.filter(pk=peter.pk).update(phone=None, first_name="", is_active=False)
    save(sign_in(operator), of(anna), first_name="Anna")
    assert (fresh(anna).first_name, fresh(anna).referrer_id) == ("Anna", peter.pk)
    save(sign_in(operator), of(anna), referrer="")
    assert fresh(anna).referrer_id is None


def test_guests_are_offered_while_one_types(sign_in, bella, roma, host):
    anna = guest(bella, first_name="Anna", last_name="Collins")
    guest(bella, ANN, first_name="Peter", last_name="Collins")
    guest(roma, "+442079460977", first_name="Paul", last_name="Collins")
    page = sign_in(host).get("/c/bella/guests/referrers/", {"referrer": "coll", "own": anna.pk})
    html = page.content.decode()
    assert 'data-value="Peter Collins, +44 20 7946 0959"' in html
    assert "Anna" not in html
    assert "Paul" not in html


# -- Two who save the same guest


def change(anna, actor, **fields):
    update_guest(
        company=anna.company, guest=anna, expected=None, draft=Draft(fields), actor=actor,
        source="web", now=NOW,
    )  # fmt: skip


def test_the_second_is_told_what_the_first_changed_and_keeps_what_was_typed(
    sign_in, bella, manager, operator
):
    anna = guest(bella, first_name="Anna", comment="Old", email="a@example.com")
    client = sign_in(operator)
    page = client.get(of(anna))
    change(anna, manager, first_name="Annette", comment="New")
    answer = client.post(of(anna), typed(page, first_name="Anya", email="b@example.com"))
    said = text_of(answer)
    assert "Somebody else saved this guest meanwhile" in said
    assert "First name Anna Annette Anya Maria , 24 Nov, 12:00" in said
    assert "Comment Old New not touched Maria , 24 Nov, 12:00" in said
    assert "E-mail a@example.com" not in said
    assert fresh(anna).first_name == "Annette"

    # What was typed stands, what was not touched is as the first saved it; and it can be saved.
    form = typed(answer)
    assert (form["first_name"], form["email"]) == (["Anya"], ["b@example.com"])
    assert form["comment"] == ["New"]
    assert client.post(of(anna), form).status_code == 302
    now = fresh(anna)
    assert (now.first_name, now.email, now.comment) == ("Anya", "b@example.com", "New")


@pytest.mark.parametrize("how", ["by hand", "with others"])
def test_ones_own_second_window_is_told_as_that(sign_in, bella, operator, how):
    anna = guest(bella, first_name="Anna")
    client = sign_in(operator)
    page = client.get(of(anna))
    if how == "by hand":
        change(anna, operator, comment="New")
    else:
        gold = MemberTier.objects.create(company=bella, name="Gold")
        confirmed(bella, BulkChange.Action.SET_TIER, tier=gold, actor=operator)
    said = text_of(client.post(of(anna), typed(page, first_name="Anya")))
    assert "You saved this in another window meanwhile" in said
    assert "Somebody else" not in said


def test_a_third_change_is_told_again(sign_in, bella, manager, operator):
    anna = guest(bella, first_name="Anna")
    client = sign_in(operator)
    page = client.get(of(anna))
    change(anna, manager, first_name="Annette")
    answer = client.post(of(anna), typed(page, first_name="Anya"))
    change(fresh(anna), manager, last_name="Petrova")
    said = text_of(client.post(of(anna), typed(answer)))
    assert "Last name – Petrova not touched Maria" in said
    assert "First name Annette" not in said


def test_who_saves_without_what_was_seen_has_to_look_first(sign_in, bella, operator):
    anna = guest(bella, first_name="Anna")
    client = sign_in(operator)
    answer = client.post(of(anna), typed(client.get(of(anna)), first_name="Anya", seen="forged"))
    assert "Somebody else saved this guest meanwhile" in text_of(answer)
    assert fresh(anna).first_name == "Anna"
    assert client.post(of(anna), typed(answer)).status_code == 302
    assert fresh(anna).first_name == "Anya"


def test_a_category_that_was_deleted_meanwhile_is_told_with_who_did_it(
    sign_in, bella, manager, operator
):
    anna = guest(bella, first_name="Anna")
    put_in(anna, "Wine club")
    client = sign_in(operator)
    page = client.get(of(anna))
    change(anna, manager, comment="New")
    delete_category(category=Category.objects.get(), actor=manager, source="web", now=NOW)
    said = text_of(client.post(of(anna), typed(page, first_name="Anya")))
    assert "Comment – New not touched Maria" in said
    assert "Categories" in said


def test_of_a_bulk_change_that_was_undone_whoever_undid_it_is_named(sign_in, bella, manager, owner):
    anna = guest(bella)
    made = confirmed(bella, BulkChange.Action.DELETE, f"guest={anna.pk}", actor=manager)
    client = sign_in(manager)
    page = client.get(of(anna))
    request_undo(change=made, actor=owner, source="web", now=timezone.now())
    said = text_of(client.post(of(anna), typed(page, first_name="Anya")))
    assert "Active No Yes not touched Olivia" in said
