"""A kept upload without the lines of somebody who was erased."""

import io
import zipfile
from pathlib import Path
from tempfile import NamedTemporaryFile

import openpyxl
import pytest
from openpyxl.comments import Comment

from guests.traces import Traces
from imports.pipeline.read import Dialect
from imports.pipeline.read.records import all_records
from imports.services.rewriting import NotRewritable, holds, key_places, rewrite

pytestmark = pytest.mark.pure

ANNA = Traces(phones=["+442079460958"], emails=["anna@example.com"], keys=["K-1"])


def rewritten(path: Path, dialect: Dialect, mapping: list[str | None]) -> tuple[int, bytes]:
    places = key_places(mapping)
    assert holds(path, dialect, ANNA, places)
    with NamedTemporaryFile() as target:
        count = rewrite(path, dialect, ANNA, places, target)
        return count, Path(target.name).read_bytes()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1251", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_emptied_and_all_others_stay_where_they_are(
    tmp_path: Path, encoding: str, end: str
) -> None:
    lines = [
        "phone;name;card",
        "020 7946 0958;Анна;",
        "+442079460959;Иван;K-2",
        '+442079460960;"Two',
        'lines";',
        "",
        '12;"Again',
        'anna@example.com";K-9',
        "+442079460961;Пётр;K-1",
        "+442079460962;Last;",
    ]
    path = tmp_path / "guests.csv"
    path.write_bytes(end.join([*lines, ""]).encode(encoding))
    dialect = Dialect("csv", encoding, ";", header_row=1)
    count, content = rewritten(path, dialect, ["phone", "first_name", "number_1"])
    assert count == 3
    after = content.decode(encoding).split(end)
    for gone in (1, 6, 7, 8):
        lines[gone] = ""
    assert after == [*lines, ""]


def test_a_byte_order_mark_is_there_once_even_if_the_first_line_goes(tmp_path: Path) -> None:
    path = tmp_path / "guests.csv"
    path.write_bytes("+442079460958,Anna\n+442079460959,John\n".encode("utf-8-sig"))
    count, content = rewritten(path, Dialect("csv", "utf-8-sig", ","), ["phone", "first_name"])
    assert (count, content) == (1, b"\xef\xbb\xbf\n+442079460959,John\n")


def test_a_card_is_looked_for_in_columns_of_cards_only(tmp_path: Path) -> None:
    path = tmp_path / "guests.csv"
    path.write_bytes(b"phone,comment\n+442079460959,K-1\n")
    dialect = Dialect(header_row=1)
    assert not holds(path, dialect, ANNA, key_places(["phone", "comment"]))
    assert holds(path, dialect, ANNA, key_places(["phone", "number_1"]))


def test_a_file_that_cannot_be_read_is_not_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "guests.csv"
    path.write_bytes(b'phone,name\n+442079460958,Anna\n+442079460959,"never closed\n')
    with pytest.raises(NotRewritable):
        rewritten(path, Dialect(header_row=1), ["phone", "first_name"])


def book() -> bytes:
    """A workbook in which the guest stands in a row, in a note, and on another sheet."""
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "Guests"
    sheet.append(["phone", "name", "birthday", "email"])
    sheet.append([442079460958, "Anna", None, "anna@example.com"])
    sheet.append(["+442079460959", "=1+1", 42, None])
    sheet.append([])
    sheet.append(["+442079460960", "'t Hooft", 1.5, "-x"])
    sheet["B3"].comment = Comment("a friend of anna@example.com", "Maria")
    made.create_sheet("Old").append(["020 7946 0958"])
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def test_of_a_workbook_the_imported_sheet_stays_as_it_was_read(tmp_path: Path) -> None:
    path = tmp_path / "guests.xlsx"
    path.write_bytes(book())
    dialect = Dialect("xlsx", sheet="Guests", header_row=1)
    before = list(all_records(path, dialect))
    count, content = rewritten(path, dialect, ["phone", "first_name", None, "email"])
    assert count == 1
    path.write_bytes(content)

    def plain(rows: list) -> list:
        return [(row.line, [*row.cells, *[""] * (4 - len(row.cells))]) for row in rows]

    after = plain(list(all_records(path, dialect)))
    assert after == [row for row in plain(before) if row[0] != 2]
    with zipfile.ZipFile(path) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"anna" not in everything
    assert b"2079460958" not in everything


def test_a_note_on_a_cell_is_found(tmp_path: Path) -> None:
    made = openpyxl.load_workbook(io.BytesIO(book()))
    del made["Old"]
    made["Guests"].delete_rows(2)
    path = tmp_path / "guests.xlsx"
    made.save(path)
    assert holds(path, Dialect("xlsx", sheet="Guests", header_row=1), ANNA, [])
