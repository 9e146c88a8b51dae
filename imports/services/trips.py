"""Setting out: what a job says, turned into a Trip of the pipeline."""

import hashlib
import json
import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import cast
from zoneinfo import ZoneInfo

from core.models import Restaurant
from guests.models import Guest
from guests.normalize import Check, fold
from imports.columns import KINDS, column_of, overwrite_rules
from imports.error_file import table_width
from imports.models import ImportJob
from imports.options import Options
from imports.pipeline import Trip
from imports.pipeline.ahead import read_ahead
from imports.pipeline.clean import CleanContext, Cleaner
from imports.pipeline.credits import CreditRules, ProgramFacts
from imports.pipeline.lookups import Lookups
from imports.pipeline.met import KEY_FIELDS, LOCKED
from imports.pipeline.notation import find_notation
from imports.pipeline.plan import Rules
from imports.pipeline.plan_orders import OrderRules
from imports.pipeline.read import Dialect, FileRefused, open_rows
from imports.pipeline.rows import RawRow
from imports.services.corrections import CorrectionCleaner
from loyalty.expiry import local_day
from loyalty.models import Program

Kind = ImportJob.Kind
#: Options that make no difference to what a check finds.
_UNCHECKED = frozenset({"partial", "again", "message"})


@contextmanager
def local_file(job: ImportJob) -> Iterator[Path]:
    """Give the upload as a file of this machine: a copy when the storage is elsewhere."""
    try:
        yield Path(job.file.path)
        return
    except NotImplementedError:
        pass
    with NamedTemporaryFile(prefix="regulars-upload-") as copy, job.file.open("rb") as stored:
        shutil.copyfileobj(stored, copy)
        copy.flush()
        yield Path(copy.name)


@contextmanager
def trip_of(job: ImportJob, *, now: datetime, on_wait: Callable[[], None]) -> Iterator[Trip]:
    """Give the trip of the job's present step, with its file at hand.

    `on_wait` is called every few seconds while the file is looked through for how it writes dates
    and amounts.

    Raises FileRefused when the file cannot be read, or these can be read in two ways.
    """
    with local_file(job) as path:
        dialect = Dialect.from_json(job.dialect)
        yield Trip(
            company=job.company,
            path=path,
            dialect=dialect,
            kind=KINDS[job.kind],
            cleaner=_cleaner(job, _context(job, path, dialect, now=now, on_wait=on_wait)),
            rules=_rules(job, now=now),
            order_rules=_order_rules(job, now=now) if job.kind == Kind.ORDERS else None,
            after=job.checkpoint,
            writes_for=job if job.writes else None,
            nobody_yet=not Guest.objects.for_company(job.company).exists(),
        )


def _order_rules(job: ImportJob, *, now: datetime) -> OrderRules:
    restaurants = Restaurant.objects.for_company(job.company).values_list("pk", "name")
    return OrderRules(
        restaurants={fold(name): pk for pk, name in restaurants},
        currency=job.company.currency,
        now=now,
    )


def _cleaner(job: ImportJob, context: CleanContext) -> Cleaner:
    kind = KINDS[job.kind]
    if job.corrects is None:
        return Cleaner(job.mapping, context, kind=kind)
    width = table_width(job)
    return CorrectionCleaner(job.mapping, context, kind=kind, table_width=width)


def checked_key(job: ImportJob) -> str:
    """Return a digest of all that a check depends on but the database: equal keys, equal check.

    Whether the import is partial, repeats another or tells its guests is no part of it: a check
    always looks at every line, and at all that was given before.
    """
    options = {name: value for name, value in job.options.items() if name not in _UNCHECKED}
    parts = [job.file_hash, job.dialect, job.mapping, options, job.batch_id]
    if gives_money(job):
        # A line that names no program means the default one: nobody has seen what another gives.
        programs = Program.objects.for_company(job.company).order_by("pk")
        parts.append(list(programs.values_list("pk", "code", "currency", "kind", "is_default")))
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def is_checked(job: ImportJob) -> bool:
    """Whether the last finished check was made with the columns and rules of now."""
    return job.checked_key == checked_key(job)


