"""An .xlsx or .xlsm to rows: look at the zip, then let another process read the sheet."""

from __future__ import annotations

import json
import logging
import os
import posixpath
import re
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.conf import settings

from core.formula import unguard
from imports.pipeline.read.dialect import MAX_COLUMNS
from imports.pipeline.read.errors import FileRefused
from imports.pipeline.read.sheet.job import Job, Refused
from imports.pipeline.read.sheet.unpack import unpacked
from imports.pipeline.rows import RawRow

logger = logging.getLogger(__name__)

WORKBOOK = "xl/workbook.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
# A formula guard as it looks in the JSON of a batch.
GUARD = re.compile(rb"'(?:[=+@-]|\\[tr])")


@dataclass(frozen=True)
class Sheet:
    """A sheet that holds cells (a chart does not)."""

    name: str
    member: str
    """The part of the zip."""
    hidden: bool


def sheets_of(path: Path) -> list[Sheet]:
    """Return the sheets of a workbook, hidden ones last. Raises FileRefused."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_declared(archive)
            found = list(_sheets(archive))
    except Refused as refused:
        raise FileRefused(refused.code, **refused.params) from refused
    except DefusedXmlException as error:
        raise FileRefused("xml_entities", part=WORKBOOK) from error
    except (zipfile.BadZipFile, ParseError, KeyError, OSError, ValueError) as error:
        raise FileRefused("damaged") from error
    if not found:
        raise FileRefused("no_sheets")
    return sorted(found, key=lambda sheet: sheet.hidden)


def first_filled(path: Path, sheets: list[Sheet]) -> Sheet:
    """Return the first sheet that has anything in a cell, or the first if none has."""
    try:
        with zipfile.ZipFile(path) as archive:
            for sheet in sheets:
                tail = b""
                for block in unpacked(archive, archive.getinfo(sheet.member)):
                    if b"</v>" in tail + block or b"</is>" in tail + block:
                        return sheet
                    tail = block[-8:]
    except Refused as refused:
        raise FileRefused(refused.code, **refused.params) from refused
    return sheets[0]


def records(path: Path, sheet: str, rows: int = 0) -> Iterator[RawRow]:
    """Yield the rows of a sheet that are not blank, every cell as text; or about the first `rows`.

    Raises FileRefused: what the zip, the sheet or the process that reads it made impossible.
    Closing the iterator ends that process.
    """
    sheets = sheets_of(path)
    chosen = next((each for each in sheets if each.name == sheet), None)
    if chosen is None:
        names = ", ".join(each.name for each in sheets)
        raise FileRefused("sheet_missing", sheet=sheet, sheets=names)
    job = Job(
        path=str(path),
        sheet=chosen.name,
        member=chosen.member,
        max_columns=MAX_COLUMNS,
        memory=settings.IMPORT_SHEET_MEMORY_BYTES,
        seconds=settings.IMPORT_SHEET_SECONDS,
        rows=rows,
    )
    command = [sys.executable, "-P", "-m", "sheet", json.dumps(asdict(job))]
    yield from rows_of_process(command, seconds=job.seconds)


def rows_of_process(command: list[str], *, seconds: int) -> Iterator[RawRow]:
    """Yield the rows that a reading process writes; FileRefused if it refuses or dies."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=environment,
            # Ctrl-C is for whoever reads, who ends this process in order. Dead of it, it would
            # look like a damaged workbook.
            process_group=0,
        ) as process,
    ):
        try:
            last: dict[str, Any] | None = None
            for line in process.stdout or ():
                if line.startswith(b"{"):
                    last = json.loads(line)
                    break
                if line.endswith(b"\n"):  # a line that is cut is the last word of a dying process
                    yield from _rows(line)
        finally:
            # Of a reader that is left early nothing may stay; one that has ended does not mind.
            process.kill()
        status = process.wait()
        if last is None:
            complaints.seek(0)
            logger.warning("Reading a sheet ended with %s: %s", status, complaints.read(4000))
            raise _death(status, seconds)
    if "refused" in last:
        raise FileRefused(last["refused"], **last["params"])
    logger.debug("Read a sheet of %(end)s rows in %(peak_kb)s kB", last)


def _rows(line: bytes) -> Iterator[RawRow]:
    guards = GUARD.search(line) is not None
    for number, cells in json.loads(line):
        yield RawRow(number, [unguard(cell) for cell in cells] if guards else cells)


def _death(status: int, seconds: int) -> FileRefused:
    if status in {-signal.SIGXCPU, -signal.SIGKILL}:
        return FileRefused("sheet_time", seconds=seconds)
    # calamine aborts when it gets no memory; any other death is a file it cannot cope with.
    return FileRefused("sheet_memory" if status == -signal.SIGABRT else "damaged")


def _check_declared(archive: zipfile.ZipFile) -> None:
    limit = settings.IMPORT_MAX_UNCOMPRESSED_BYTES
    parts = archive.infolist()
    size = sum(part.file_size for part in parts)
    if size > limit:
        raise FileRefused("zip_bomb", size=size, limit=limit)
    # Two parts of one name: one would be checked and the other read.
    if len({part.filename for part in parts}) < len(parts):
        raise FileRefused("damaged")


def _sheets(archive: zipfile.ZipFile) -> Iterator[Sheet]:
    names = {name.lower().replace("\\", "/"): name for name in archive.namelist()}
    targets = {
        each.get("Id"): each.get("Target", "")
        for each in _xml(archive, names[RELATIONS])
        if each.get("Type", "").endswith("/worksheet")
    }
    for each in _xml(archive, names[WORKBOOK]).iter():
        if each.tag.rpartition("}")[2] != "sheet":
            continue
        relation = next((value for key, value in each.items() if key.endswith("}id")), None)
        if relation in targets:
            target = posixpath.normpath(posixpath.join("/xl", targets[relation]))
            yield Sheet(
                name=each.get("name", ""),
                member=names[target.lstrip("/").lower()],
                hidden=each.get("state", "visible") != "visible",
            )


def _xml(archive: zipfile.ZipFile, name: str) -> Element:
    content = b"".join(unpacked(archive, archive.getinfo(name)))
    root: Element = fromstring(content, forbid_dtd=True)
    return root
