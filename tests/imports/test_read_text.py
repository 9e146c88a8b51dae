"""Separated text to rows: every line counted, nothing swallowed, each bad file with its words."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st

from core.formula import unguard
from imports.pipeline.read import Dialect, FileRefused, open_rows, signature
from imports.pipeline.rows import RawRow

pytestmark = pytest.mark.pure


@pytest.fixture
def written(tmp_path):
    def write(content, name="guests.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def read(path, delimiter=";", encoding="utf-8", header_row=0):
    dialect = Dialect(encoding=encoding, delimiter=delimiter, header_row=header_row)
    return [tuple(row) for row in open_rows(path, dialect)]


def sentence(path, **dialect):
    with pytest.raises(FileRefused) as refused:
        read(path, **dialect)
    return str(refused.value)


cells = st.text(
    alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8
) | st.text(alphabet="ab\"',;\t\r\n é", max_size=6)
tables = st.lists(st.lists(cells, min_size=1, max_size=5), min_size=1, max_size=8)


@hypothesis_settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=tables,
    delimiter=st.sampled_from([",", ";", "\t"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_csv_writes_is_read_back_with_the_line_where_each_row_starts(
    written, table, delimiter, end, encoding
):
    expected, text = [], ""
    for row in table:
        line = 1 + len(io.StringIO(text, newline="").readlines())
        buffer = io.StringIO(newline="")
        csv.writer(buffer, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerow(
            ["x", *row]
        )
        text += buffer.getvalue()
        expected.append((line, ["x", *row]))
    expected = [(line, [unguard(cell) for cell in row]) for line, row in expected]
    assert read(written(text.encode(encoding)), delimiter, encoding) == expected


def test_line_ends_may_be_mixed(written):
    path = written("phone;name\r\n1;a\n2;b\r3;c\r\n\n\n4;d")
    assert read(path, header_row=1) == [
        (2, ["1", "a"]),
        (3, ["2", "b"]),
        (4, ["3", "c"]),
        (7, ["4", "d"]),
    ]


def test_rows_of_blanks_are_left_out(written):
    assert read(written("1;a\n;;\n  ; \t\n\n2;b\n")) == [(1, ["1", "a"]), (5, ["2", "b"])]


def test_a_cell_may_span_lines(written):
    path = written('1;"London\nCannon Street"\n2;b\n')
    assert read(path) == [(1, ["1", "London\nCannon Street"]), (3, ["2", "b"])]


def test_loose_quotes_on_one_line_are_read_leniently(written):
    path = written('1;"Rose" Bar;x\n2;O"Neil;y\n3;"The ""Best""" ;z\n4;d\n')
    assert read(path) == [
        (1, ["1", "Rose Bar", "x"]),
        (2, ["2", 'O"Neil', "y"]),
        (3, ["3", 'The "Best" ', "z"]),
        (4, ["4", "d"]),
    ]


def test_formula_guards_are_taken_off_and_other_quotes_stay(written):
    path = written("1;'t Hooft\n2;'=1+1\n3;''=x\n4;'+44 20\n")
    assert [row[1][1] for row in read(path)] == ["'t Hooft", "=1+1", "'=x", "+44 20"]


def test_the_line_that_names_the_separator_is_no_row(written):
    assert read(written("sep=;\n1;a\n2;b\n")) == [(2, ["1", "a"]), (3, ["2", "b"])]


def test_rows_are_raw_rows_and_come_while_the_file_is_read(written):
    path = written("1;a\n" * 50_000 + "1;\0\n")
    rows = open_rows(path, Dialect(delimiter=";"))
    first = next(rows)
    assert isinstance(first, RawRow)
    assert first == RawRow(1, ["1", "a"])
    rows.close()


def test_an_empty_file(written):
    assert sentence(written("")) == "The file is empty: it has no row with anything in it."
    assert sentence(written("\n ;\n\n")) == sentence(written(""))


def test_a_header_alone(written):
    assert sentence(written("\nphone;name\n\n"), header_row=2) == (
        "There are no rows under the header in line 2."
    )


