"""What one downloads to begin with is what the import reads."""

import io
import os
import subprocess
import sys
from datetime import date
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from imports.columns import (
    BALANCES,
    COLUMNS,
    ORDERS,
    CleanContext,
    known,
    problems,
    recognise,
)
from imports.pipeline.clean import Cleaner
from imports.pipeline.read import detect, open_rows
from imports.pipeline.rows import CleanRow
from imports.template_file import template_csv, template_xlsx
from tests.processes import ROOT

pytestmark = pytest.mark.pure

CONTEXT = CleanContext("GB", "mobile", date(2026, 11, 22), ZoneInfo("Europe/London"))


def everything(permission: str) -> bool:
    return True


def nothing(permission: str) -> bool:
    return False


@pytest.fixture(params=["csv", "xlsx"])
def template(request, tmp_path):
    make = {"csv": template_csv, "xlsx": template_xlsx}[request.param]
    path = tmp_path / f"guests.{request.param}"

    def written(**options):
        path.write_bytes(make(**options))
        return path

    return written


@pytest.fixture
def workbook():
    return load_workbook(io.BytesIO(template_xlsx(may=everything)))


def test_a_template_is_read_back_with_its_header_and_its_example(template):
    path = template(may=everything)
    found = detect(path, filename=path.name, known=known)
    assert found.header == [column.key_at(1) for column in COLUMNS.values()]
    mapping = recognise(found.header)
    assert mapping == found.header
    [raw] = open_rows(path, found.dialect)
    row = Cleaner(mapping, CONTEXT, width=found.width).clean(raw)
    assert isinstance(row, CleanRow), row
    assert (row.values["phone"], row.values["birthday"]) == ("+447400123456", date(1956, 5, 21))


def test_the_example_names_nothing_that_a_company_may_lack(template):
    path = template(may=everything)
    found = detect(path, filename=path.name, known=known)
    [raw] = open_rows(path, found.dialect)
    row = dict(zip(found.header, raw.cells, strict=True))
    assert row["categories"] == row["member_tier"] == ""


def test_a_template_asks_for_nothing_its_reader_may_not_import(template):
    path = template()
    found = detect(path, filename=path.name, known=known)
    assert "deleted" not in found.header
    assert problems(recognise(found.header), may=nothing) == []


def test_numbers_that_are_names_are_text_for_the_rows_to_come(workbook):
    sheet = workbook.worksheets[0]
    formats = {
        cell.value: sheet.column_dimensions[cell.column_letter].number_format for cell in sheet[1]
    }
    text = {"phone", "external_id", "track_1", "number_1", "employee_id", "member_number"}
    text.add("credit_program")
    assert {key for key, number_format in formats.items() if number_format == "@"} == text
    assert formats["birthday"] == "yyyy-mm-dd"


def test_the_header_is_bold_and_stays_in_sight(workbook):
    for sheet in workbook:
        assert sheet.freeze_panes == "A2"
        assert all(cell.font.bold for cell in sheet[1])


def test_words_can_be_chosen_from_a_list(workbook):
    lists = workbook.worksheets[0].data_validations.dataValidation
    assert {each.formula1 for each in lists} == {
        '"male,female,other"',
        '"given,revoked,unknown"',
        '"yes,no"',
    }


def test_the_second_sheet_explains_every_column(workbook):
    rows = list(workbook.worksheets[1].iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in rows] == [column.key_at(1) for column in COLUMNS.values()]
    assert all(all(row) for row in rows)
    rules = {row[0]: row[5:] for row in rows}
    assert rules["phone"] == ("no, set once", "no, set once")
    assert rules["name"] == ("yes", "only if empty")
    assert rules["number_1"] == ("added", "added")


@pytest.mark.parametrize(
    ("kind", "title", "required"),
    [
        (BALANCES, "Balances", {"amount"}),
        (ORDERS, "Orders", {"restaurant", "order_id", "total", "closed_at"}),
    ],
)
def test_there_is_a_template_of_every_kind(kind, title, required, template, tmp_path):
    path = template(may=everything, kind=kind)
    found = detect(path, filename=path.name, known=partial(known, kind=kind))
    mapping = recognise(found.header, kind)
    assert mapping == found.header
    [raw] = open_rows(path, found.dialect)
    row = Cleaner(mapping, CONTEXT, width=found.width, kind=kind).clean(raw)
    assert isinstance(row, CleanRow), row
    book = load_workbook(io.BytesIO(template_xlsx(may=everything, kind=kind)))
    assert book.worksheets[0].title == title
    explained = list(book.worksheets[1].iter_rows(min_row=2, values_only=True))
    assert {row[0] for row in explained if row[1].endswith("(required)")} == required
    assert {len(row) for row in explained} == {5}


def test_what_writes_workbooks_is_loaded_with_the_first_one():
    """Every process of the web server and of the workers would hold it, and wait for it."""
    loaded = (
        "import sys, django; django.setup(); import config.urls, config.celery;"
        "from django.urls import get_resolver; get_resolver().url_patterns;"
        "print('openpyxl' in sys.modules)"
    )
    command = [sys.executable, "-c", loaded]
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
