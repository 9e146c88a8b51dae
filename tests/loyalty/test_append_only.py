"""What is in the ledger stays: raw SQL too can neither change nor remove it."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from loyalty.models import LedgerEntry, LotUse
from loyalty.services.ledger import post_entries
from loyalty.services.postings import Move
from tests.loyalty.conftest import NOON


@pytest.fixture
def written(bella, anna, points):
    def posting(amount, ref):
        return Move(
            guest_id=anna.pk,
            program_id=points.pk,
            amount=Decimal(amount),
            source="manual",
            source_ref=ref,
        )

    post_entries(company=bella, postings=[posting(5, "a"), posting(-2, "b")], actor=None, now=NOON)


@pytest.mark.parametrize("table", ["loyalty_ledgerentry", "loyalty_lotuse"])
@pytest.mark.parametrize("sql", ["UPDATE {} SET amount = amount + 1", "DELETE FROM {}"])
def test_nothing_written_is_changed_or_removed(written, table, sql):
    before = [list(model.objects.values()) for model in (LedgerEntry, LotUse)]
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format(table))
    assert [list(model.objects.values()) for model in (LedgerEntry, LotUse)] == before


@pytest.mark.postgres
def test_nor_emptied_at_once(written):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE loyalty_ledgerentry CASCADE")
    assert LedgerEntry.objects.count() == 2


@pytest.mark.sqlite
def test_nor_replaced(written):
    """SQLite removes what INSERT OR REPLACE collides with, and by itself tells no trigger."""
    columns = ", ".join(field.column for field in LedgerEntry._meta.concrete_fields)
    other = columns.replace("amount", "amount + 1")
    sql = f"INSERT OR REPLACE INTO loyalty_ledgerentry ({columns}) SELECT {other} "
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{sql} FROM loyalty_ledgerentry")
    assert list(LedgerEntry.objects.order_by("pk").values_list("amount", flat=True)) == [5, -2]
