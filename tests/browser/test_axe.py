"""The look at every page itself: what is wrong is found, and named with its place."""

import pytest

from tests.browser.axe import faults

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
