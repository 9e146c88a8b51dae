"""How a file is read is found from its content, and the operator has the last word."""

import pytest

from imports.pipeline.read import FileRefused, detect, open_rows
from imports.pipeline.rows import RawRow

pytestmark = pytest.mark.pure

NAMES = {"phone", "name", "email", "телефон", "имя", "guests"}
IIKO = (
    "+44202128506;11111;John Smith;smith@mymail.com;21.05.1956;John;Smith;"
    "London, Cannon Street 22;0;1;0\n\n"
    "+44202128507;11112;Peter Collins;collins@mymail.com;01.12.1980;Peter;Collins;;;200\n"
)


def known(cell):
    return cell.strip().casefold() in NAMES


@pytest.fixture
def found(tmp_path):
    def find(content, filename="guests.csv", **overrides):
        path = tmp_path / filename
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        detected = detect(path, filename=filename, known=known, overrides=overrides)
        rows = list(open_rows(path, detected.dialect))
        assert rows[:200] == detected.preview
        return detected

    return find


def refusal(found, content, filename="guests.csv", **overrides):
    with pytest.raises(FileRefused) as refused:
        found(content, filename, **overrides)
    return str(refused.value)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1251", "utf-16"])
def test_separator_encoding_and_header(found, delimiter, encoding):
    text = f"Телефон{delimiter}Имя\n+7{delimiter}Иван\n"
    detected = found(text.encode(encoding))
    assert detected.dialect.delimiter == delimiter
    assert detected.dialect.encoding == encoding
    assert detected.dialect.header_row == 1
    assert detected.header == ["Телефон", "Имя"]
    assert detected.preview == [RawRow(2, ["+7", "Иван"])]
    assert detected.width == 2


def test_the_sample_of_the_iiko_document(found):
    detected = found(IIKO)
    assert detected.dialect.delimiter == ";"
    assert detected.header is None
    assert detected.dialect.header_row == 0
    assert [(row.line, len(row.cells)) for row in detected.preview] == [(1, 11), (3, 10)]
    assert detected.width == 11


def test_known_names_outweigh_regular_commas(found):
    rows = "".join(f"+4420212850{n};Smith, John\n" for n in range(9))
    assert found("phone;name\n" + rows).dialect.delimiter == ";"


def test_the_commonest_width_decides_without_known_names(found):
    rows = "".join(f"+4420212850{n};1111{n};Smith;London, {n}\n" for n in range(9))
    assert found(rows + "+442021285099;x\n").dialect.delimiter == ";"


def test_one_column_is_enough(found):
    detected = found("phone\n+44202128506\n+44202128507\n")
    assert (detected.header, detected.width) == (["phone"], 1)


def test_titles_above_the_header_are_passed_over(found):
    detected = found("Guests\n\nFrom 2024;;\nphone;name;city\n+44202128506;A;B\n+44202128507;C;D\n")
    assert detected.dialect.header_row == 4
    assert detected.preview[0].line == 5
    assert [row.line for row in detected.top] == [1, 3, 4, 5, 6]


def test_a_header_of_unknown_words_is_one_if_numbers_follow(found):
    assert found("Numéro;Prénom\n+33142685300;Anne\n+33142685301;Zoé\n").header == [
        "Numéro",
        "Prénom",
    ]


def test_a_guest_with_a_known_word_is_no_header(found):
    detected = found("+44202128506;name;phone\n+44202128507;Anna;x\n")
    assert detected.header is None


def test_the_operator_has_the_last_word(found):
    text = "phone;name\n+44202128506;A,B\n+44202128507;C,D\n"
    assert found(text, header_row=0).header is None
    assert found(text, header_row=2).header == ["+44202128506", "A,B"]
    assert found(text, delimiter=",", header_row=0).preview[1].cells == ["+44202128506;A", "B"]
    assert found("имя;phone\n+7;x\n", encoding="windows-1251").header[0] != "имя"


def test_a_chosen_header_row_that_is_blank_means_the_next(found):
    assert found("\n\nphone;name\n1;a\n", header_row=1).dialect.header_row == 3


def test_the_separator_that_a_file_names_itself(found):
    detected = found("sep=;\nphone;name\n1,5;a,b\n")
    assert (detected.dialect.delimiter, detected.header) == (";", ["phone", "name"])


def test_a_chosen_encoding_that_does_not_fit(found):
    content = b"phone;name\n1;\xc8\xe2\xe0\xed\n"
    assert found(content).preview[0].cells == ["1", "Иван"]
    assert "line 2 cannot be read (at byte 13)" in refusal(found, content, encoding="utf-8")


def test_choices_that_do_not_exist(found):
    assert refusal(found, "a;b\n", encoding="ebcdic") == "The encoding ebcdic is not known."
    assert refusal(found, "a;b\n", delimiter="|").startswith("A separator is a comma, a semicolon")


def test_bytes_that_are_no_encoding_at_all(found):
    assert "not windows-1251 text: line 1" in refusal(found, b"phone;\xd0\x98\x98\xff\n")


def test_an_open_quote_is_told_at_once(found):
    assert "opens in line 2 " in refusal(found, 'phone;name\n1;"a\n2;b\n3;c\n')


def test_an_empty_file_and_a_header_alone(found):
    assert refusal(found, "").startswith("The file is empty")
    assert refusal(found, "\n \n").startswith("The file is empty")
    assert refusal(found, b"\xef\xbb\xbf").startswith("The file is empty")
    assert refusal(found, "phone;name\n") == "There are no rows under the header in line 1."


def test_rows_far_under_the_header_are_found(found):
    assert found("phone;name\n" + "\n" * 500 + "1;a\n").preview == [RawRow(502, ["1", "a"])]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "a picture"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a picture"),
        (b"\x1f\x8b\x08\0", "a compressed file (.gz)"),
        (b"SQLite format 3\0", "a database (SQLite)"),
        (b"\x7fELF\x02", "a program"),
        (bytes(range(256)) * 8, "a binary file"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "a web page (HTML)"),
        (b'<?xml version="1.0"?><Workbook/>', "an XML file"),
        (b"{\\rtf1 guests}", "a text document (.rtf)"),
    ],
)
def test_what_is_no_table_is_named(found, content, kind):
    assert refusal(found, content) == (
        f"This is {kind}. Save the table as .xlsx or .csv in the program that made the file, "
        "and upload that."
    )


def test_a_table_of_text_named_xlsx_is_read_as_text(found):
    assert found("phone;name\n1;a\n", "guests.xlsx").dialect.format == "csv"
