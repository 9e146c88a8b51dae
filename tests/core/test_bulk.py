"""Bulk writes and look-ups: the same on both databases, whatever stands in the values."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core import bulk
from guests.models import Card, Guest
from imports.models import ImportJob, ImportRow

NOW = datetime(2026, 11, 22, 7, 30, 15, 123456, tzinfo=UTC)
TORTURE = [
    "",
    " ",
    "tab\there",
    "line\nfeed",
    "carriage\rreturn",
    "both\r\n",
    "\\N",
    "\\.",
    "\\",
    "back\\slash\\n\\t",
    "'single' \"double\" `back`",
    "NULL",
    "%s %(name)s {} $1 ?",
    "; DROP TABLE guests_guest; --",
    "Ёжик, Ζωή, 王",
    "👩‍👩‍👧 e\u0301 \u202e \ufeff",
    "\x01\x1f\x7f",
    "a" * 4_000,
]


def phone(n):
    return f"+4420794{n:05}"


def insert(company, comments, first=0):
    """Insert a guest for each comment and return their ids."""
    with transaction.atomic():
        ids = bulk.reserve_ids(Guest, len(comments))
        fields = (
            "id", "company_id", "phone", "comment", "birthday", "registered_at", "opening_total",
            "version", "member_number", "subscribed", "is_active", "orders_count", "orders_total",
            "first_name", "middle_name", "last_name", "sex", "email", "employee_id", "consent",
            "consent_details", "image_url", "search_text", "name_key",
        )  # fmt: skip
        fixed = (date(1956, 5, 21), NOW, Decimal("12.3456"), 1, None, True, False, 0, Decimal(0))
        rows = (
            (pk, company.pk, phone(first + n), comment, *fixed, *[""] * 11)
            for n, (pk, comment) in enumerate(zip(ids, comments, strict=True))
        )
        bulk.insert(Guest, fields, rows)
    return ids


# -- Insert -------------------------------------------------------------------------------------


def test_what_goes_in_comes_out(bella):
    ids = insert(bella, TORTURE)
    found = Guest.objects.in_bulk(ids)
    assert [found[pk].comment for pk in ids] == TORTURE
    one = found[ids[0]]
    assert (one.birthday, one.registered_at) == (date(1956, 5, 21), NOW)
    assert (one.opening_total, one.member_number) == (Decimal("12.3456"), None)
    assert (one.subscribed, one.is_active) == (True, False)


def test_json_goes_in_and_comes_out(bella):
    job = ImportJob.objects.create(company=bella, number=1, key="0" * 32, file_size=1)
    fields = ("job_id", "line", "company_id", "outcome", "reasons", "cells")
    reasons = [["code", "column", text, {"n": 1}] for text in TORTURE]
    bulk.insert(ImportRow, fields, [(job.pk, 2, bella.pk, 5, reasons, TORTURE)])
    row = ImportRow.objects.get()
    assert (row.cells, row.reasons, row.notes) == (TORTURE, reasons, None)
    assert ImportRow.objects.filter(notes__isnull=True, cells__isnull=False).exists()


def test_nothing_of_an_insert_that_is_refused_stays(bella):
    insert(bella, ["first"])
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(bella, ["second", "again the first"], first=-1)
    assert Guest.objects.get().comment == "first"


def test_no_rows_are_no_work(bella):
    with CaptureQueriesContext(connection) as queries:
        assert bulk.reserve_ids(Guest, 0) == []
    assert not queries.captured_queries
    bulk.insert(Card, ("id", "company_id", "guest_id", "track", "number"), [])


# -- Ids ----------------------------------------------------------------------------------------


def test_reserved_ids_are_nobody_elses(bella):
    first = insert(bella, ["a", "b"])
    by_django = Guest.objects.create(company=bella, phone=phone(50), registered_at=NOW)
    second = insert(bella, ["c"], first=10)
    Guest.objects.filter(pk=second[0]).delete()
    third = insert(bella, ["d"], first=20)
    ids = [*first, by_django.pk, *second, *third]
    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids)


def test_ids_that_were_reserved_and_rolled_back_do_no_harm(bella):
    class Away(Exception):
        pass

    def insert_and_leave():
        with transaction.atomic():
            insert(bella, ["a"])
            raise Away

    with pytest.raises(Away):
        insert_and_leave()
    insert(bella, ["b"])
    assert Guest.objects.get().comment == "b"


# -- Update -------------------------------------------------------------------------------------


def test_update_by_key_and_version(bella):
    ids = insert(bella, ["x"] * len(TORTURE))
    fields = ("comment", "birthday", "opening_total", "registered_at", "member_number")
    rows = [
        (pk, 1, text, None, Decimal(-7), NOW, f"m{pk}")
        for pk, text in zip(ids, TORTURE, strict=True)
    ]
    with transaction.atomic():
        assert bulk.update(Guest, fields, rows) == len(ids)
    found = Guest.objects.in_bulk(ids)
    assert [found[pk].comment for pk in ids] == TORTURE
    one = found[ids[0]]
    assert (one.birthday, one.opening_total, one.version) == (None, Decimal(-7), 2)
    assert (one.registered_at, one.member_number) == (NOW, f"m{ids[0]}")
    assert one.phone == phone(0)


def test_a_row_of_another_version_is_not_met_and_not_counted(bella):
    first, second = insert(bella, ["a", "b"])
    Guest.objects.filter(pk=second).update(version=5)
    with transaction.atomic():
        assert bulk.update(Guest, ["comment"], [(first, 1, "c"), (second, 1, "d")]) == 1
    assert list(Guest.objects.order_by("pk").values_list("comment", "version")) == [
        ("c", 2),
        ("b", 5),
    ]


def test_without_versions_only_the_key_counts(bella):
    (pk,) = insert(bella, ["a"])
    with transaction.atomic():
        assert bulk.update(Guest, ["comment"], [(pk, "b")], version=False) == 1
        assert bulk.update(Guest, ["comment"], [(pk + 1, "b")], version=False) == 0
    assert list(Guest.objects.values_list("comment", "version")) == [("b", 1)]


def test_twice_in_one_transaction_the_second_sees_the_first(bella):
    (pk,) = insert(bella, ["a"])
    with transaction.atomic():
        assert bulk.update(Guest, ["comment"], [(pk, 1, "b")]) == 1
        assert bulk.update(Guest, ["comment"], [(pk, 2, "c")]) == 1
        assert bulk.update(Guest, ["comment"], [(pk, 1, "d")]) == 0
    assert Guest.objects.get().comment == "c"


def test_an_update_that_breaks_a_rule_is_refused(bella):
    first, second = insert(bella, ["a", "b"])
    rows = [(first, 1, "m"), (second, 1, "m")]
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.update(Guest, ["member_number"], rows)


# -- Look-ups -----------------------------------------------------------------------------------


def test_any_of_texts_numbers_and_keys(bella):
    ids = insert(bella, TORTURE)
    guests = Guest.objects.order_by("pk")
    assert list(guests.filter(comment__any=set(TORTURE)).values_list("pk", flat=True)) == ids
    for text in TORTURE:
        assert guests.filter(comment__any=[text]).count() == 1, text
    assert (
        guests.filter(pk__any=ids[:3]).count() == guests.filter(id__any=set(ids[:3])).count() == 3
    )
    assert guests.filter(phone__any={phone(0), "+1"}).count() == 1
    Card.objects.create(company=bella, guest_id=ids[0], number="0")
    assert Card.objects.filter(guest__any=ids).count() == 1
    assert Card.objects.filter(guest_id__any={ids[1]}).count() == 0
    assert guests.filter(phone__any=[]).count() == guests.filter(pk__any=set()).count() == 0
    assert guests.exclude(pk__any=ids[1:]).get().pk == ids[0]


def test_any_takes_one_parameter_however_many_values(bella):
    insert(bella, ["a"])
    values = {phone(n) for n in range(99_999)}
    with CaptureQueriesContext(connection) as queries:
        assert Guest.objects.filter(phone__any=values).count() == 1
    assert len(queries) == 1
    _sql, params = Guest.objects.filter(phone__any=values).query.sql_with_params()
    assert len(params) == 1


def test_any_looks_into_the_index(bella):
    insert(bella, [str(number) for number in range(500)])
    guests = Guest.objects.filter(company=bella, phone__any={phone(n) for n in range(9)})
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("ANALYZE guests_guest")
            # As in a company of many: five hundred guests are read sooner whole.
            for way in ("seqscan", "hashjoin", "mergejoin"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
            assert "guest_phone_unique" in guests.explain()
    else:
        plan = guests.explain()
        assert "SEARCH guests_guest" in plan
        assert "(company_id=? AND phone=?)" in plan


@pytest.mark.sqlite
def test_sqlite_is_told_how_large_a_table_has_become(bella):
    insert(bella, [str(number) for number in range(500)])
    bulk.analyze(Guest)
    with connection.cursor() as cursor:
        cursor.execute("SELECT stat FROM sqlite_stat1 WHERE idx = 'guest_by_name'")
        assert cursor.fetchone()[0].split()[0] == "500"


def test_what_bulk_wrote_the_orm_reads_and_changes(bella):
    (pk,) = insert(bella, ["a"])
    Guest.objects.filter(pk=pk).update(version=F("version") + 1, registered_at=timezone.now())
    one = Guest.objects.get()
    one.comment = "b"
    one.save(update_fields=["comment"])
    one.refresh_from_db()
    assert (one.comment, one.version) == ("b", 2)
