"""The wall in the database itself: raw SQL too cannot point at another company's guest."""

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from core import guards
from guests.models import (
    BulkChangeGuest,
    Card,
    Category,
    Erasure,
    ExternalId,
    Guest,
    GuestCategory,
    GuestMerge,
    PossibleDuplicate,
    RecentGuest,
)

#: Every table that hangs on a guest, with what it takes to fill a row.
CHILDREN = {
    "guests_card": ("number", "'n'"),
    "guests_externalid": ("value", "'x'"),
    "guests_guestcategory": ("category_id", "{category}"),
}


def unsilenced():
    return [each for each in run_checks(databases=["default"]) if not each.is_silenced()]


@pytest.fixture
def here(bella):
    return Guest.objects.create(company=bella, phone="+442079460958", registered_at=timezone.now())


@pytest.fixture
def there(roma):
    return Guest.objects.create(company=roma, phone="+442079460958", registered_at=timezone.now())


@pytest.fixture
def category(bella):
    return Category.objects.create(company=bella, name="VIP")


def run(sql, *params):
    """Run SQL in a transaction of its own, with every key looked at before it ends."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        connection.check_constraints()
        return cursor.rowcount


def insert(table, company, guest, category):
    column, value = CHILDREN[table]
    value = value.format(category=category.pk)
    sql = f"INSERT INTO {table} (company_id, guest_id, {column}) VALUES (%s, %s, {value})"
    return run(sql, company, guest)


@pytest.mark.parametrize("table", CHILDREN)
def test_a_row_points_at_a_guest_of_its_own_company_only(bella, roma, here, there, category, table):
    for company, guest in (
        (bella.pk, there.pk),
        (roma.pk, here.pk),
        (bella.pk, 10**9),
        (10**9, here.pk),
    ):
        with pytest.raises(IntegrityError):
            insert(table, company, guest, category)
    assert insert(table, bella.pk, here.pk, category) == 1


@pytest.mark.parametrize("table", CHILDREN)
def test_nor_can_it_be_bent_there_afterwards(bella, roma, here, there, category, table):
    insert(table, bella.pk, here.pk, category)
    with pytest.raises(IntegrityError):
        run(f"UPDATE {table} SET guest_id = %s", there.pk)
    with pytest.raises(IntegrityError):
        run(f"UPDATE {table} SET company_id = %s", roma.pk)
    with pytest.raises(IntegrityError):
        run("UPDATE guests_guest SET company_id = %s WHERE id = %s", roma.pk + 10**6, here.pk)
    with pytest.raises(IntegrityError):
        run("UPDATE guests_guest SET id = %s WHERE id = %s", 10**9, here.pk)
    with pytest.raises(IntegrityError):
        run("DELETE FROM guests_guest WHERE id = %s", here.pk)
    other = Guest.objects.create(company=bella, phone="+442079460959", registered_at=timezone.now())
    assert run(f"UPDATE {table} SET guest_id = %s", other.pk) == 1
    assert run("DELETE FROM guests_guest WHERE id = %s", here.pk) == 1


def test_the_orm_is_held_to_it_too(bella, there):
    def add():
        with transaction.atomic():
            Card.objects.create(company=bella, guest=there, number="n")
            connection.check_constraints()

    with pytest.raises(IntegrityError):
        add()


def test_deleting_a_guest_takes_along_what_hangs_on_them(bella, here, category):
    Card.objects.create(company=bella, guest=here, number="n")
    ExternalId.objects.create(company=bella, guest=here, value="x")
    GuestCategory.objects.create(company=bella, guest=here, category=category)
    with transaction.atomic():
        here.delete()
        connection.check_constraints()
    assert not Card.objects.exists()
    assert not ExternalId.objects.exists()
    assert not GuestCategory.objects.exists()
    assert Category.objects.get() == category


def drop(name):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            table = name.rpartition("_guest_same_company")[0]
            cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
        else:
            cursor.execute(f'DROP TRIGGER "{name}"')


def present():
    return guards._present(connection)


@pytest.mark.django_db(transaction=True)
def test_they_are_missed_by_the_check_and_come_back_with_migrate(bella, there):
    assert guards.missing() == []
    assert not unsilenced()
    names = sorted(name for name in present() if "_guest_same_company" in name)
    to_guests = [each for each in guards._declared if getattr(each, "field", "") == "guest"]
    assert len(to_guests) >= 6
    assert len(names) == len(to_guests) * (1 if connection.vendor == "postgresql" else 4)
    for name in names:
        drop(name)
    assert sorted(guards.missing()) == names
    warnings = [warning for warning in unsilenced() if warning.id == "core.W001"]
    assert len(warnings) == len(names)
    assert "migrate" in warnings[0].hint
    # The harm that is done without them, and the guest who could no longer be guarded.
    card = Card.objects.create(company=bella, guest=there, number="n")
    card.delete()
    call_command("migrate", verbosity=0)
    assert guards.missing() == []
    with pytest.raises(IntegrityError):
        run(
            "INSERT INTO guests_card (company_id, guest_id, number) VALUES (%s, %s, 'n')",
            bella.pk,
            there.pk,
        )


@pytest.mark.django_db(transaction=True)
def test_flush_empties_guarded_tables_and_leaves_the_guards(bella, here, category):
    insert("guests_card", bella.pk, here.pk, category)
    insert("guests_guestcategory", bella.pk, here.pk, category)
    call_command("flush", interactive=False, verbosity=0)
    assert not Guest.objects.exists()
    assert guards.missing() == []


@pytest.mark.django_db(transaction=True)
def test_a_flush_that_is_refused_leaves_the_guards(monkeypatch, here):
    monkeypatch.setattr("builtins.input", lambda question: "no")
    call_command("flush", verbosity=0)
    assert Guest.objects.exists()
    assert guards.missing() == []


@pytest.mark.django_db(transaction=True)
def test_a_migration_may_rebuild_a_table_that_is_guarded():
    """On SQLite a changed constraint makes the table anew, under a name of its own."""
    try:
        call_command("migrate", "loyalty", "0005", verbosity=0)
        assert guards.missing() == []
    finally:
        # Up to the newest, whichever that is: other tests follow.
        call_command("migrate", "loyalty", verbosity=0)
    assert guards.missing() == []


def test_every_table_that_hangs_on_guests_is_guarded_but_the_logs():
    logs = {BulkChangeGuest, Erasure, GuestMerge, PossibleDuplicate, RecentGuest}
    children = {
        model._meta.db_table
        for model in apps.get_app_config("guests").get_models()
        for field in model._meta.concrete_fields
        if field.related_model is Guest and model not in {Guest, *logs}
    }
    guarded = {
        guard.child_table
        for guard in guards._declared
        if isinstance(guard, guards.SameCompany) and guard.child.startswith("guests.")
    }
    assert children == guarded == set(CHILDREN)
