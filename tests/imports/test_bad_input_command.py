"""Files that cannot be: a clear sentence, exit code 2, and nothing left behind."""

import io
import zipfile
from functools import cache
from pathlib import Path

import openpyxl
import pytest
from django.conf import settings as house
from django.core.management import CommandError, call_command

from core.models import Change, OutgoingMail
from guests.models import Card, Guest
from imports.models import ImportJob, ImportRow
from imports.services.uploads import receive_upload
from tests.imports.trips import ANNA, JOHN

pytestmark = pytest.mark.usefixtures("inline")

GOOD = f"phone,name\n{ANNA},Anna\n{JOHN},John\n".encode()


def workbook(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def ole(stream):
    """Return the first bytes of an OLE file with a stream of this name, as they are told apart."""
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream.encode("utf-16-le") + bytes(520)
    )


@cache
def bomb():
    """Return a workbook of a few kilobytes that declares to be 600 MB."""
    target = io.BytesIO(workbook(["phone"], [ANNA]))
    with (
        zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/media/image1.bin", "w") as part,
    ):
        for _block in range(600):
            part.write(bytes(1024 * 1024))
    return target.getvalue()


@pytest.fixture
def refused(bella, tmp_path, capsys):
    """Call it with bytes: what the command said in refusing them. Nothing may be left."""

    def run(content, *arguments, name="guests.csv"):
        path = tmp_path / name
        path.write_bytes(content)
        before = stored(), Change.objects.count()
        with pytest.raises((SystemExit, CommandError)) as end:
            call_command("import_guests", str(path), "--company", "bella", *arguments)
        code = getattr(end.value, "returncode", None) or end.value.code
        said = capsys.readouterr().out + str(end.value)
        assert code == 2, said
        assert "Traceback" not in said
        for model in (Guest, Card, OutgoingMail):
            assert not model.objects.exists()
        return said, (stored(), Change.objects.count()) == before

    return run


def stored():
    """Return the uploads that are kept."""
    uploads = Path(house.MEDIA_ROOT) / "imports"
    return sorted(str(path) for path in uploads.rglob("*") if path.is_file())


