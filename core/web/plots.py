"""Plots that the server draws: columns over time, as an SVG of shapes with classes and no style.

    plot = columns(
        [Point(_("3 to 9 Nov 2025"), "3 Nov", Decimal(1204)), ...],
        title=_("Revenue by week"), period=_("Week"), measure=_("Revenue"),
        show=lambda amount: money(amount, company.currency),
    )
    {% include "components/plot.html" with plot=plot only %}

The shapes are stretched over whatever width there is, so no letter stands among them: what is
written is HTML around the picture, and stays as large as it is. Every column says what it is when
it is pointed at; a table behind the picture says the same to whoever cannot see it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple

from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext as _

#: Units of the picture. They are stretched; only their ratios count.
WIDTH, HEIGHT = 1000, 100
#: How much of a column's place it fills.
_FILL = Decimal("0.72")
#: What a scale may end with, times a power of ten: round, and not far above what it must hold.
_STEPS = tuple(map(Decimal, ("1", "1.2", "1.5", "2", "2.5", "3", "4", "5", "6", "8", "10")))

Value = int | Decimal
Show = Callable[[Any], str]


class Point(NamedTuple):
    """One value: what it is of in full, the same in short for the axis, and how much it is."""

    label: str
    short: str
    value: Value


def of_month(first_day: date, value: Value) -> Point:
    """Return what a month came to: "November 2026", in short "Nov 2026"."""
    return Point(*_month_names(first_day, get_language()), value)


@lru_cache(maxsize=1024)
def _month_names(first_day: date, language: str | None) -> tuple[str, str]:
    """Say a month in the language that is active. It is the same on every plot."""
    return date_format(first_day, "F Y"), date_format(first_day, "M Y")


class Column(NamedTuple):
    """One column as it is drawn: its place, the bar in it, and what it says."""

    left: str
    width: str
    x: str
    y: str
    bar_width: str
    height: str
    label: str
    shown: str
    is_negative: bool
    is_open: bool


@dataclass(frozen=True)
class Plot:
    """A plot ready to be drawn; `ticks` are written under it, first, middle and last.

    `top` and `bottom` are the ends of its scale in words ("" where it ends with nothing), `summary`
    says in a sentence what one sees. `zero` is where the columns stand.
    """

    title: str
    period: str
    measure: str
    columns: Sequence[Column]
    ticks: Sequence[str]
    top: str
    bottom: str
    zero: str
    summary: str
    is_empty: bool
    view_box: str = f"0 0 {WIDTH} {HEIGHT}"

    @property
    def shapes(self) -> SafeString:
        """The columns as SVG. Written in Python and not by a template for each: they are many."""
        return mark_safe("\n".join(map(_shape, self.columns)))  # noqa: S308


def number(value: Value) -> str:
    """Return a number in groups: "1,204"."""
    return number_format(value, force_grouping=True)


def columns(
    points: Sequence[Point],
    *,
    title: Any,
    period: Any,
    measure: Any,
    show: Show = number,
    open_end: bool = False,
) -> Plot:
    """Draw a column for each of `points`, in their order; what is below zero hangs down.

    title     what the plot shows ("Visits by week")
    period    heading of the points in its table ("Week")
    measure   heading of the values ("Visits")
    show      a value as people read it
    open_end  whether the last one is not over yet: it is drawn paler
    """
    values = [Decimal(point.value) for point in points]
    high, low = _end(max(values, default=Decimal(0))), -_end(-min(values, default=Decimal(0)))
    scale = _Scale(high, low, max(len(points), 1))
    drawn = [scale.column(i, point, show(point.value)) for i, point in enumerate(points)]
    if open_end and drawn:
        drawn[-1] = drawn[-1]._replace(is_open=True)
    return Plot(
        title=str(title),
        period=str(period),
        measure=str(measure),
        columns=drawn,
        ticks=_ticks(points),
        top=show(_like(points, high)) if high else "",
        bottom=show(_like(points, low)) if low else "",
        zero=_text(scale.zero),
        summary=_summary(title, points, show),
        is_empty=not any(values),
    )


class _Scale:
    """Where values stand in the picture."""

    def __init__(self, high: Decimal, low: Decimal, count: int) -> None:
        self._per_unit = HEIGHT / ((high - low) or Decimal(1))
        self._place = Decimal(WIDTH) / count
        self.zero = high * self._per_unit if high or low else Decimal(HEIGHT)

    def column(self, index: int, point: Point, shown: str) -> Column:
        left, bar = index * self._place, self._place * _FILL
        height = abs(Decimal(point.value)) * self._per_unit
        return Column(
            left=_text(left),
            width=_text(self._place),
            x=_text(left + (self._place - bar) / 2),
            y=_text(self.zero if point.value < 0 else self.zero - height),
            bar_width=_text(bar),
            height=_text(height),
            label=point.label,
            shown=shown,
            is_negative=point.value < 0,
            is_open=False,
        )


def _shape(column: Column) -> str:
    negative = " plot__column--negative" if column.is_negative else ""
    pale = " plot__column--open" if column.is_open else ""
    return (
        f'<g class="plot__column{negative}{pale}">'
        f"<title>{escape(column.label)}: {escape(column.shown)}</title>"
        f'<rect class="plot__place" x="{column.left}" y="0" width="{column.width}" '
        f'height="{HEIGHT}"></rect>'
        f'<rect class="plot__bar" x="{column.x}" y="{column.y}" width="{column.bar_width}" '
        f'height="{column.height}"></rect></g>'
    )


def _end(value: Decimal) -> Decimal:
    """Return where a scale ends that must hold `value`: the next round number, at least 1."""
    if value <= 0:
        return Decimal(0)
    power = Decimal(1).scaleb(max(value.adjusted(), 0))
    return next(step * power for step in _STEPS if step * power >= value)


def _like(points: Sequence[Point], value: Decimal) -> Value:
    """Return `value` as whole as the points are."""
    whole = all(isinstance(point.value, int) for point in points)
    return int(value) if whole and value == int(value) else value


def _ticks(points: Sequence[Point]) -> list[str]:
    if len(points) < 3:
        return [point.short for point in points]
    return [points[i].short for i in (0, (len(points) - 1) // 2, -1)]


def _summary(title: Any, points: Sequence[Point], show: Show) -> str:
    if not points:
        return str(title)
    last, best = points[-1], max(points, key=lambda point: point.value)
    return _("%(title)s: most is %(best)s (%(when)s), the last %(last)s (%(last_when)s).") % {
        "title": title,
        "best": show(best.value),
        "when": best.label,
        "last": show(last.value),
        "last_when": last.label,
    }


def _text(value: Decimal) -> str:
    """Return a length as SVG reads it, in whatever language the page is."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
