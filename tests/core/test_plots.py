"""Plots drawn by the server: where columns stand, what they say, and the table behind them."""

from decimal import Decimal
from html.parser import HTMLParser

import pytest
from django.template.loader import render_to_string

from core.web.plots import HEIGHT, WIDTH, Plot, Point, columns

pytestmark = pytest.mark.pure


def plot_of(*values, **options) -> Plot:
    points = [Point(f"Week {i}", f"W{i}", value) for i, value in enumerate(values, start=1)]
    return columns(points, title="Visits by week", period="Week", measure="Visits", **options)


def rendered(plot: Plot, **context) -> str:
    return render_to_string("components/plot.html", {"plot": plot, **context})


def test_columns_are_as_high_as_their_values_in_a_round_scale():
    plot = plot_of(0, 25, 50)
    assert plot.top == "50"
    assert [(c.y, c.height) for c in plot.columns] == [("100", "0"), ("50", "50"), ("0", "100")]


@pytest.mark.parametrize(
    ("highest", "top"),
    [(1, "1"), (3, "3"), (7, "8"), (11, "12"), (21, "25"), (1_204, "1,500"), (0, "")],
)
def test_the_scale_ends_with_a_round_number(highest, top):
    assert plot_of(highest).top == top


def test_what_is_below_zero_hangs_from_the_zero_line():
    plot = plot_of(Decimal(100), Decimal(-100))
    assert (plot.top, plot.bottom, plot.zero) == ("100", "-100", "50")
    up, down = plot.columns
    assert (up.y, up.height, up.is_negative) == ("0", "50", False)
    assert (down.y, down.height, down.is_negative) == ("50", "50", True)


@pytest.mark.parametrize("values", [(7,), (1, 2), tuple(range(26)), (10**15, -(10**15))])
def test_every_shape_stands_inside_the_picture(values):
    for column in plot_of(*values).columns:
        assert 0 <= float(column.x) <= float(column.x) + float(column.bar_width) <= WIDTH + 0.01
        assert 0 <= float(column.y) <= float(column.y) + float(column.height) <= HEIGHT + 0.01


def test_the_table_says_what_the_picture_shows():
    html = rendered(plot_of(3, 1_204, show=lambda value: f"£{value:,}"))
    assert "<title>Week 2: £1,204</title>" in html
    assert '<th scope="row">Week 2</th>' in html
    assert '<td class="num">£1,204</td>' in html
    assert 'aria-label="Visits by week: most is £1,204 (Week 2), the last £1,204 (Week 2)."' in html


def test_nothing_is_said_in_words_where_there_is_nothing():
    html = rendered(plot_of(0, 0), empty="Nobody came yet.")
    assert "Nobody came yet." in html
    assert "<svg" not in html
    assert "<svg" in rendered(plot_of(0, 1), empty="Nobody came yet.")


def test_what_is_not_over_yet_is_drawn_otherwise():
    assert [c.is_open for c in plot_of(1, 2, open_end=True).columns] == [False, True]
    assert rendered(plot_of(1, 2, open_end=True)).count("plot__column--open") == 1
    assert "plot__column--open" not in rendered(plot_of(1, 2))


def test_without_points_nothing_breaks():
    plot = plot_of()
    assert plot.is_empty
    assert "<svg" in rendered(plot)


class _Attributes(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.names |= {name for name, _value in attrs}


def test_no_style_and_no_script_stand_in_it():
    parser = _Attributes()
    parser.feed(rendered(plot_of(1, -2, 3)))
    assert not {name for name in parser.names if name == "style" or name.startswith("on")}


def test_labels_are_escaped():
    plot = columns([Point("<b>", "<i>", 1)], title="<script>", period="P", measure="M")
    html = rendered(plot)
    assert "<b>" not in html
    assert "<script>" not in html
