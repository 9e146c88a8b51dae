"""Cells to values and back, without a query: what `render` writes, `reader` reads as it was.

The rules themselves are guests.normalize's; a widget only says which of them a column follows and
with what of the context. Reading a million rows, a widget is asked once for its `reader` and that
is called for every cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, Literal

import iso4217
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from import_export.widgets import Widget

from guests import normalize
from guests.normalize.texts import fitting
from imports.columns.context import CleanContext
from imports.reasons import describe

Reader = Callable[[str], Any]
#: How a spreadsheet shows the cells of a column.
CellFormat = Literal["text", "date", "amount", "plain"]

#: Names and days recur in every guest list; a reader remembers this many of the last ones.
REMEMBERED = 4096
#: Every day of a long life, so that birthdays of a large file are read once each.
REMEMBERED_DAYS = 32768

_category = re.compile(r'\s*+(?:"((?:[^"]|"")*)"|([^",;|\n][^,;|\n]*|))\s*(?:[,;|\n]|\Z)').match
_date = re.compile(r"(?<![0-9])[0-9]{1,4}([-./])[0-9]{1,2}\1[0-9]{1,4}(?![0-9])").search
_needs_quotes = re.compile(r'[",;|\n]').search


class InvalidCell(normalize.Invalid):
    """A cell refused for how it is written; its sentence stands in imports.reasons."""

    def __str__(self) -> str:
        return describe(self.code, self.params)


class CellWidget(Widget):
    """A column's cells. `reader` makes the function that reads them, `render` writes one.

    A reader gets text that is not blank, without blanks around it, and raises
    guests.normalize.Invalid for what its rule refuses.
    """

    def reader(self, context: CleanContext) -> Reader:
        raise NotImplementedError

    has_dates = False
    """Whether its cells hold dates, whose order must be known before they are read."""

    has_amounts = False
    """Whether its cells hold amounts, whose decimal mark must be known likewise."""

    format_text: str | Promise = ""
    """What is to be written, in words, where the column does not say it itself."""

    cell_format: CellFormat = "plain"
    """How a spreadsheet shows the cells, likewise."""

    def date_in(self, value: str) -> str | None:
        """Return the date that a cell holds, as it is written; None if there is none."""
        return value if self.has_dates else None

    def clean(self, value: str, row: Any = None, *, context: CleanContext, **kwargs: Any) -> Any:
        """Return the value of one cell, None of a blank one. For bulk use take the `reader`."""
        value = value.strip()
        return self.reader(context)(value) if value else None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)


class TextWidget(CellWidget):
    """Text of at most `max_length` characters, as long as the field it goes to."""

    def __init__(self, *, max_length: int) -> None:
        super().__init__()
        self.max_length = max_length
        self.format_text = format_lazy(_("at most {count} characters"), count=max_length)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        # Text from a browser's form has "\r\n" where a file that is read has "\n".
        return "" if value is None else value.replace("\r\n", "\n")


class LongTextWidget(TextWidget):
    def reader(self, context: CleanContext) -> Reader:
        return partial(normalize.text, max_length=self.max_length)


class IdWidget(TextWidget):
    """A number that is a name: as a number a spreadsheet would shorten it."""

    cell_format = "text"

    def reader(self, context: CleanContext) -> Reader:
        return partial(normalize.identifier, max_length=self.max_length)


class NameWidget(TextWidget):
    def reader(self, context: CleanContext) -> Reader:
        return lru_cache(REMEMBERED)(partial(normalize.name, max_length=self.max_length))


class UrlWidget(TextWidget):
    def reader(self, context: CleanContext) -> Reader:
        return lambda value: fitting(normalize.url(value), self.max_length)


class PhoneWidget(CellWidget):
    cell_format = "text"

    def reader(self, context: CleanContext) -> Reader:
        return normalize.PhoneParser(context.region, context.phone_check)


class EmailWidget(CellWidget):
    def reader(self, context: CleanContext) -> Reader:
        return normalize.email


class SexWidget(CellWidget):
    def reader(self, context: CleanContext) -> Reader:
        return lru_cache(REMEMBERED)(normalize.sex)


class YesNoWidget(CellWidget):
    format_text = _("yes or no, 1 or 0")

    def reader(self, context: CleanContext) -> Reader:
        return lru_cache(REMEMBERED)(normalize.boolean)

    def render(self, value: bool | None, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else "1" if value else "0"


class DateWidget(CellWidget):
    """A day: YYYY-MM-DD, DD.MM.YYYY, or with slashes in the order of its column."""

    has_dates = True
    format_text = _("YYYY-MM-DD; DD.MM.YYYY is understood too")
    cell_format = "date"

    def reader(self, context: CleanContext) -> Reader:
        return lru_cache(REMEMBERED_DAYS)(partial(normalize.date, order=context.date_order))

    def render(self, value: date | None, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else value.isoformat()


class BirthdayWidget(DateWidget):
    def reader(self, context: CleanContext) -> Reader:
        return lru_cache(REMEMBERED_DAYS)(
            partial(normalize.birthday, order=context.date_order, today=context.today)
        )


class MomentWidget(CellWidget):
    """A moment. Read in the company's time zone unless it has its own, kept and written in UTC."""

    has_dates = True

    def reader(self, context: CleanContext) -> Reader:
        return partial(normalize.datetime_, order=context.date_order, tz=context.tz)

    def render(self, value: datetime | None, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else value.astimezone(UTC).isoformat(sep=" ")


class ConsentWidget(CellWidget):
    """Consent: what is read is a normalize.Consent, what is written only its state."""

    has_dates = True

    def __init__(self, *, max_length: int) -> None:
        super().__init__()
        self.max_length = max_length

    def date_in(self, value: str) -> str | None:
        match = _date(value)
        return match[0] if match else None

    def reader(self, context: CleanContext) -> Reader:
        return lru_cache(REMEMBERED)(
            partial(normalize.consent, order=context.date_order, max_length=self.max_length)
        )


class CurrencyWidget(CellWidget):
    """The three letters of a currency of ISO 4217, in capitals or not."""

    format_text = _("three letters, as GBP")

    def reader(self, context: CleanContext) -> Reader:
        return lru_cache(REMEMBERED)(self._code)

    @staticmethod
    def _code(value: str) -> str:
        try:
            return str(iso4217.Currency(value.upper()).code)
        except ValueError:
            raise InvalidCell("currency_unknown", value=value) from None


class CategoriesWidget(TextWidget):
    """Names of categories in one cell: `VIP; Lunch club; "Friends, old and new"`.

    They stand between semicolons, commas, bars or line ends. A name that holds one of these or a
    quote is put into quotes, and its own quotes are doubled. The same name twice counts once.
    """

    def reader(self, context: CleanContext) -> Reader:
        names = lru_cache(REMEMBERED)(self._names)
        return lambda value: list(names(value))

    def _names(self, value: str) -> tuple[str, ...]:
        names: dict[str, str] = {}
        position = 0
        while position < len(value):
            match = _category(value, position)
            if match is None:
                raise InvalidCell("categories_quotes", value=value)
            quoted, plain = match.groups()
            text = quoted.replace('""', '"') if quoted is not None else plain.strip()
            if text:
                name = normalize.name(text, self.max_length)
                names.setdefault(normalize.fold(name), name)
            position = match.end()
        return tuple(names.values())

    def render(self, value: list[str] | None, obj: Any = None, **kwargs: Any) -> str:
        return "; ".join(
            '"' + name.replace('"', '""') + '"' if _needs_quotes(name) else name
            for name in value or ()
        )


class AmountWidget(CellWidget):
    """An exact amount, of at least 0 unless `signed`; written with a point and no more decimals
    than it has, but for a zero where it could be read in two ways: 1.2340."""

    cell_format = "amount"
    has_amounts = True

    def __init__(self, *, signed: bool = False) -> None:
        super().__init__()
        self.signed = signed

    def reader(self, context: CleanContext) -> Reader:
        read = partial(normalize.amount, signed=self.signed, decimal=context.decimal_mark)
        return lru_cache(REMEMBERED)(read)

    def render(self, value: Decimal | None, obj: Any = None, **kwargs: Any) -> str:
        if value is None:
            return ""
        text = f"{value:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return f"{text}0" if len(normalize.decimal_marks(text)) > 1 else text
