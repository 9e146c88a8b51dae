"""The error file: what failed, as it came; corrected and uploaded again it needs no new mapping."""

import csv
import io
from datetime import date

import openpyxl
import pytest

from core.formula import guard
from core.text_cells import text_cell
from guests.models import Category, Guest
from imports import error_file
from imports.models import ImportJob
from tests.imports.trips import (
    ANNA,
    JOHN,
    MAX,
    guest,
    imported,
    outcomes,
    reasons,
    received,
    start,
)

pytestmark = pytest.mark.usefixtures("inline")

#: A column name nobody knows, so that a mapping which is not taken over shows.
HEADER = ["Ring me at", "comment", "email", "Whatever"]
MAPPING = ["phone", "comment", "email", None]
TRICKY = [
    '=HYPERLINK("http://evil.example")',
    "'t Hooft",
    "''=1",
    "@SUM(A1)",
    "-1+1|cmd",
    "\ttab",
    'say "hi"; or, not',
    "two\nlines",
    "Ё – №",
    "#N/A",
    "TRUE",
    "007",
    "1e5",
    "_x0041_",
    "  blank around  ",
]


def table(*rows, delimiter=",", encoding="utf-8", header=HEADER):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([header, *rows] if header else rows)
    return text.getvalue().encode(encoding)


def workbook(*rows):
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append([text_cell(sheet, cell) for cell in row])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def of(job, suffix="csv"):
    """Return the bytes of the error file."""
    if suffix == "csv":
        return b"".join(error_file.csv_lines(job))
    target = io.BytesIO()
    error_file.write_xlsx(job, target)
    return target.getvalue()


def downloaded(job):
    name, _type, content = error_file.download(job)
    return name, b"".join(content)


def read(content, delimiter=",", encoding="utf-8"):
    return list(csv.reader(io.StringIO(content.decode(encoding), newline=""), delimiter=delimiter))


def again(job, content, filename="errors.csv", **chosen):
    """Bring the error file of `job` in as its correction."""
    return imported(job.company, content, corrects=job, filename=filename, **chosen)


# -- What is in it ------------------------------------------------------------------------------


def test_failed_rows_only_with_header_cells_and_every_reason(bella):
    rows = ([ANNA, "good", "", "x"], ["12", "bad", "nobody", "y"], ["", "none", "", "z"])
    job = imported(bella, table(*rows), mapping=MAPPING)
    header, first, second = read(of(job))
    assert header == [*HEADER, "What was wrong"]
    assert first[:4] == ["12", "bad", "nobody", "y"]
    assert first[4].count(".") >= 2
    assert "“nobody”" in first[4]
    assert second == ["", "none", "", "z", "The telephone is missing."]


def test_without_errors_there_is_nothing_but_the_header(bella):
    job = imported(bella, table([ANNA, "", "", ""]), mapping=MAPPING)
    assert read(of(job)) == [[*HEADER, "What was wrong"]]


def test_it_is_named_after_the_upload(bella):
    job = imported(bella, table(["", "a", "", ""]), mapping=MAPPING, filename='../gä "st"/é.csv')
    assert error_file.filename(job, "csv") == f"é-errors-{job.number}.csv"


# -- Round trips --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("delimiter", "encoding", "found"),
    [
        (",", "utf-8", "utf-8"),
        (";", "windows-1251", "windows-1251"),
        ("\t", "utf-8-sig", "utf-8-sig"),
        (";", "utf-16", "utf-16"),
    ],
)
def test_in_the_separator_and_encoding_of_the_upload(bella, delimiter, encoding, found):
    rows = [["", "Анна № 1", "", "a"], ["12", 'Пётр; "x", y\tz', "", "b"]]
    content = table(*rows, delimiter=delimiter, encoding=encoding)
    job = imported(bella, content, mapping=MAPPING)
    assert (job.dialect["delimiter"], job.dialect["encoding"]) == (delimiter, found)
    name, content = downloaded(job)
    assert name.endswith(".csv")
    back = read(content, delimiter, encoding)
    assert [row[:4] for row in back] == [HEADER, *rows]
    second = again(job, content)
    assert second.mapping == [*MAPPING, None]
    assert second.dialect == job.dialect
    assert [row.cells[:4] for row in second.rows.in_file_order()] == rows


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_it_holds_what_the_upload_held_and_no_formula_is_live(bella, format):
    rows = [["12", text, "nobody", "+44 20 7946 0958"] for text in TRICKY]
    guarded = [[guard(cell) for cell in row] for row in rows]
    content = table(*guarded) if format == "csv" else workbook(HEADER, *rows)
    job = imported(bella, content, mapping=MAPPING, filename=f"guests.{format}")
    assert [row.cells for row in job.rows.in_file_order()] == rows
    name, content = downloaded(job)
    assert name.endswith(format)
    if format == "csv":
        cells = [cell for row in read(content) for cell in row]
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        assert {cell.data_type for row in sheet for cell in row if cell.value} == {"s"}
        cells = [cell.value or "" for row in sheet for cell in row]
    assert not [cell for cell in cells if cell[:1] in ("=", "@", "\t", "\r") and cell]
    assert '\'=HYPERLINK("http://evil.example")' in cells
    assert {"'t Hooft", "007", "1e5", "'''=1"} <= set(cells)
    # Uploaded again unmended it says the same again, and downloaded again too.
    second = again(job, content, f"errors.{format}")
    assert [row.cells[:4] for row in second.rows.in_file_order()] == rows
    assert read(of(second)) == read(of(job))