CASES = {
    "empty": (b"", "The file is empty"),
    "only blanks": (b" \r\n\r\n  \t\n", "The file is empty"),
    "a header alone": (b"phone,name\n", "There are no rows under the header in line 1"),
    "binary": (bytes(range(256)) * 40, "This is a binary file"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "This is a picture"),
    "an old workbook": (ole("Workbook"), "This is an old Excel workbook (.xls)"),
    "an encrypted one": (ole("EncryptedPackage"), "protected with a password"),
    "a damaged one": (workbook(["phone"], [ANNA])[:-200], "damaged"),
    "a header alone in a workbook": (workbook(["phone", "name"]), "There are no rows"),
    "an empty workbook": (workbook(), "The file is empty"),
    "20,000 columns": (b",".join([b"phone"] * 20_000) + b"\n1\n", "20000 columns"),
    "a cell of 10 MB": (b"phone,name\n1," + b"x" * 10_485_760, "Line 2 is longer than"),
    "the same in quotes": (b'phone,name\n1,"' + b"x\n" * 5_000_000 + b'"\n', "opens in line 2"),
    "NUL bytes": (GOOD.replace(b"nna", b"\0nna") + GOOD * 3, "Line 2 holds a NUL byte"),
    "a quote that never closes": (GOOD + b'+44,"x\n' * 3, "opens in line 4 is not closed"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_file_that_cannot_be_read_leaves_nothing_behind(refused, case):
    content, sentence = CASES[case]
    said, is_clean = refused(content)
    assert sentence in said
    assert is_clean
    assert not ImportJob.objects.exists()


@pytest.mark.parametrize("name", ["guests.csv", "guests.xlsx", "guests"])
def test_a_zip_bomb_is_refused_before_it_is_opened(refused, name):
    said, is_clean = refused(bomb(), name=name)
    assert "would take 600" in said
    assert is_clean


def test_a_file_over_the_limit_is_refused(refused, settings):
    settings.IMPORT_MAX_UPLOAD_BYTES = 20
    said, is_clean = refused(GOOD)
    assert "The file is larger than 20\xa0bytes" in said
    assert is_clean


def test_a_wrong_encoding_is_said_with_its_line(refused):
    said, is_clean = refused("phone,name\n1,Ё\n".encode("cp1251"), "--encoding", "utf-8")
    assert "The file is not utf-8 text: line 2 cannot be read (at byte 13)" in said
    assert is_clean


def test_a_quote_that_never_closes_far_down_refuses_the_whole_file(refused, bella, settings):
    """So far down that the file was received: the import is in the list, and none of it came in."""
    rows = "".join(f"+4420794{n:05},x\n" for n in range(3_000))
    for partial in ((), ("--partial",)):
        said, _is_clean = refused(f'phone,name\n{rows}+44,"x\n'.encode(), *partial)
        assert "opens in line 3002 is not closed" in said
        job = ImportJob.objects.latest("pk")
        assert (job.state, job.rows.to_undo().count()) == ("refused", 0)


def test_a_sheet_that_is_not_there(refused):
    said, is_clean = refused(workbook(["phone"], [ANNA]), "--sheet", "Gäste", name="a.xlsx")
    assert "The workbook has no sheet “Gäste”. It has: Sheet." in said
    assert is_clean


def test_no_row_can_be_imported_says_why_at_the_top_not_for_each(refused):
    content = "phone,name\n" + "".join(f"{n},x\n" for n in range(500))
    for options in ([], ["--partial"]):
        said, _is_clean = refused(content.encode(), *options)
        assert said.startswith("None of the 500 rows can be imported.")
        assert said.count("too few digits") <= 11, "once at the top, and in the first ten rows"


# -- What is odd and fine -----------------------------------------------------------------------


@pytest.fixture
def accepted(bella, tmp_path):
    def run(content, *arguments, name="guests.csv"):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(SystemExit) as end:
            call_command("import_guests", str(path), "--company", "bella", *arguments)
        assert end.value.code == 0
        return ImportJob.objects.latest("pk")

    return run


def test_mixed_line_ends_and_blank_lines(accepted):
    job = accepted(f"phone,name\r\n{ANNA},Anna\r\r\n\n{JOHN},John\n".encode())
    assert job.counts == {"created": 2}


def test_phantom_rows_and_columns_are_passed_over(accepted):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["phone", "name"])
    sheet.append([ANNA, "Anna"])
    for row in range(3, 5_000):
        sheet.cell(row, 1).number_format = "@"
    sheet.append([JOHN, "John"])
    target = io.BytesIO()
    book.save(target)
    job = accepted(target.getvalue(), name="guests.xlsx")
    assert job.counts == {"created": 2}
    assert list(job.rows.values_list("line", flat=True).order_by("line")) == [2, 5_000]


def test_a_name_that_climbs_out_of_its_folder_stays_in(bella, accepted, settings):
    for name in (
        "../../etc/passwd",
        "..\\..\\boot.ini",
        "/abs/guests.csv",
        "a\u202egpj.csv",
        "../",
    ):
        job = receive_upload(company=bella, actor=None, chunks=[GOOD], filename=name)
        assert Path(job.file.path).resolve().is_relative_to(Path(settings.MEDIA_ROOT).resolve())
        assert not set("/\\\u202e") & set(job.filename)
        assert job.filename


def test_megabytes_of_rows_with_errors_are_bounded_in_what_is_kept(accepted, bella, tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("phone,comment\n" + f"1,{'x' * 100_000}\n" * 20)
    with pytest.raises(SystemExit):
        call_command("import_guests", str(path), "--company", "bella", "--check")
    job = ImportJob.objects.latest("pk")
    assert len(str(job.findings)) < 10_000
    assert ImportRow.objects.filter(job_id=job.pk).count() == 20
