"""The five steps, each by its page: what it shows, and where its buttons lead."""

import io

import pytest
from django.utils import timezone
from openpyxl import Workbook

from guests.models import Card, Category, Guest, GuestCategory
from imports.models import ColumnMapping, ImportJob
from imports.options import Options
from imports.services.runs import request_check
from tests.guests.records import text_of
from tests.imports.trips import ANNA, JOHN, guest
from tests.imports.web import GOOD, MIXED, checked, draft, imported, page, upload, worked

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(sign_in, manager):
    return sign_in(manager)


# -- Upload


def test_a_file_leads_to_its_columns(client, bella):
    answer = upload(client, bella, GOOD)
    job = ImportJob.objects.get()
    assert answer.headers["Location"] == page(job, "columns")
    assert job.mapping == ["phone", "name", "last_name", "email"]
    assert job.actor.name == "Maria"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [("", "The file is empty"), ("phone,name\n", "no rows under the header"), (b"%PDF-1.7", "PDF")],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_reason(client, bella, content, sentence):
    answer = upload(client, bella, content)
    assert sentence in answer.content.decode()
    assert "There is a problem" in answer.content.decode()
    assert not ImportJob.objects.exists()


def test_sending_no_file_says_so(client, bella):
    answer = client.post("/c/bella/imports/new/")
    assert "Choose a file." in answer.content.decode()


def test_the_same_file_again_is_said_with_a_link(client, bella, manager):
    first = imported(bella, manager)
    again = draft(bella, manager)
    text = client.get(page(again, "columns")).content.decode()
    assert "This very file was imported before" in text
    assert page(first) in text


def test_a_draft_of_the_same_file_is_not_said_to_be_imported(client, bella, manager):
    draft(bella, manager)
    text = client.get(page(draft(bella, manager), "columns")).content.decode()
    assert "imported before" not in text


def test_a_corrected_file_goes_straight_to_its_check(client, bella, manager):
    first = imported(bella, manager, MIXED, partial=True)
    answer = upload(client, bella, MIXED.replace("max-", "max@"), corrects=first.number)
    job = ImportJob.objects.exclude(pk=first.pk).get()
    assert answer.headers["Location"] == page(job, "check")
    assert (job.corrects, job.batch, job.step, job.state) == (first, first, "check", "queued")


def test_correcting_an_import_that_is_not_there_is_404(client, bella):
    assert client.get("/c/bella/imports/new/?corrects=77").status_code == 404
    assert client.get("/c/bella/imports/new/?corrects=x").status_code == 404


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_templates_can_be_downloaded(client, bella, format):
    answer = client.get(f"/c/bella/imports/template.{format}")
    assert answer.status_code == 200
    assert f'guests.{format}"' in answer.headers["Content-Disposition"]


def test_there_is_no_other_template(client, bella):
    assert client.get("/c/bella/imports/template.ods").status_code == 404


# -- Columns


def test_the_columns_show_samples_and_the_fields_found(client, bella, manager):
    text = client.get(page(draft(bella, manager), "columns")).content.decode()
    assert "4 of 4 columns are imported." in text
    assert "john@example.com" in text


def test_a_missing_phone_is_said_at_once(client, bella, manager):
    job = draft(bella, manager, "name,last_name,email\nJohn,Smith,john@example.com\n")
    assert "No column is the telephone" in client.get(page(job, "columns")).content.decode()


def test_a_field_chosen_twice_is_said_while_choosing_and_nothing_is_saved(client, bella, manager):
    job = draft(bella, manager)
    data = {"column_1": "phone", "column_2": "name", "column_3": "name", "action": "look"}
    text = client.post(page(job, "columns"), data).content.decode()
    assert "“First name” is chosen for more than one column" in text
    job.refresh_from_db()
    assert job.mapping == ["phone", "name", "last_name", "email"]


def test_a_wrong_mapping_is_not_checked(client, bella, manager):
    job = draft(bella, manager)
    text = client.post(page(job, "columns"), {"column_1": "name", "action": "check"}).content
    assert "No column is the telephone" in text.decode()
    job.refresh_from_db()
    assert job.state == "draft"


def test_checking_saves_the_mapping_under_a_name(client, bella, manager):
    job = draft(bella, manager)
    data = {"column_1": "phone", "column_2": "name", "save_as": "Till", "action": "check"}
    answer = client.post(page(job, "columns"), data)
    assert answer.headers["Location"] == page(job, "check")
    job.refresh_from_db()
    assert job.mapping == ["phone", "name", None, None]
    assert (job.state, job.step) == ("queued", "check")
    assert ColumnMapping.objects.get(company=bella, name="Till").mapping == job.mapping


