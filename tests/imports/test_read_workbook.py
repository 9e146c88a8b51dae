"""Workbooks: typed cells to text, sheets, and every way in which one can be bad."""

import datetime
import os
import re
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import psutil
import pytest

from imports.pipeline.read import Dialect, FileRefused, detect, open_rows, workbook
from imports.pipeline.read.sheet.__main__ import as_text

pytestmark = pytest.mark.pure

SHEET = "xl/worksheets/sheet1.xml"


def known(cell):
    return cell in {"phone", "name"}


@pytest.fixture
def made(tmp_path):
    """Write a workbook of some rows, or of some sheets of rows; return its path."""

    def make(rows=None, **sheets):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, content in (sheets or {"Guests": rows}).items():
            sheet = book.create_sheet(title)
            for row in content:
                sheet.append(row)
        path = tmp_path / "guests.xlsx"
        book.save(path)
        return path

    return make


@pytest.fixture
def altered(made):
    """Write a good workbook with parts replaced by text or by a function of their bytes."""

    def alter(rows=(["phone", "name"], ["+44", "A"]), **parts):
        path = made(rows)
        with zipfile.ZipFile(path) as archive:
            content = {name: archive.read(name) for name in archive.namelist()}
        for name, change in parts.pop("parts", {}).items():
            content[name] = change(content[name]) if callable(change) else change
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in content.items():
                archive.writestr(name, data)
        return path

    return alter


def with_rows(xml):
    return lambda content: content.replace(b"</sheetData>", xml + b"</sheetData>")


def read(path, sheet="Guests", header_row=0):
    return [
        tuple(row) for row in open_rows(path, Dialect("xlsx", sheet=sheet, header_row=header_row))
    ]


def refusal(path, name="guests.xlsx", **overrides):
    with pytest.raises(FileRefused) as refused:
        detect(path, filename=name, known=known, overrides=overrides)
    return str(refused.value)


def reading_refusal(path, sheet="Guests"):
    with pytest.raises(FileRefused) as refused:
        read(path, sheet)
    return str(refused.value)


def test_typed_cells_become_text(made):
    path = made(
        [
            ["phone", "name", "birthday", "x"],
            [442012345678, "'t Hooft", datetime.date(1980, 12, 1), True],
            [
                4.42079460958e15,
                "'=1+1",
                datetime.datetime.fromisoformat("2024-05-01 13:45"),
                0.1 + 0.2,
            ],
            ["+44202128506", None, datetime.time(9, 30), "=1/0"],
            [" ", None, None, ""],
            ["007", "Иван\nИванов", -2.5, 0],
        ]
    )
    assert read(path, header_row=1) == [
        (2, ["442012345678", "'t Hooft", "1980-12-01", "TRUE"]),
        (3, ["4.42079460958E+15", "=1+1", "2024-05-01 13:45:00", "0.3"]),
        (4, ["+44202128506", "", "09:30:00", ""]),
        (6, ["007", "Иван\nИванов", "-2.5", "0"]),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (999999999999999.0, "999999999999999"),
        (1e15, "1E+15"),
        (1234567890123456789, "1.23456789012346E+18"),
        (1e-7, "0.0000001"),
        (-0.0, "0"),
        (float("nan"), ""),
        (float("inf"), ""),
        (False, "FALSE"),
        (datetime.datetime.fromisoformat("2024-05-01"), "2024-05-01"),
        (None, ""),
    ],
)
def test_numbers_as_text(value, text):
    assert as_text(value) == text


def test_a_table_that_does_not_begin_in_the_corner_keeps_its_rows_and_columns(made):
    path = made([[], [None, "phone", "name"], [], [None, "+44", "A"]])
    detected = detect(path, filename="g.xlsx", known=known)
    assert detected.dialect.header_row == 2
    assert detected.header == ["", "phone", "name"]
    assert read(path, header_row=2) == [(4, ["", "+44", "A"])]


