"""A command's arguments -> a draft import with everything chosen, or a refusal that leaves nothing.

A refusal is a CommandError, FileRefused or MappingRefused: its text is for whoever typed it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from core.models import Company
from imports.columns import FileKind
from imports.management.answers import REFUSED
from imports.management.whole_files import cannot_be_read, is_same_file, require_writable
from imports.models import ColumnMapping, ImportJob
from imports.options import Options
from imports.reports.columns import called_alike, left_out, other_columns, unfit
from imports.services import drafts, uploads
from imports.services.fitting import Unfit
from imports.services.mappings import ReadingUnfit, read_as_saved

DELIMITERS = {",": ",", ";": ";", "tab": "\t"}
PIECE = 1024 * 1024
#: The options that say how a file is read, by the format they are for.
READING = {"csv": ("delimiter", "encoding"), "xlsx": ("sheet",)}
_READING_OPTIONS = {
    format_: [f"--{name}" for name in (*names, "header")] for format_, names in READING.items()
}


class OwnOptions(Protocol):
    """Returns the imports.options.Options that only one of the commands has."""

    def __call__(self, company: Company, options: dict[str, Any]) -> dict[str, Any]: ...


def draft_of(
    options: dict[str, Any],
    *,
    kind: FileKind,
    own_options: OwnOptions,
    say: Callable[[str], None],
) -> ImportJob:
    """Return a draft import of the file that `options` names, as they say.

    `say` is told what whoever typed them should know though nothing is refused.
    """
    if options["error_file"]:
        require_writable(options["error_file"])
        if is_same_file(options["error_file"], options["file"]):
            text = _("%(path)s is the file itself: the error file would take its place.")
            raise _refused(text % {"path": options["error_file"]})
    company = company_of(options["company"])
    _require_address(options["email"])
    if options["columns"] is not None and options["mapping"] is not None:
        raise _refused(_("Give --columns or --mapping, not both: each says what the columns are."))
    job = uploads.receive_upload(
        company=company,
        actor=None,
        chunks=_pieces(options["file"]),
        filename=options["file"].name,
        corrects=_corrected(company, options["corrects"], kind),
        kind=kind,
        overrides=_overrides(options),
    )
    try:
        _require_format(job, options)
        job, mapping = _with_mapping(job, options, say)
        uploads.choose_columns(job=job, mapping=mapping, may=lambda permission: True)
        rules = _options(job, options, own_options(company, options))
        return drafts.choose_rules(job=job, options=rules, results_to=options["email"])
    except BaseException:
        # Nothing is left behind of an import that was never set up, whoever interrupted it.
        drafts.leave_nothing(job=job)
        raise


def company_of(slug: str) -> Company:
    """Return the company whose address this is."""
    company = Company.objects.filter(slug=slug).first()
    if company is None:
        raise _refused(_("There is no company “%(slug)s”.") % {"slug": slug})
    return company


def _refused(sentence: str) -> CommandError:
    return CommandError(sentence, returncode=REFUSED)


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece
    except OSError as error:
        raise _refused(cannot_be_read(path, error)) from error


def _require_address(address: str) -> None:
    try:
        if address:
            validate_email(address)
    except ValidationError as error:
        sentence = _("Results cannot go to “%(address)s”: it is no e-mail address.")
        raise _refused(sentence % {"address": address}) from error


def _corrected(company: Company, number: int | None, kind: FileKind) -> ImportJob | None:
    if number is None:
        return None
    job = ImportJob.objects.for_company(company).filter(number=number).first()
    if job is None:
        raise _refused(
            _("There is no import %(number)s in this company.") % {"number": number},
        )
    if job.kind != kind.key:
        sentence = _("Import %(number)s is not of this kind: correct it by import_%(kind)s.")
        raise _refused(sentence % {"number": number, "kind": job.kind})
    return job


def _overrides(options: dict[str, Any]) -> dict[str, Any]:
    chosen = {
        "delimiter": DELIMITERS.get(options["delimiter"] or ""),
        "encoding": options["encoding"],
        "sheet": options["sheet"],
        "header_row": None if options["header"] is None else int(options["header"]),
    }
    return {name: value for name, value in chosen.items() if value is not None}


def _require_format(job: ImportJob, options: dict[str, Any]) -> None:
    """Refuse what says how to read a file of the other format: it would make no difference."""
    sentences = {
        "csv": _("%(option)s is for workbooks, and %(file)s is a text file."),
        "xlsx": _("%(option)s is for text files, and %(file)s is a workbook."),
    }
    found = job.dialect["format"]
    for format_, names in READING.items():
        for name in names:
            if format_ != found and options[name] is not None:
                params = {"option": f"--{name}", "file": job.filename}
                raise _refused(sentences[found] % params)


def _with_mapping(
    job: ImportJob, options: dict[str, Any], say: Callable[[str], None]
) -> tuple[ImportJob, list[str | None]]:
    """Return what the columns of the file are, and the import read as a saved mapping says."""
    if options["columns"] is not None:
        keys = [key.strip() for key in options["columns"].split(",")]
        return job, [None if key in ("-", "") else key for key in keys]
    name = options["mapping"]
    if name is None:
        if alike := called_alike(job):
            # On the web whoever chooses the columns sees it.
            say(alike)
        return job, list(job.mapping)
    saved = ColumnMapping.objects.for_company(job.company).filter(name=name, kind=job.kind).first()
    if saved is None:
        raise _refused(_("There is no column mapping “%(name)s”.") % {"name": name})
    try:
        job, found = read_as_saved(mapping=saved, job=job, overrides=_overrides(options))
    except ReadingUnfit as why:
        text = _("%(unfit)s Say how it is read by %(options)s.")
        ways = ", ".join(_READING_OPTIONS[job.dialect["format"]])
        raise _refused(text % {"unfit": unfit(saved, str(why)), "options": ways}) from why
    except Unfit as why:
        raise _refused(other_columns(saved, str(why))) from why
    if found.unknown:
        say(left_out(saved, found.unknown))
    return job, found.mapping


def _options(job: ImportJob, options: dict[str, Any], own: dict[str, Any]) -> Options:
    chosen = {**job.options, **own, "partial": options["partial"]}
    chosen |= {"message": options["message"], "again": options["again"] == "new"}
    chosen |= {name: options[name] for name in ("dates", "decimal") if options[name]}
    return Options.from_json(chosen)