def test_a_saved_mapping_is_offered_and_used(client, bella, manager):
    job = draft(bella, manager)
    saved = ColumnMapping.objects.create(
        company=bella, name="Till", signature=job.signature, mapping=["phone", None, "name", None]
    )
    assert "Till" in client.get(page(job, "columns")).content.decode()
    answer = client.post(page(job, "columns"), {"action": "use", "mapping": saved.pk})
    assert answer.headers["Location"] == page(job, "columns")
    job.refresh_from_db()
    assert job.mapping == saved.mapping


LATIN = "phone;name\n+442079460958;Anna\n"


def saved_mapping(company, job, **dialect):
    return ColumnMapping.objects.create(
        company=company,
        name="Till",
        signature=job.signature,
        mapping=job.mapping,
        dialect={**job.dialect, **dialect},
    )


def test_a_saved_mapping_has_the_file_read_as_it_says_and_can_be_overruled(client, bella, manager):
    job = draft(bella, manager, LATIN)
    till = saved_mapping(bella, job, encoding="windows-1251")
    text = text_of(client.get(page(job, "columns")))
    assert "Till (saved as read: Semicolon, Windows-1251 (Cyrillic), header in row 1)" in text
    client.post(page(job, "columns"), {"action": "use", "mapping": till.pk})
    job.refresh_from_db()
    assert (job.dialect["encoding"], job.mapping) == ("windows-1251", till.mapping)
    assert "saved as read" not in text_of(client.get(page(job, "columns")))
    read = {"read-header_row": 1, "read-delimiter": ";", "read-encoding": "utf-8"}
    client.post(page(job, "columns"), {"action": "read", **read})
    job.refresh_from_db()
    assert (job.dialect["encoding"], job.mapping) == ("utf-8", till.mapping)
    assert "saved as read" in text_of(client.get(page(job, "columns")))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"delimiter": ","}, "(Comma, UTF-8, header in row 1). It has other columns when it is"),
        ({"header_row": 77}, "(Semicolon, UTF-8, header in row 77). There are no rows under the"),
    ],
)
def test_a_file_that_cannot_be_read_as_the_mapping_says_stays_as_it_is(
    client, bella, manager, wrong, why
):
    job = draft(bella, manager, LATIN)
    till = saved_mapping(bella, job, **wrong)
    answer = client.post(page(job, "columns"), {"action": "use", "mapping": till.pk}, follow=True)
    assert f"cannot be read as “Till” says {why}" in text_of(answer)
    before = job.dialect
    job.refresh_from_db()
    assert (job.dialect, job.mapping) == (before, till.mapping)


def save_as(client, company, actor, name="Till", **more):
    """Check a file and save its columns under a name: the answer."""
    job = draft(company, actor)
    data = {"column_1": "phone", "save_as": name, "action": "check", **more}
    return client.post(page(job, "columns"), data)


def test_an_operator_is_asked_before_their_mapping_is_replaced(sign_in, bella, operator):
    client = sign_in(operator)
    assert save_as(client, bella, operator).status_code == 302
    till = ColumnMapping.objects.get()
    # The same again replaces nothing.
    assert save_as(client, bella, operator).status_code == 302
    answer = save_as(client, bella, operator, column_2="name")
    text = text_of(answer)
    assert "There is a mapping “Till” already. Choose another name, or replace it." in text
    assert "Replace the mapping of this name" in text
    till.refresh_from_db()
    assert till.mapping == ["phone", None, None, None]
    assert ImportJob.objects.latest("pk").state == "draft"
    assert save_as(client, bella, operator, column_2="name", replace="on").status_code == 302
    till.refresh_from_db()
    assert till.mapping == ["phone", "name", None, None]


def test_somebody_elses_mapping_is_replaced_only_by_who_may_change_mappings(
    sign_in, bella, manager, operator
):
    save_as(sign_in(manager), bella, manager)
    answer = save_as(sign_in(operator), bella, operator, column_2="name", replace="on")
    text = text_of(answer)
    assert "Somebody else saved a mapping “Till”. Choose another name." in text
    assert "Replace the mapping of this name" not in text
    assert ColumnMapping.objects.get().mapping == ["phone", None, None, None]
    save_as(sign_in(operator), bella, operator, name="Mine")
    answer = save_as(sign_in(manager), bella, manager, name="Mine", column_2="name", replace="on")
    assert answer.status_code == 302