def test_the_first_visible_sheet_with_anything_in_it_is_taken(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Secret"
    book.active.append(["phone"])
    book.active.sheet_state = "hidden"
    book.create_sheet("Empty")
    book.create_sheet("Guests & <more>").append(["phone", "name"])
    book["Guests & <more>"].append([1, "A"])
    book.create_chartsheet("Chart")
    path = tmp_path / "book.xlsx"
    book.save(path)
    detected = detect(path, filename="book.xlsx", known=known)
    assert detected.sheets == ["Empty", "Guests & <more>", "Secret"]
    assert detected.dialect.sheet == "Guests & <more>"
    assert detected.preview[0].cells == ["1", "A"]
    assert refusal(path, sheet="Nope") == (
        "The workbook has no sheet “Nope”. It has: Empty, Guests & <more>, Secret."
    )


def test_a_workbook_named_csv_is_read_as_a_workbook(made):
    path = made([["phone"], ["1"]])
    renamed = path.rename(path.with_name("guests.csv"))
    assert detect(renamed, filename="guests.csv", known=known).dialect.format == "xlsx"


def test_a_workbook_with_macros_is_read_without_them(altered):
    path = altered(parts={"xl/vbaProject.bin": b"macros"})
    assert read(path, header_row=1) == [(2, ["+44", "A"])]


def test_an_empty_workbook_and_a_header_alone(made):
    assert refusal(made([])).startswith("The file is empty")
    assert refusal(made([["phone", "name"]])) == "There are no rows under the header in line 1."


def test_the_preview_of_a_long_sheet_is_its_beginning(made):
    path = made([["phone", "name"]] + [[n, "A"] for n in range(1, 3000)])
    preview = detect(path, filename="g.xlsx", known=known).preview
    assert [row.line for row in preview] == list(range(2, 202))
    assert len(read(path, header_row=1)) == 2999


def test_a_preview_sees_rows_below_a_gap(made):
    rows = [["phone", "name"]] + [["  ", ""]] * 1000 + [["1", "A"]]
    assert detect(made(rows), filename="g.xlsx", known=known).dialect.header_row == 1


# Other kinds of file


def ole(tmp_path, stream):
    path = tmp_path / "guests.xlsx"
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016) + stream.encode("utf-16-le") + bytes(512)
    )
    return path


def test_an_old_excel_workbook(tmp_path):
    assert refusal(ole(tmp_path, "Workbook"), "guests.xls").startswith(
        "This is an old Excel workbook (.xls). Save the table as .xlsx"
    )
    assert "This is a Word document." in refusal(ole(tmp_path, "WordDocument"))
    assert "This is an old Office document." in refusal(ole(tmp_path, "Contents"))


def test_an_encrypted_workbook(tmp_path):
    assert refusal(ole(tmp_path, "EncryptedPackage")).startswith(
        "The workbook is protected with a password. Remove the password in Excel"
    )


@pytest.mark.parametrize(
    ("part", "content", "kind"),
    [
        ("xl/workbook.bin", "", "a binary Excel workbook (.xlsb)"),
        ("word/document.xml", "", "a Word document"),
        ("ppt/presentation.xml", "", "a presentation"),
        ("Index/Document.iwa", "", "an Apple Numbers document"),
        (
            "mimetype",
            "application/vnd.oasis.opendocument.spreadsheet",
            "an OpenDocument spreadsheet (.ods)",
        ),
        ("guests.csv", "phone;name", "an archive (.zip)"),
    ],
)
def test_other_zips_are_named(tmp_path, part, content, kind):
    path = tmp_path / "guests.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(part, content)
    assert refusal(path).startswith(f"This is {kind}. Save the table as .xlsx or .csv")


# Damaged and hostile workbooks

DAMAGED = "The workbook is damaged and cannot be opened."


def test_a_workbook_cut_in_half(made):
    path = made([["phone"], ["1"]])
    path.write_bytes(path.read_bytes()[:2000])
    assert refusal(path).startswith(DAMAGED)


def test_a_part_with_wrong_bytes(made):
    path = made([[f"phone {n}", n] for n in range(2000)])
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo(SHEET).header_offset
    content[start + 200 : start + 300] = bytes(100)
    path.write_bytes(content)
    assert reading_refusal(path).startswith(DAMAGED)


def test_a_sheet_that_is_no_xml(altered):
    assert reading_refusal(altered(parts={SHEET: b"<worksheet><sheetData><row><c"})).startswith(
        DAMAGED
    )
    assert refusal(altered(parts={"xl/workbook.xml": b"nonsense"})).startswith(DAMAGED)


def test_a_workbook_without_sheets(altered):
    path = altered(parts={"xl/workbook.xml": b"<workbook><sheets/></workbook>"})
    assert refusal(path) == "The workbook has no sheet with cells."


