"""A guest's record as a form: created, changed, refused, each with what was typed kept."""

import re

import pytest

from core.models import Change
from guests.models import Category, Guest, MemberTier
from tests.guests.cast import ANN, ANNA, card, external_id, guest, put_in

pytestmark = pytest.mark.django_db


def typed(page, **changed):
    """Return what a browser would send of the form on the page, with other values in some fields.

    A box that is None is not ticked; a list is sent once for each of its values.
    """
    data = {}
    html = page.content.decode()
    form = html[html.index('class="panel record-form"') :]
    form = re.sub(r"<template>.*?</template>", "", form, flags=re.DOTALL)
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = attribute(tag, "name"), attribute(tag, "value")
        if attribute(tag, "type") in ("checkbox", "radio"):
            if " checked" in tag:
                data.setdefault(name, []).append(value or "on")
        else:
            data.setdefault(name, []).append(value)
    for name, text in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>(.*?)</textarea>', form, re.S):
        data[name] = [text.removeprefix("\n")]
    for name, options in re.findall(r'<select[^>]*name="(\w+)".*?>(.*?)</select>', form, re.S):
        data[name] = re.findall(r'<option value="([^"]*)" selected', options)[:1] or [""]
    for name, value in changed.items():
        name = name.replace("__", "-")
        if value is None:
            data.pop(name, None)
        else:
            data[name] = value
    return data


def attribute(tag, name):
    found = re.search(rf' {name}="([^"]*)"', tag)
    return found[1] if found else ""


def test_create(sign_in, bella, host):
    client = sign_in(host)
    page = client.get("/c/bella/guests/new/")
    answer = client.post(
        "/c/bella/guests/new/", typed(page, phone="020 7946 0958", first_name="Anna")
    )
    made = Guest.objects.get()
    assert answer.headers["Location"] == f"/c/bella/guests/{made.pk}/"
    assert (made.phone, made.first_name) == (ANNA, "Anna")


def test_change(sign_in, bella, operator):
    anna = guest(bella, first_name="Anna")
    client = sign_in(operator)
    address = f"/c/bella/guests/{anna.pk}/"
    page = client.get(address)
    answer = client.post(address, typed(page, first_name="Anya"))
    assert answer.status_code == 302, answer.content.decode()
    anna.refresh_from_db()
    assert anna.first_name == "Anya"
