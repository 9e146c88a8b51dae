"""A transaction that PostgreSQL breaks off for another's sake is known by its error."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from core.races import is_lost_race

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

DEADLOCK, NOT_SERIALISABLE = "40P01", "40001"
OUT_OF_MEMORY, TAKEN = "53200", "23505"


def error_with(code: str) -> BaseException:
    """Have the database break off with this code."""
    wrong = f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$"
    with (
        pytest.raises(DatabaseError) as raised,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(wrong)
    return raised.value


@pytest.mark.parametrize("code", [DEADLOCK, NOT_SERIALISABLE])
def test_whoever_lost_a_race_begins_anew(code):
    assert is_lost_race(error_with(code))


@pytest.mark.parametrize("code", [OUT_OF_MEMORY, TAKEN])
def test_what_would_fail_again_is_no_race(code):
    assert not is_lost_race(error_with(code))


def test_only_an_error_of_the_database_is_a_race():
    assert not is_lost_race(None)
    assert not is_lost_race(IntegrityError("somebody else has it"))
