"""What the tests of a guest's record share: the form of a page as a browser would send it."""

import re
from html import unescape

_TEXTAREA = re.compile(r'<textarea[^>]*?name="(\w+)".*?>(.*?)</textarea>', re.DOTALL)
_SELECT = re.compile(r'<select[^>]*?name="(\w+)".*?>(.*?)</select>', re.DOTALL)


def typed(page, *, begins='class="panel record-form"', **changed):
    """Return what a browser would send of the form on the page, with other values in some fields.

    A box that is None is not ticked; `card__number` is the field "card-number".
    """
    html = page.content.decode()
    form = html[html.index(begins) :]
    form = re.sub(r"<template>.*?</template>", "", form, flags=re.DOTALL)
    data = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = _attribute(tag, "name"), _attribute(tag, "value")
        if _attribute(tag, "type") not in ("checkbox", "radio"):
            data.setdefault(name, []).append(value)
        elif " checked" in tag:
            data.setdefault(name, []).append(value or "on")
    for name, text in _TEXTAREA.findall(form):
        data[name] = [unescape(text).removeprefix("\n")]
    for name, options in _SELECT.findall(form):
        data[name] = re.findall(r'<option value="([^"]*)" selected', options)[:1] or [""]
    data |= {name.replace("__", "-"): value for name, value in changed.items()}
    return {name: value for name, value in data.items() if value is not None}


def _attribute(tag, name):
    found = re.search(rf' {name}="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


def text_of(page):
    """Return the words of a page, one space between them."""
    html = re.sub(r"<(script|style|template)\b.*?</\1>", "", page.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