def test_a_zip_bomb_by_what_it_declares(altered, settings):
    settings.IMPORT_MAX_UNCOMPRESSED_BYTES = 1024 * 1024
    path = altered(parts={SHEET: with_rows(b" " * 2_000_000)})
    assert path.stat().st_size < 20_000
    assert refusal(path).startswith(
        "The workbook would take 1.9\xa0MB when unpacked; 1.0\xa0MB are allowed."
    )
    assert reading_refusal(path) == refusal(path)


def test_a_zip_that_declares_less_than_it_holds(altered):
    path = altered(parts={SHEET: with_rows(b" " * 2_000_000)})
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(SHEET)
    size = struct.pack("<L", info.file_size)
    content = path.read_bytes()
    assert content.count(size) == 2
    path.write_bytes(content.replace(size, struct.pack("<L", 1000)))
    with zipfile.ZipFile(path) as archive:
        assert archive.getinfo(SHEET).file_size == 1000
    assert refusal(path) == (
        f"The workbook holds more than it declares in its part {SHEET}. It was not opened."
    )
    assert reading_refusal(path) == refusal(path)


@pytest.mark.parametrize("part", ["xl/workbook.xml", SHEET, "xl/styles.xml"])
def test_xml_entities(altered, part):
    def declare(content):
        doctype = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaa">]>'
        start = content.find(b"?>") + 2 if content.startswith(b"<?xml") else 0
        return content[:start] + doctype + content[start:]

    assert refusal(altered(parts={part: declare})) == (
        f"Part {part} of the workbook declares a document type, which no spreadsheet program "
        "writes. It was not opened."
    )


def test_two_parts_of_one_name(made):
    path = made([["phone"], ["1"]])
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(SHEET, b"<worksheet/>")
    assert refusal(path).startswith(DAMAGED)


def test_a_cell_in_the_last_column(altered):
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    path = altered(parts={SHEET: with_rows(far)})
    assert refusal(path) == (
        "Cell XFD1048576 is beyond column 500, the last that is read. Clear the cells outside the "
        "table and save the workbook again."
    )
    assert reading_refusal(path) == refusal(path)


def test_a_cell_far_below_in_a_wide_sheet(altered):
    far = b'<row r="1048576"><c r="HZ1048576"><v>1</v></c></row>'
    path = altered(parts={SHEET: with_rows(far)})
    assert reading_refusal(path) == (
        "Cell HZ1048576 lies far outside the table: only 5 cells of the sheet are filled. "
        "Clear the cells outside the table and save the workbook again."
    )


def test_what_the_scan_does_not_see_meets_the_memory_limit(altered, settings):
    settings.IMPORT_SHEET_MEMORY_BYTES = 512 * 1024 * 1024
    far = b'<row r="1048576"><c s="0" r="XFD1048576"><v>1</v></c></row>'
    path = altered(parts={SHEET: with_rows(far)})
    assert reading_refusal(path) == (
        "The sheet is too large to be read as a workbook. Save it as .csv and upload that, "
        "or have whoever runs Regulars raise IMPORT_SHEET_MEMORY_BYTES."
    )


def test_an_interrupt_at_the_terminal_does_not_reach_the_process_that_reads():
    say = """import os; print(f'[[{os.getpgrp()}, []]]'); print('{"end": 1}')"""
    (row,) = workbook.rows_of_process([sys.executable, "-c", say], seconds=5)
    assert row.line != os.getpgrp()


def test_what_a_formula_left_instead_of_a_value_is_read_as_it_is_shown(made):
    path = made(
        [
            ["phone", "name", "x"],
            ["+44", "#REF!", "a"],
            ["+45", "B", 't="e"'],
            [None, None, None],
            ["#N/A", None, "#DIV/0!"],
            ["+46", "C", None],
        ]
    )
    assert read(path, header_row=1) == [
        (2, ["+44", "#REF!", "a"]),
        (3, ["+45", "B", 't="e"']),
        (5, ["#N/A", "", "#DIV/0!"]),
        (6, ["+46", "C", ""]),
    ]
    assert [tuple(row) for row in workbook.records(path, "Guests", rows=2)] == [
        (1, ["phone", "name", "x"]),
        (2, ["+44", "#REF!", "a"]),
    ]