def test_another_companys_mapping_cannot_be_used(client, bella, roma, manager):
    job = draft(bella, manager)
    saved = ColumnMapping.objects.create(
        company=roma, name="Till", signature=job.signature, mapping=["phone", None, None, None]
    )
    answer = client.post(page(job, "columns"), {"action": "use", "mapping": saved.pk})
    assert answer.status_code == 404


def test_the_reading_can_be_overruled(client, bella, manager):
    job = draft(bella, manager, "phone;name\n+442079460958;John, Smith\n")
    assert job.dialect["delimiter"] == ";"
    data = {"read-header_row": 1, "read-delimiter": ",", "read-encoding": "utf-8"}
    answer = client.post(page(job, "columns"), {**data, "action": "read"})
    assert answer.headers["Location"] == page(job, "columns")
    job.refresh_from_db()
    assert job.dialect["delimiter"] == ","


def test_a_reading_that_cannot_be_is_refused_with_its_reason(client, bella, manager):
    job = draft(
        bella, manager, "phone,name\n+442079460958,Анна\n".encode("windows-1251").decode("latin-1")
    )
    job = ImportJob.objects.get(pk=job.pk)
    data = {"read-header_row": 99, "read-delimiter": ",", "read-encoding": "utf-8"}
    text = client.post(page(job, "columns"), {**data, "action": "read"}).content.decode()
    assert "no rows under the header" in text


def test_the_deleted_column_asks_for_its_permission(sign_in, bella, operator, manager):
    content = "phone,name,deleted\n+442079460958,John,no\n"
    job = draft(bella, operator, content)
    data = {"column_1": "phone", "column_2": "name", "column_3": "deleted", "action": "check"}
    text = sign_in(operator).post(page(job, "columns"), data).content.decode()
    assert "You may not import “Deleted”" in text
    assert sign_in(manager).post(page(job, "columns"), data).status_code == 302


# -- Check


def test_the_check_shows_counts_groups_and_before_and_after(client, bella, manager):
    text = client.get(page(checked(bella, manager, MIXED), "check")).content.decode()
    assert "2 rows have errors" in text
    assert "Nothing is imported until these are fixed." in text
    assert "Import 1 guest into Bella, leave out 2" in text
    assert "“max-example.com” is not an e-mail address" in text
    assert not Guest.objects.exists()


def test_before_and_after_shows_cards_that_become_whole_and_categories_that_come(
    client, bella, manager
):
    anna, known = guest(bella, ANNA), Category.objects.create(company=bella, name="Old friends")
    vip = Category.objects.create(company=bella, name="VIP")
    Card.objects.create(company=bella, guest=anna, track="t1")
    GuestCategory.objects.create(company=bella, guest=anna, category=known)
    job = checked(
        bella,
        manager,
        f"phone,track_1,number_1,categories\n{ANNA},t1,n1,Old friends;New ones\n{JOHN},,,\n",
        categories=[vip.pk],
        create_categories=True,
    )
    text = text_of(client.get(page(job, "check")))
    before_and_after = text.partition("Before and after")[2]
    assert "Card number from t1 to t1 / n1 Categories added VIP, New ones" in before_and_after
    assert f"{JOHN} New Telephone {JOHN} Categories added VIP" in before_and_after
    assert "Old friends" not in before_and_after.partition("Telephone")[0]


def test_a_clean_check_offers_the_import(client, bella, manager):
    text = client.get(page(checked(bella, manager), "check")).content.decode()
    assert "Import 2 guests into Bella" in text
    assert "leave out" not in text


def test_default_categories_are_ticked_and_rules_offered_for_mapped_fields(client, bella, manager):
    Category.objects.create(company=bella, name="Newsletter", is_default=True)
    Category.objects.create(company=bella, name="Staff")
    text = client.get(page(checked(bella, manager), "check")).content.decode()
    assert text.count(" checked") == 2  # the default category and the preset
    assert 'name="rule_email"' in text
    assert 'name="rule_birthday"' not in text
    assert 'name="rule_phone"' not in text
    assert manager.email in text


def rules(**changes):
    return {"policy": "update", "results_to": "maria@bella.example", **changes}