def test_an_international_phone_is_written_as_it_is(bella):
    job = imported(bella, table([ANNA, "x", "nobody", "-5"]), mapping=MAPPING)
    assert read(of(job))[1][:4] == [ANNA, "x", "nobody", "-5"]


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_corrected_it_comes_in_without_a_new_mapping(bella, format):
    rows = [[ANNA, "a", "", ""], ["12", "'t Hooft", "", ""], [MAX, "=1+1", "nobody", ""]]
    guarded = [[guard(cell) for cell in row] for row in rows]
    content = table(*guarded) if format == "csv" else workbook(HEADER, *rows)
    vip = Category.objects.create(company=bella, name="VIP")
    job = imported(bella, content, mapping=MAPPING, preset="protect", categories=[vip.pk])
    content = downloaded(job)[1]
    if format == "csv":
        content = content.replace(b"12,", JOHN.encode() + b",").replace(b"nobody", b"max@x.com", 1)
    else:
        book = openpyxl.load_workbook(io.BytesIO(content))
        book.active["A2"], book.active["C3"] = JOHN, "max@x.com"
        content = io.BytesIO()
        book.save(content)
        content = content.getvalue()
    second = again(job, content, f"errors.{format}")
    assert (second.state, outcomes(second)) == ("done", {2: "created", 3: "created"})
    assert dict(Guest.objects.values_list("phone", "comment")) == {
        ANNA: "a",
        JOHN: "'t Hooft",
        MAX: "=1+1",
    }
    assert (second.corrects, second.batch) == (job, job)
    assert (second.options["preset"], second.options["categories"]) == ("protect", [vip.pk])


def test_a_chain_of_corrections_is_one_batch_and_grows_no_columns(bella):
    job = first = imported(bella, table(["12", "a", "", ""]), mapping=MAPPING)
    for _round in range(3):
        job = again(job, of(job))
        assert job.batch == first
        assert reasons(job) == reasons(first)
        assert read(of(job)) == read(of(first))


@pytest.mark.parametrize("header", [["phone", "birthday", "email"], None])
def test_its_dates_are_read_as_those_of_the_whole_file(bella, header):
    """Of the row that failed nobody could say whether June or May is meant."""
    rows = ([ANNA, "25/06/1990", ""], [JOHN, "05/06/1990", "john"])
    mapping = ["phone", "birthday", "email"]
    job = imported(bella, table(*rows, header=header), mapping=mapping)
    assert again(job, of(job).replace(b",john,", b",,")).counts == {"created": 1}
    assert Guest.objects.get(phone=JOHN).birthday == date(1990, 6, 5)


def test_what_was_wrong_is_left_out_even_where_nobody_says_what_it_corrects(bella):
    job = imported(bella, "phone,comment\n12,x\n")
    second = imported(bella, of(job).replace(b"12,", ANNA.encode() + b","))
    assert second.mapping == ["phone", "comment", None]
    assert Guest.objects.get().comment == "x"


# -- Rows of another width ----------------------------------------------------------------------


@pytest.mark.parametrize("header", [HEADER, None])
@pytest.mark.parametrize("cells", [3, 5, 6])
@pytest.mark.parametrize("others", [0, 1])
def test_unmended_a_row_of_another_width_fails_again(bella, header, cells, others):
    mapping = ["phone", None, "email", "comment"]
    bad = [JOHN, "a", "b@example.com", "c", "d", "e"][:cells]
    rows = [[ANNA, "a", "", "c"], bad, *[["12", "a", "", "c"]] * others]
    overrides = None if header else {"header_row": 0}
    job = imported(bella, table(*rows, header=header), mapping=mapping, overrides=overrides)
    assert job.counts == {"created": 1, "failed": 1 + others}
    for _round in range(3):
        content = of(job)
        assert bad == read(content)[bool(header)][: len(bad)]
        job = again(job, content)
        assert job.counts == {"failed": 1 + others}, content
        assert Guest.objects.count() == 1


