"""A first look into an upload: its first rows as they are read now, and what else could be read."""

from dataclasses import dataclass, field
from itertools import islice

from imports.models import ImportJob
from imports.pipeline.read import Dialect, FileRefused, open_rows
from imports.pipeline.read.workbook import sheets_of
from imports.pipeline.rows import RawRow
from imports.services.trips import local_file

#: From so many rows the samples of each column are taken.
LOOKED_AT_ROWS = 50


@dataclass(frozen=True)
class Preview:
    """`rows` under the header; `sheets` by name, of a workbook only."""

    rows: list[RawRow] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)

    def samples(self, place: int, count: int) -> list[str]:
        """Return up to `count` different values of the column at `place`, from 0."""
        cells = (row.cells[place].strip() for row in self.rows if place < len(row.cells))
        return list(islice(dict.fromkeys(cell for cell in cells if cell), count))


def preview(job: ImportJob) -> Preview:
    """Look at the job's file. Raises FileRefused when nothing of it can be read any more."""
    dialect = Dialect.from_json(job.dialect)
    with local_file(job) as path:
        sheets = [sheet.name for sheet in sheets_of(path)] if dialect.format == "xlsx" else []
        reading = open_rows(path, dialect)
        rows: list[RawRow] = []
        try:
            rows.extend(islice(reading, LOOKED_AT_ROWS))
        except FileRefused:
            # What comes later cannot be read; the check will say where. The first rows still help.
            if not rows:
                raise
    return Preview(rows, sheets)