def _context(
    job: ImportJob, path: Path, dialect: Dialect, *, now: datetime, on_wait: Callable[[], None]
) -> CleanContext:
    rows = read_ahead(_rows_that_tell(job, path, dialect), on_wait=on_wait)
    options, company = Options.from_json(job.options), job.company
    tz = ZoneInfo(company.timezone)
    written = find_notation(rows, job.mapping, dates=options.dates, decimal=options.decimal)
    return CleanContext(
        region=options.region or company.region,
        phone_check=cast(Check, company.phone_check),
        date_orders=written.date_orders,
        decimal_marks=written.decimal_marks,
        today=now.astimezone(tz).date(),
        tz=tz,
    )


def _rows_that_tell(job: ImportJob, path: Path, dialect: Dialect) -> Generator[RawRow, None, None]:
    """Return the rows that say how dates and amounts are written: those of the file and, behind
    them, those of the files that it corrects.

    A few rows that failed may not tell it. The whole file did, and nobody is asked again.
    """
    corrected: list[ImportJob] = []
    while (last := (corrected or [job])[-1].corrects) is not None:
        corrected.append(last)
    return _rows_of(job, path, dialect, corrected)


def _rows_of(
    job: ImportJob, path: Path, dialect: Dialect, corrected: Sequence[ImportJob]
) -> Generator[RawRow, None, None]:
    yield from open_rows(path, dialect)
    for each in corrected:
        if not each.file or each.mapping != job.mapping[: len(each.mapping)]:
            continue
        beyond = [""] * (len(job.mapping) - len(each.mapping))
        # What it tells until it cannot be read is enough, or is asked.
        with suppress(FileRefused), local_file(each) as earlier:
            for line, cells in open_rows(earlier, Dialect.from_json(each.dialect)):
                if len(cells) == len(each.mapping):
                    yield RawRow(line, [*cells, *beyond])


def _rules(job: ImportJob, *, now: datetime) -> Rules:
    options, company = Options.from_json(job.options), job.company
    lookups = Lookups.of(company)
    return Rules(
        overwrite=overwrite_rules(options.preset, options.rules),
        categories=tuple(c for c in options.categories if c in lookups.categories.values()),
        default_consent=company.default_consent,
        default_subscribed=company.default_subscribed,
        now=now,
        category_ids=lookups.categories,
        tier_ids=lookups.tiers,
        fields=_fields(job.mapping),
        sorts_into_categories=bool(options.categories) or "categories" in job.mapping,
        create_categories=options.create_categories,
        credits=_credit_rules(job, options, now=now) if gives_money(job) else None,
    )


def gives_money(job: ImportJob) -> bool:
    """Whether any line of the job can move a balance."""
    return job.kind == ImportJob.Kind.BALANCES or "credit_amount" in job.mapping


def _credit_rules(job: ImportJob, options: Options, *, now: datetime) -> CreditRules:
    programs = [
        (
            ProgramFacts(
                each.pk,
                each.code,
                each.currency,
                each.has_ledger,
                each.active_from,
                # Nothing more is credited in one that was ended.
                each.active_to if each.is_active else date.min,
            ),
            each.is_default,
        )
        for each in Program.objects.for_company(job.company).order_by("pk")
    ]
    keys = (key for key in job.mapping if key)
    return CreditRules(
        batch=job.batch_id or job.pk,
        today=local_day(job.company, now),
        by_code={fold(facts.code): facts for facts, _default in programs},
        default_of={facts.currency: facts for facts, is_default in programs if is_default},
        columns={column_of(key)[0].fills: key for key in keys},
        sets=job.kind == ImportJob.Kind.BALANCES and options.mode == "set",
        only_new=options.same,
    )


def _fields(mapping: list[str | None]) -> tuple[str, ...]:
    """Return the guest's fields that lines of this mapping are compared with."""
    own = {field.attname for field in Guest._meta.concrete_fields}
    mapped = [column_of(key)[0].guest_field for key in mapping if key is not None]
    if "consent" in mapped:
        # The cell of a consent may hold its details and its date as well.
        mapped += ["consent_details", "consent_date"]
    if "credit_amount" in mapping:
        # Whether the guest may be told of it.
        mapped.append("subscribed")
    # What is locked is not compared either; the telephone is a key.
    names = dict.fromkeys((*KEY_FIELDS, *(name for name in mapped if name not in LOCKED)))
    return tuple(name for name in names if name in own)
