"""`kill -9` of the worker at random points of an import, of its check and of an undo."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from core.models import Company
from imports.models import ImportJob
from imports.services import runs
from tests.imports.web import imported
from tests.torture.conftest import Prepare
from tests.torture.guest_list import GuestList, problems, undo_problems

pytestmark = [pytest.mark.torture, pytest.mark.slow]


def test_a_partial_import_survives_its_workers(
    bella: Company,
    start_import: Prepare,
    ended_despite_kills: Callable[..., ImportJob],
    rounds: int,
) -> None:
    guests = GuestList(1_000 * (rounds + 1))
    job = start_import(bella, guests)
    job = ended_despite_kills(job, {"import": rounds}, last=guests.last)
    assert job.attempt == rounds + 1
    assert problems(job, guests) == []


def test_a_strict_import_survives_its_workers_in_check_and_import(
    bella: Company,
    start_import: Prepare,
    ended_despite_kills: Callable[..., ImportJob],
    rounds: int,
) -> None:
    guests = GuestList(1_500 * (rounds // 2 + 1), faultless=True)
    job = start_import(bella, guests)
    kills = {"check": rounds // 2, "import": rounds - rounds // 2}
    job = ended_despite_kills(job, kills, last=guests.last)
    assert job.attempt == rounds + 2
    assert problems(job, guests) == []


def test_an_undo_survives_its_workers(
    bella: Company,
    start_import: Prepare,
    ended_despite_kills: Callable[..., ImportJob],
    rounds: int,
) -> None:
    guests = GuestList(1_500 * (rounds + 1))
    imported(bella, None, guests.before())
    job = imported(bella, None, guests.content(), partial=True)
    before = job.attempt
    runs.request_undo(job=job, actor=None, now=timezone.now())
    job = ended_despite_kills(job, {"undo": rounds}, last=guests.last)
    assert job.attempt == before + rounds + 1
    assert undo_problems(job, guests) == []