def test_an_error_beside_its_formula_in_a_table_that_begins_elsewhere(altered):
    cells = (
        b'<row r="1"/><row r="3"><c r="C3" s="7" t="e" cm="1"><f>VLOOKUP(A1,B:C,2)</f><v>#N/A</v>'
        b'</c><c r="D3"><v>1</v></c></row><row r="4"><c r="C4"><v>5</v></c>'
        b'<c r="D4" t="e"><f t="shared" si="0"/><v>#NAME?</v></c></row>'
    )
    path = altered(
        parts={SHEET: lambda xml: re.sub(rb"(?<=<sheetData>).*(?=</sheetData>)", cells, xml)}
    )
    assert read(path) == [(3, ["", "", "#N/A", "1"]), (4, ["", "", "5", "#NAME?"])]


def test_an_error_in_every_row_of_a_long_sheet(altered):
    """Where the sheet is gone through in pieces, no cell is cut."""
    row = b'<row r="%d"><c r="A%d"><v>%d</v></c><c r="B%d" s="1" t="e"><v>#VALUE!</v></c></row>'
    rows = b"".join(row % (n, n, n, n) for n in range(3, 60_003))
    path = altered(parts={SHEET: with_rows(rows)})
    found = read(path, header_row=2)
    assert len(found) == 60_000
    assert {(line, *cells) for line, cells in found} == {
        (n, str(n), "#VALUE!") for n in range(3, 60_003)
    }


def test_formatted_columns_without_values_are_no_columns(altered):
    def phantom(content):
        cells = b"".join(b'<c r="%s2" s="0"/>' % c for c in (b"C", b"ZZ", b"XFD"))
        return content.replace(b"</row></sheetData>", cells + b"</row></sheetData>")

    path = altered(parts={SHEET: phantom})
    assert read(path, header_row=1) == [(2, ["+44", "A"])]


def test_a_million_formatted_empty_rows(altered):
    row = b'<row r="%d"><c r="A%d" s="0"/></row>'
    xml = b"".join(row % (number, number) for number in range(3, 1_000_001))
    path = altered(parts={SHEET: with_rows(xml)})
    started = sum(os.times()[:4])
    detected = detect(path, filename="g.xlsx", known=known)
    assert [tuple(row) for row in detected.preview] == [(2, ["+44", "A"])]
    assert read(path, header_row=1) == [(2, ["+44", "A"])]
    # About two seconds of work; calamine alone needs as long to walk through them.
    assert sum(os.times()[:4]) - started < 20


def test_too_many_columns(made):
    path = made([[f"c{n}" for n in range(20)], ["x"] * 20, [""] * 600 + ["x"]])
    assert refusal(path).startswith("Cell WC3 is beyond column 500")


def test_a_cell_longer_than_excel_allows(altered):
    cell = (
        b'<row r="3"><c r="A3" t="inlineStr"><is><t>' + b"x" * 10_000_000 + b"</t></is></c></row>"
    )
    path = altered(parts={SHEET: with_rows(cell)})
    assert reading_refusal(path) == (
        "A cell in line 3 is longer than 32767 characters. Shorten it and try again."
    )


# The reading process


def rows_of(script, seconds=300):
    return workbook.rows_of_process([sys.executable, "-c", script], seconds=seconds)


def test_a_reader_that_dies_after_some_rows():
    rows = rows_of(r"""print('[[1,["a"]]]\n[[2,["b', end='', flush=True); import os; os.abort()""")
    assert next(rows).cells == ["a"]
    with pytest.raises(FileRefused, match="too large to be read as a workbook"):
        next(rows)


def test_a_reader_that_fails():
    with pytest.raises(FileRefused, match="damaged"):
        list(rows_of("raise SystemExit(1)"))


def test_a_reader_that_takes_too_long():
    script = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 2))\nwhile True: pass"
    with pytest.raises(FileRefused, match=r"took longer than 1 second\."):
        list(rows_of(script, seconds=1))


def test_leaving_early_ends_the_reader(made):
    others = set(psutil.Process().children())
    rows = open_rows(made([["1", "A" * 200]] * 3000), Dialect("xlsx", sheet="Guests"))
    next(rows)
    [reader] = set(psutil.Process().children()) - others
    rows.close()
    assert not reader.is_running()


def test_the_reader_loads_no_django():
    script = "import sheet.__main__, sys; raise SystemExit('django' in sys.modules)"
    environment = {"PYTHONPATH": str(Path(workbook.__file__).parent)}
    command = [sys.executable, "-P", "-c", script]
    assert subprocess.run(command, check=False, env=environment).returncode == 0
