"""The look at every page itself: what is wrong is found, and named with its place."""

from contextlib import contextmanager

import pytest

from tests.browser.axe import DESK, faults, look, telephone

pytestmark = [pytest.mark.pure, pytest.mark.browser, pytest.mark.axe]

FAULTY = """
    <!doctype html>
    <html lang="en">
      <head><title>Faulty</title></head>
      <body>
        <main>
          <h1>Faulty</h1>
          <p>In order.</p>
          <p style="color: #aaa; background: #fff">Too pale to be read.</p>
          <details><summary>More</summary><img src="data:," width="9" height="9"></details>
          <input name="nameless">
          <button style="width: 9px; height: 9px; padding: 0" aria-label="Too small"></button>
          <button style="width: 9px; height: 9px; padding: 0" aria-label="As small"></button>
        </main>
      </body>
    </html>
"""


PALE_IN_ONE_THEME = """
    <!doctype html>
    <html lang="en">
      <head>
        <title>Pale</title>
        <style>
          :root { color-scheme: light dark }
          p { color: light-dark(%s, %s); background: light-dark(#fff, #000); transition: color 9s }
        </style>
      </head>
      <body><main><h1>Pale</h1><p>To be read.</p></main></body>
    </html>
"""

WRONG_IN_ONE_WINDOW = """
    <!doctype html>
    <html lang="en">
      <head>
        <title>Wide</title>
        <style>@media (%s) { p { %s } }</style>
      </head>
      <body><main><h1>Wide</h1><p>To be read.</p></main></body>
    </html>
"""


class Noted:
    """In place of pytest's subtests: which of them failed."""

    def __init__(self):
        self.failed = []

    @contextmanager
    def test(self, **name):
        try:
            yield
        except AssertionError:
            self.failed.append(name)


def test_what_is_wrong_is_found(page):
    page.set_content(FAULTY)
    found = {rule: places for rule, _help, places in faults(page)}
    assert found.keys() == {"color-contrast", "image-alt", "label", "target-size"}
    (pale,) = found["color-contrast"]
    assert "Too pale to be read." in pale
    assert len(found["target-size"]) == 2


@pytest.mark.parametrize(
    ("in_light", "in_dark", "rules"),
    [
        ("#222", "#ddd", []),
        ("#ccc", "#ddd", ["color-contrast"]),
        ("#222", "#333", ["color-contrast"]),
    ],
    ids=["in neither", "in the light", "in the dark"],
)
def test_what_is_wrong_in_one_theme_is_found_at_once(page, in_light, in_dark, rules):
    page.set_content(PALE_IN_ONE_THEME % (in_light, in_dark))
    assert [rule for rule, _help, _places in faults(page)] == rules


@pytest.mark.parametrize(
    ("media", "wrong", "width"),
    [
        ("width < 400px", "color: #ccc", "telephone"),
        ("pointer: coarse", "width: 1500px", "telephone"),
        ("width > 400px", "color: #ccc", "desk"),
    ],
)
def test_what_is_wrong_in_one_window_is_found_at_once(page, media, wrong, width):
    page.set_viewport_size(DESK)
    page.set_content(WRONG_IN_ONE_WINDOW % (media, wrong))
    subtests = Noted()
    look(page, subtests, "Wide")
    assert {each["width"] for each in subtests.failed} == {width}


def test_the_desk_comes_back(page):
    page.set_viewport_size(DESK)
    asked = "[innerWidth, innerHeight, matchMedia('(pointer: coarse)').matches]"
    before = page.evaluate(asked)
    with telephone(page):
        assert page.evaluate(asked) == [360, 900, True]
    assert page.evaluate(asked) == before == [1440, 900, False]
