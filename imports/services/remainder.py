"""The lines that an import ended without reaching: each is accounted for all the same."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from core.services.jobs import Attempt
from imports.models import ImportJob, ImportRow
from imports.pipeline import CHUNK_ROWS
from imports.pipeline.ahead import chunked, read_ahead
from imports.pipeline.apply import record_not_reached
from imports.pipeline.read import Dialect, FileRefused, open_rows
from imports.pipeline.rows import RawRow
from imports.services.trips import local_file


def account_for_rest(job: ImportJob, attempt: Attempt[ImportJob]) -> None:
    """Write a row for every line of the file that has none."""
    with local_file(job) as path:
        reading = open_rows(path, Dialect.from_json(job.dialect))
        rows = read_ahead(reading, on_wait=attempt.beat)
        for chunk in chunked(_readable_lines(rows), CHUNK_ROWS):
            _record_rest(attempt, chunk)


def _readable_lines(rows: Iterator[RawRow]) -> Iterator[int]:
    """Yield the lines up to where the file cannot be read any more: it is over anyway."""
    with suppress(FileRefused):
        for row in rows:
            yield row.line


def _record_rest(attempt: Attempt[ImportJob], lines: list[int]) -> None:
    with attempt.chunk() as locked:
        known = ImportRow.objects.filter(
            job_id=locked.pk, line__gte=lines[0], line__lte=lines[-1]
        ).values_list("line", flat=True)
        missing = sorted(set(lines).difference(known))
        if missing:
            record_not_reached(locked, missing)
            counts = Counter(locked.counts) + Counter(not_reached=len(missing))
            attempt.save(locked, counts=dict(counts))