@pytest.mark.parametrize("header", [HEADER, None])
@pytest.mark.parametrize("mapping", [["phone", "last_name", "email", "comment"], ["phone"]])
def test_a_short_row_that_a_spreadsheet_filled_up_keeps_its_remark_out_of_the_guest(
    bella, header, mapping
):
    mapping = [*mapping, None, None, None][:4]
    bad = [[JOHN, "a"], [MAX, "a", "b@example.com"]]
    rows = [[ANNA, "a", "", "c"], *bad, ["12", "a", "", "c"]]
    overrides = None if header else {"header_row": 0}
    job = imported(bella, table(*rows, header=header), mapping=mapping, overrides=overrides)
    for _round in range(2):
        back = read(of(job))
        start = bool(header)
        padded = [[*row, *[""] * 5][:5] for row in back[start:]]
        job = again(job, table(*padded, header=back[0] if header else None))
        assert job.counts == {"failed": 3}
        assert [found[0][0] for found in reasons(job).values()][:2] == ["remark_misplaced"] * 2
    assert Guest.objects.count() == 1


@pytest.mark.parametrize("header", [HEADER, None])
@pytest.mark.parametrize("remark", [True, False])
def test_mended_a_row_of_another_width_comes_in(bella, header, remark):
    mapping = ["phone", None, "email", "comment"]
    overrides = None if header else {"header_row": 0}
    rows = [[ANNA, "a", "b@x.com"], [JOHN, "a", "b@x.com", "c", "d"], ["12", "a", "", "c"]]
    job = imported(bella, table(*rows, header=header), mapping=mapping, overrides=overrides)
    back = read(of(job))
    start = bool(header)
    short, long, wrong = back[start], back[start + 1], back[start + 2]
    short.insert(3, "c")
    del long[4]
    wrong[0] = MAX
    if not remark:
        back = [row[:4] for row in back]
    job = again(job, table(*back[start:], header=back[0] if header else None))
    assert job.counts == {"created": 3}
    assert set(Guest.objects.values_list("comment", flat=True)) == {"c"}


def test_without_a_header_it_has_none_and_the_columns_are_taken_over(bella):
    overrides = {"header_row": 0}
    rows = [["a", "12", "x"], ["b", ANNA, "y"]]
    job = imported(
        bella, table(*rows, header=None), mapping=["comment", "phone", None], overrides=overrides
    )
    assert read(of(job))[0][:3] == ["a", "12", "x"]
    second = again(job, of(job).replace(b"12", JOHN.encode()))
    assert second.header is None
    assert second.mapping == ["comment", "phone", None, None]
    assert Guest.objects.get(phone=JOHN).comment == "a"


def test_a_header_of_unknown_names_is_still_the_header(bella):
    header = ["Eins", "Zwei", "Drei"]
    mapping, overrides = ["phone", "comment", "email"], {"header_row": 2}
    content = b"A title\n" + table(["-", "a", "b"], ["x", "c", "d"], header=header)
    job = imported(bella, content, mapping=mapping, overrides=overrides)
    assert (job.header, outcomes(job)) == (header, {3: "failed", 4: "failed"})
    second = again(job, of(job))
    assert second.header == [*header, "What was wrong"]
    assert outcomes(second) == {2: "failed", 3: "failed"}


def test_a_strict_refusal_has_an_error_file_too(bella):
    content = table([ANNA, "a", "", ""], ["12", "b", "", ""])
    job = imported(bella, content, mapping=MAPPING, partial=False)
    assert job.state == "refused"
    assert [row[0] for row in read(of(job))[1:]] == ["12"]


def test_what_xml_cannot_hold_costs_nobody_the_file(bella):
    rows = [["12", "a\x0bb\x1fc\ufffed", "", ""], ["12", "a\r\nb\rc", "", ""]]
    job = imported(bella, table(*rows), mapping=MAPPING)
    second = again(job, of(job, "xlsx"), "errors.xlsx")
    rows[0][1] = "a\x0bb\x1fcd"
    assert [row.cells[:4] for row in second.rows.in_file_order()] == rows


def test_rows_that_fail_against_the_database_are_in_it(bella):
    guest(bella, ANNA, member_number="m1")
    job = received(bella, f"phone,member_number\n{JOHN},m1\n")
    job = start(ImportJob.objects.get(pk=job.pk))
    assert read(of(job))[1] == [JOHN, "m1", "The member number “m1” belongs to another guest."]
