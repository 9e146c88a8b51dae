"""What waits is hinted at again, but the queue does not fill with hints that say the same."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from core.models import OutgoingMail
from core.seldom import Seldom
from core.services import jobs, mail
from imports.models import ImportJob
from tests.imports.web import draft

TICK = timedelta(seconds=10)


def ticks(seldom, waiting, count, *, there=True):
    """Return at which ticks each was hinted at."""
    said, now = [], timezone.now()
    for tick in range(count):
        seldom.hint(
            waiting,
            lambda each, tick=tick: said.append((tick, each)) or there,
            first=TICK,
            now=now + tick * TICK,
        )
    return said


def test_it_is_hinted_at_at_once_and_then_ever_more_seldom():
    seldom = Seldom(longest=timedelta(seconds=60))
    assert [tick for tick, _each in ticks(seldom, ["a"], 30)] == [0, 1, 3, 7, 13, 19, 25]


def test_while_the_queue_is_away_it_is_tried_at_every_tick():
    seldom = Seldom(longest=timedelta(seconds=60))
    assert len(ticks(seldom, ["a"], 5, there=False)) == 5
    assert ticks(seldom, ["a"], 1) == [(0, "a")]


def test_what_comes_to_wait_anew_is_hinted_at_at_once():
    seldom = Seldom(longest=timedelta(seconds=60))
    ticks(seldom, [("a", 1)], 20)
    assert ticks(seldom, [("a", 2)], 1) == [(0, ("a", 2))]
    ticks(seldom, [], 1)
    assert ticks(seldom, [("a", 1)], 1) == [(0, ("a", 1))]


@pytest.fixture
def messages():
    """Count the messages that wait in the queue of this run, whichever it is."""
    from config.celery import app

    def count() -> int:
        if settings.REDIS_URL:
            with app.connection_for_write() as connection:
                return int(connection.default_channel.client.llen("celery"))
        return len(list(Path(settings.QUEUE_DIR).glob("*.celery.msg")))

    return count


@pytest.mark.django_db(transaction=True)
def test_an_hour_behind_a_long_import_leaves_few_messages_in_the_queue(bella, messages):
    """Nobody takes them: the only worker is busy."""
    now = timezone.now()
    waiting = draft(bella, None)
    ImportJob.objects.filter(pk=waiting.pk).update(state="queued", queued_at=now)
    letter = OutgoingMail.objects.create(
        company=bella, kind="x", subject_id=1, to="a@example.com", next_attempt_at=now
    )
    before = messages()
    for tick in range(360):
        jobs.sweep(now=now + tick * TICK)
        mail.resume(now=now + tick * TICK)
    assert messages() - before == 2 * 16
    # Taken and put back, it waits anew.
    ImportJob.objects.filter(pk=waiting.pk).update(attempt=1)
    OutgoingMail.objects.filter(pk=letter.pk).update(attempts=1)
    jobs.sweep(now=now + 360 * TICK)
    mail.resume(now=now + 360 * TICK)
    assert messages() - before == 2 * 17
