"""The iiko document's own sample, as it stands there."""

import pytest

from guests.models import Card, Guest
from imports import error_file
from imports.models import ImportRow
from tests.imports.trips import (
    IIKO,
    IIKO_COLUMNS,
    cards,
    imported,
    outcomes,
    sentences,
)

pytestmark = pytest.mark.usefixtures("inline")

SAMPLE = IIKO.read_bytes()
MAPPING = [None if key == "-" else key for key in IIKO_COLUMNS.split(",")]


def test_the_first_row_comes_in_and_the_second_is_refused_for_its_ten_cells(bella):
    job = imported(bella, SAMPLE, mapping=MAPPING)
    assert (job.state, job.counts) == (
        "done_with_errors",
        {"created": 1, "failed": 1, "created_deleted": 1},
    )
    assert outcomes(job) == {1: "created", 3: "failed"}
    assert sentences(job) == [
        "The row has 10 cells instead of 11: its values may stand in the wrong fields."
    ]
    guest = Guest.objects.get()
    assert guest.company == bella
    assert (guest.phone, guest.first_name, guest.last_name) == ("+44202128506", "John", "Smith")
    assert (guest.email, str(guest.birthday)) == ("smith@mymail.com", "1956-05-21")
    assert guest.comment == "London, Cannon Street 22"
    assert (guest.is_active, guest.subscribed, guest.opening_total) == (False, False, 0)
    assert cards(bella, "+44202128506") == [(None, "11111")]


def test_strict_nothing_is_written_and_both_lines_are_accounted_for(bella):
    job = imported(bella, SAMPLE, mapping=MAPPING, partial=False)
    assert job.state == "refused"
    assert not Guest.objects.exists()
    assert not Card.objects.exists()
    assert job.counts == {"failed": 1, "not_reached": 1}
    assert outcomes(job) == {1: "not_reached", 3: "failed"}


def test_the_columns_are_guessed_from_the_values(bella):
    job = imported(bella, SAMPLE, partial=False)
    assert job.header is None
    assert job.mapping[0] == "phone"
    assert {"phone", "email", "birthday"} <= set(job.mapping)


def test_its_error_file_is_the_second_row(bella):
    job = imported(bella, SAMPLE, mapping=MAPPING)
    (line,) = b"".join(error_file.csv_lines(job)).decode().splitlines()
    assert line.startswith("+44202128507;11112;Peter Collins;collins@mymail.com;01.12.1980;")
    assert line.endswith("its values may stand in the wrong fields.")
    assert ImportRow.objects.get(line=3).cells == SAMPLE.decode().splitlines()[2].split(";")