def test_a_quote_that_never_closes_names_its_line(written):
    path = written('1;a\n2;"b\n3;c\n4;d\n')
    assert sentence(path).startswith('The quote (") that opens in line 2 is not closed')


def test_a_quote_that_another_cells_quote_closes_names_its_line(written):
    path = written('1;"x\ny";"b\n3;"c"\n4;d\n')
    assert "opens in line 2 " in sentence(path)


def test_a_quote_left_open_at_the_end_of_one_loose_line(written):
    assert "opens in line 1 " in sentence(written('"a"x;"b\nc";d\n'))


def test_an_open_quote_in_a_long_file_is_found_early(written):
    path = written('1;"a\n' + "2;b\n" * 100_000)
    assert "opens in line 1 " in sentence(path)


def test_rows_before_an_open_quote_are_still_those_of_the_file(written):
    rows = open_rows(written('1;a\n2;"b\n'), Dialect(delimiter=";"))
    assert next(rows) == RawRow(1, ["1", "a"])


def test_a_cell_of_ten_megabytes(written):
    path = written("1;a\n2;" + "x" * 10_000_000 + "\n")
    assert sentence(path) == ("Line 2 is longer than 1.0\xa0MB. A .csv file has one row on a line.")


def test_a_cell_longer_than_the_csv_module_takes(written):
    assert sentence(written("1;a\n2;" + "x" * 200_000 + "\n")) == (
        "A cell in line 2 is longer than 131072 characters. Shorten it and try again."
    )


def test_twenty_thousand_columns(written):
    assert sentence(written("1;a\n" + "x;" * 20_000 + "\n")) == (
        "Line 2 has 20000 columns; a file may have 500. Remove the columns that are not needed."
    )


def test_empty_columns_to_which_a_row_was_stretched_are_cut(written):
    assert read(written("1;a" + ";" * 16_382 + "\n"))[0][1][:3] == ["1", "a", ""]
    assert len(read(written("1;a" + ";" * 16_382 + "\n"))[0][1]) == 500


def test_nul_bytes(written):
    path = written("1;a\r\n" * 5000 + "2;b\0c\n")
    assert sentence(path) == (
        "Line 5001 holds a NUL byte, which no text file has. Export the file again, as .csv in "
        "UTF-8."
    )
    assert "Line 2 holds a NUL" in sentence(
        written("1;a\n2;b\0c\n".encode("utf-16")), encoding="utf-16"
    )


def test_bytes_that_are_not_the_chosen_encoding_are_named(written):
    path = written(b"phone;name\r\n1;Anna\r\n2;" + "Иван".encode("windows-1251"))
    assert sentence(path) == (
        "The file is not utf-8 text: line 3 cannot be read (at byte 22). Choose another encoding, "
        "or save the file as UTF-8."
    )


@pytest.mark.parametrize("before", [0, 65_530, 1_048_570])
def test_the_place_is_right_wherever_a_block_ends(written, before):
    path = written(b"x" * (before % 1000) + b"\n" + (b"a" * 49 + b"\n") * (before // 50) + b"\xd0")
    offset = path.stat().st_size - 1
    line = path.read_bytes().count(b"\n") + 1
    for encoding in ("utf-8", "utf-8-sig"):
        assert f"line {line} cannot be read (at byte {offset})" in sentence(path, encoding=encoding)


def test_utf_16_that_is_cut(written):
    path = written("1;a\n2;b\n".encode("utf-16")[:-1])
    assert sentence(path, encoding="utf-16").startswith("The file is not utf-16 text: line ")


def test_a_dialect_survives_json():
    dialect = Dialect(encoding="windows-1251", delimiter="\t", header_row=3)
    assert Dialect.from_json(dialect.to_json() | {"later": 1}) == dialect


def test_a_signature_is_that_of_the_columns():
    assert signature(["Phone ", "First  name", ""], 3) == signature(["phone", "first Name"], 2)
    assert signature(["phone", "name"], 2) != signature(["name", "phone"], 2)
    assert signature(None, 4) == signature(None, 4) != signature(None, 5)