def test_a_file_checked_by_its_first_rules_is_imported_at_once(client, bella, manager):
    # The later one by name is the earlier one by number.
    names = ("Staff", "Newsletter")
    chosen = [Category.objects.create(company=bella, name=n, is_default=True).pk for n in names]
    job = checked(bella, manager)
    client.post(page(job, "check"), rules(action="import", categories=chosen))
    assert ImportJob.objects.get(pk=job.pk).step == "import"


def test_checking_again_saves_the_rules(client, bella, manager):
    job = checked(bella, manager)
    data = rules(policy="protect", rule_email="never", results_to="", action="check")
    assert client.post(page(job, "check"), data).headers["Location"] == page(job, "check")
    job = worked(job)
    assert job.options["preset"] == "protect"
    assert job.options["rules"] == {"email": "never"}
    assert job.results_to == ""
    assert job.findings["counts"] == {"created": 2}


def test_importing_starts_what_was_checked(client, bella, manager):
    job = checked(bella, manager)
    answer = client.post(page(job, "check"), rules(action="import"))
    assert answer.headers["Location"] == page(job, "progress")
    assert worked(job).state == "done"
    assert Guest.objects.count() == 2


def test_ticking_partial_needs_no_other_check(client, bella, manager):
    job = checked(bella, manager, MIXED)
    answer = client.post(page(job, "check"), rules(partial="on", action="import"))
    assert answer.headers["Location"] == page(job, "progress")
    assert worked(job).state == "done_with_errors"
    assert Guest.objects.count() == 1


def test_a_strict_import_with_errors_does_not_start(client, bella, manager):
    job = checked(bella, manager, MIXED)
    text = client.post(page(job, "check"), rules(action="import")).content.decode()
    assert "Some rows have errors" in text
    job.refresh_from_db()
    assert job.state == "draft"


def test_importing_by_other_rules_checks_them_first(client, bella, manager):
    job = checked(bella, manager)
    answer = client.post(page(job, "check"), rules(policy="protect", action="import"), follow=True)
    assert "checked again first" in answer.content.decode()
    job.refresh_from_db()
    assert (job.state, job.step, job.then) == ("queued", "check", "")


def test_a_check_made_before_the_columns_changed_is_stale(client, bella, manager):
    job = checked(bella, manager)
    job.mapping[3] = None
    job.save(update_fields=["mapping"])
    assert "Check again to see" in client.get(page(job, "check")).content.decode()


def test_an_import_that_somebody_else_had_checked_otherwise_is_looked_at_first(
    client, bella, manager
):
    job = checked(bella, manager)
    seen = client.get(page(job, "check"))
    data = rules(action="import", seen=job.checked_key)
    assert f'name="seen" value="{job.checked_key}"' in seen.content.decode()
    job.mapping[1] = None
    job.save(update_fields=["mapping"])
    request_check(
        job=job, options=Options.from_json(job.options), results_to="", now=timezone.now()
    )
    worked(job)
    answer = client.post(page(job, "check"), data, follow=True)
    assert "Somebody else had the file checked otherwise" in text_of(answer)
    job.refresh_from_db()
    assert job.state == "draft"
    client.post(page(job, "check"), data | {"seen": job.checked_key})
    job.refresh_from_db()
    assert (job.state, job.step) == ("queued", "import")


def test_the_only_row_says_what_is_wrong_with_its_value(client, bella, manager):
    job = checked(bella, manager, "phone,email\n+442079460958,anna\n")
    assert "Its only row cannot be imported. “anna” is not" in text_of(
        client.get(page(job, "check"))
    )


def test_ambiguous_dates_are_asked_and_one_click_answers(client, bella, manager):
    job = checked(bella, manager, "phone,birthday\n+442079460958,05/06/1990\n")
    text = client.get(page(job, "check")).content.decode()
    assert "can be read in two ways" in text
    assert "Day first: 05/06/1990 is 5 June 1990" in text
    client.post(page(job, "check"), rules(fix="dates:dmy"))
    job = worked(job)
    assert job.options["dates"] == "dmy"
    assert job.findings["counts"] == {"created": 1}


