"""Money moves only as the screens offer it, and a file of it tells no more than they do."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.models import Change
from loyalty.models import Account, LedgerEntry
from loyalty.services.ledger import post_entries
from loyalty.services.postings import Move
from tests.guests.cast import merge
from tests.loyalty.conftest import anna, boris, points  # noqa: F401

pytestmark = pytest.mark.django_db

#: In London, which has summer time then, it is the next day.
LATE = datetime(2026, 6, 10, 23, 30, tzinfo=UTC)


@pytest.fixture
def credited(bella, manager, anna, points):  # noqa: F811
    move = Move(
        guest_id=anna.pk, program_id=points.pk, amount=Decimal(270), source="manual", source_ref="a"
    )
    post_entries(company=bella, postings=[move], actor=manager, now=LATE)
    return anna


def test_what_a_merge_moved_is_not_taken_back_by_an_address(
    bella,
    owner,
    sign_in,
    credited,
    boris,  # noqa: F811
    points,  # noqa: F811
):
    merge(boris, credited, actor=owner, now=LATE)
    moved = LedgerEntry.objects.get(account__guest=boris, kind="credit", source="merge")
    address = f"/c/bella/guests/{boris.pk}/ledger/{moved.pk}/reverse/"
    client = sign_in(owner)
    assert client.get(address).status_code == 404
    assert client.post(address, {"comment": ""}).status_code == 404
    assert Account.objects.get(guest=boris, program=points).balance == 270


def test_the_file_of_a_program_has_the_companys_time_and_is_written_down(
    bella,
    manager,
    sign_in,
    credited,
    points,  # noqa: F811
):
    answer = sign_in(manager).get(f"/c/bella/programs/{points.pk}/entries.csv")
    content = b"".join(answer.streaming_content).decode()
    assert "2026-06-11 00:30:00" in content
    assert "no-store" in answer.headers["Cache-Control"]
    told = Change.objects.get(company=bella, action="export_entries")
    assert (told.actor, told.subject, told.subject_id) == (manager, "loyalty.program", points.pk)