def test_ambiguous_amounts_are_asked_and_one_click_answers(client, bella, manager):
    job = checked(bella, manager, "phone,opening total\n+442079460958,1.234\n")
    text = client.get(page(job, "check")).content.decode()
    assert "Amounts such as “1.234” (Opening total) can be read in two ways." in text
    assert "Decimal comma: 1.234 is 1234" in text
    client.post(page(job, "check"), rules(fix="decimal:,"))
    job = worked(job)
    assert job.options["decimal"] == ","
    (row,) = job.findings["sample"]
    assert row["changes"]["opening_total"][1] == "1234"


def test_unknown_categories_are_created_by_one_click(client, bella, manager):
    job = checked(bella, manager, "phone,categories\n+442079460958,VIP; Lunch\n")
    assert "Create these categories" in client.get(page(job, "check")).content.decode()
    client.post(page(job, "check"), rules(fix="categories:create"))
    job = worked(job)
    assert job.findings["counts"] == {"created": 1}
    assert not Category.objects.exists()
    client.post(page(job, "check"), rules(create_categories="on", action="import"))
    assert worked(job).state == "done"
    assert set(Guest.objects.get().categories.values_list("name", flat=True)) == {"VIP", "Lunch"}


def test_phones_of_another_country_are_read_as_such_by_one_click(client, bella, manager):
    numbers = ["8 (916) 123-45-67 1", "916 123 45 6", "8 495 123"]
    job = checked(bella, manager, "phone\n" + "\n".join(numbers) + "\n")
    client.post(page(job, "check"), rules(fix="region:RU"))
    job = worked(job)
    assert job.options["region"] == "RU"
    assert "Numbers of RU" in client.get(page(job, "check")).content.decode()


def test_a_fix_that_does_not_exist_is_refused(client, bella, manager):
    assert client.post(page(checked(bella, manager), "check"), rules(fix="x:y")).status_code == 400


def test_a_file_of_which_nothing_can_be_imported_says_why_at_the_top(client, bella, manager):
    job = checked(bella, manager, "phone,name\nabc,John\ndef,Anna\n")
    text = client.get(page(job, "check")).content.decode()
    assert "None of the 2 rows can be imported. In all of them:" in text


def test_a_row_with_two_categories_that_are_not_there_is_counted_once(client, bella, manager):
    file = "phone,category\n+442079460958,Terrace; Garden\n+442079460959,Terrace; Garden\n"
    text = client.get(page(checked(bella, manager, file), "check")).content.decode()
    assert "None of the 2 rows can be imported. In all of them: There is no category" in text
    assert "Garden" in text


def test_a_wrong_address_is_said_and_nothing_starts(client, bella, manager):
    job = checked(bella, manager)
    text = client.post(page(job, "check"), rules(results_to="nobody", action="import")).content
    assert "There is a problem" in text.decode()
    job.refresh_from_db()
    assert job.state == "draft"


def test_categories_that_are_not_there_are_created_once_however_they_are_written(
    client, bella, manager
):
    Category.objects.create(company=bella, name="Lunch")
    content = "phone,categories\n+442079460958,VIP; lunch\n+442079460959,vip\n"
    job = checked(bella, manager, content, create_categories=True)
    client.post(page(job, "check"), rules(create_categories="on", action="import"))
    job = worked(job)
    assert job.counts == {"created": 2}
    assert sorted(Category.objects.values_list("name", flat=True)) in (
        ["Lunch", "VIP"],
        ["Lunch", "vip"],
    )
    again = imported(bella, manager, content, create_categories=True)
    assert again.counts == {"unchanged": 2}


def test_a_workbook_is_read_from_the_sheet_that_is_chosen(client, bella):
    upload(client, bella, workbook(), "guests.xlsx")
    job = ImportJob.objects.get()
    assert job.dialect["sheet"] == "Guests"
    text = client.get(page(job, "columns")).content.decode()
    assert '<option value="Staff">' in text
    assert "read-encoding" not in text
    data = {"read-sheet": "Staff", "read-header_row": 1, "action": "read"}
    client.post(page(job, "columns"), data)
    job.refresh_from_db()
    # The header of the other sheet stands elsewhere, and is looked for anew.
    assert (job.dialect["sheet"], job.dialect["header_row"]) == ("Staff", 3)
    assert job.header == ["Phone", "Surname"]


def workbook():
    book = Workbook()
    guests, staff = book.active, book.create_sheet("Staff")
    guests.title = "Guests"
    for row in (["phone", "name"], ["+442079460958", "John"]):
        guests.append(row)
    for row in (["Staff list"], [""], ["Phone", "Surname"], ["+442079460959", "Petrova"]):
        staff.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
