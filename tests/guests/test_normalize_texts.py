"""Names, folding, e-mail addresses, identifiers, comments, links, and the sentences of errors."""

from __future__ import annotations

import json
import pickle
import string
from collections.abc import Callable

import pytest
from django.utils.translation import override
from hypothesis import given, settings, strategies as st

from guests.normalize import (
    MESSAGES,
    Invalid,
    describe,
    email,
    email_key,
    fold,
    identifier,
    name,
    name_key,
    search_text,
    text,
    url,
)

pytestmark = pytest.mark.pure

ODD = (
    "aZ' -ИиЙйЁёßŁłØıİÅﬁ𝑨ΣςΑά שָׁعـ\u0301\u0306\u0308\u0327\u0345 "
    "\x00\t\n\x7f\x85\u00a0\u00ad\u200b\u200d\u200e\u2028\u202e\u2066\ufeff\ud800한ᄒ\u1161कि"
)
"""Letters and marks that names trip over."""


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("John Smith", "John Smith"),
        ("  Anne\u00a0 Marie\t", "Anne Marie"),
        ("Rene\u0301e", "Renée"),
        ("Иванов-Петров", "Иванов-Петров"),
        ("שלום", "שלום"),
        ("\u202eabc\u202c", "abc"),
        ("\ufeffAnna\u200b", "Anna"),
        ("O\x00\x07Brien", "OBrien"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("A\ud800B", "AB"),
        ("42", "42"),
        ("'t Hooft", "'t Hooft"),
    ],
)
def test_a_name_is_kept_as_typed_but_clean(typed: str, kept: str) -> None:
    assert name(typed) == kept


def test_a_name_has_room_to_fit_in() -> None:
    assert name("x" * 100) == "x" * 100
    assert refusal(name, "x" * 101) == "too_long"
    assert refusal(name, "x" * 31, 30) == "too_long"
    assert refusal(name, "\u200b\u00ad") == "invisible"
    assert refusal(name, "\x00" * 50_000_000) == "too_long"


@settings(deadline=None)  # A busy machine is no fault of the rule.
@given(st.text(ODD, min_size=1))
def test_a_name_once_clean_stays_as_it_is(typed: str) -> None:
    try:
        kept = name(typed)
    except Invalid:
        return
    assert name(kept) == kept
    assert kept.encode()
    assert not any(character in kept for character in "\x00\n\r\t\u202e\u2066")


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("JOHN", "john"),
        ("Ёлка", "елка"),
        ("СЕМЁНОВ", "семенов"),
        ("Йогурт", "йогурт"),
        ("Łódź", "lodz"),
        ("Straße", "strasse"),
        ("Ångström", "angstrom"),
        ("İstanbul", "istanbul"),
        ("O’Brien", "o'brien"),
        ("Æsir Øre", "aesir ore"),
        ("ﬁ", "fi"),
        ("कि", "कि"),
        ("מִשְׁפָּט", "משפט"),
    ],
)
def test_folding_makes_equal_what_people_take_for_equal(typed: str, folded: str) -> None:
    assert fold(typed) == folded


@settings(deadline=None)  # A busy machine is no fault of the rule.
@given(st.text(ODD))
def test_what_is_folded_is_folded_alike_from_any_case(typed: str) -> None:
    assert fold(fold(typed)) == fold(typed)


def test_the_keys_for_sorting_and_searching() -> None:
    assert name_key("Ёлкина", "Anna", "") == "елкина anna"
    assert name_key("", "Anna", "") == "anna"
    assert search_text("+442079460958", "Anna ", None, "", "A@B.de") == "+442079460958 anna a@b.de"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("collins@mymail.com", "collins@mymail.com"),
        ("John.Smith+x@Mail.Example.COM", "John.Smith+x@mail.example.com"),
        ("o'neil_1@a-b.co", "o'neil_1@a-b.co"),
        (" a@b.de ", "a@b.de"),
        ("ivan@Почта.РФ", "ivan@почта.рф"),
        ("a@münchen.de", "a@münchen.de"),
        ("a@xn--e1afmkfd.xn--p1ai", "a@xn--e1afmkfd.xn--p1ai"),
        ("x" * 64 + "@b.de", "x" * 64 + "@b.de"),
    ],
)
def test_an_address_is_kept_with_its_domain_in_lower_case(typed: str, kept: str) -> None:
    assert email(typed) == kept
    assert email_key(typed.strip()) == kept.casefold()


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("john", "email_at"),
        ("@b.de", "email_at"),
        ("john@", "email_at"),
        ("a@b.de, c@d.de", "email_several"),
        ("a@@b.de", "email_several"),
        ("john smith@b.de", "email_spaces"),
        ("John <john@b.de>", "email_spaces"),
        ("a..b@c.de", "email_local"),
        (".a@c.de", "email_local"),
        ("иван@почта.рф", "email_local"),
        ("x" * 65 + "@b.de", "email_local"),
        ("a@b", "email_domain"),
        ("a@b.c", "email_domain"),
        ("a@b..de", "email_domain"),
        ("a@-b.de", "email_domain"),
        ("a@b_c.de", "email_domain"),
        ("a@10.0.0.1", "email_domain"),
        ("a@b.de\x00", "email_domain"),
        ("a@b.de,", "email_domain"),
        ("a@" + "b" * 64 + ".de", "email_domain"),
        ("a@" + "ж" * 64 + ".рф", "email_domain"),
        ("ivan@mail.сom", "email_alphabets"),
        ("a@" + "b." * 126 + "de", "too_long"),
        ("a@" * 1_000_000, "too_long"),
    ],
)
def test_what_is_no_address_is_refused_with_its_reason(typed: str, code: str) -> None:
    assert refusal(email, typed) == code


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("11111", "11111"),
        (" A-17 ", "A-17"),
        ("0012", "0012"),
        ("42.0", "42"),
        ("12E5", "12E5"),
        ("12345678901234567890", "12345678901234567890"),
        ("\ufeff1234\u200b", "1234"),
        ("%B1234^SMITH/JOHN^99?", "%B1234^SMITH/JOHN^99?"),
        ("Карта 5", "Карта 5"),
    ],
)
def test_an_identifier_is_kept_as_typed(typed: str, kept: str) -> None:
    assert identifier(typed, 45) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("x" * 46, "too_long"),
        ("12\t34", "control_characters"),
        ("12\n34", "control_characters"),
        ("\x0012", "control_characters"),
        ("4.42E+11", "lost_digits"),
        ("12345678901234567.0", "lost_digits"),
        ("\u200b", "invisible"),
    ],
)
def test_a_spoiled_identifier_is_refused(typed: str, code: str) -> None:
    assert refusal(identifier, typed, 45) == code


def test_a_comment_keeps_its_lines_and_nothing_invisible() -> None:
    assert text("London, Cannon Street 22", 500) == "London, Cannon Street 22"
    assert text(" one\r\ntwo\rthree\u2028four ", 500) == "one\ntwo\nthree\nfour"
    assert text("a\x00b\u202ec\td", 500) == "abc\td"
    assert refusal(text, "x" * 501, 500) == "too_long"
    assert refusal(text, "\x00" * 50_000_000, 500) == "too_long"
    assert refusal(text, "\u200b", 500) == "invisible"


@pytest.mark.parametrize(
    "link",
    [
        "https://example.com/a.png",
        "HTTP://Example.com",
        "http://localhost:8000/a?b=c#d",
        "http://[::1]/x",
        "https://пример.рф/к.png",
        "https://10.0.0.1/a%20b.png",
    ],
)
def test_a_link_to_an_image(link: str) -> None:
    assert url(f" {link} ") == link


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ("javascript:alert(1)", "url_scheme"),
        ("ftp://example.com/a.png", "url_scheme"),
        ("//example.com/a.png", "url_scheme"),
        ("httpx://example.com", "url_scheme"),
        ("example.com", "url_scheme"),
        ("http://", "url_format"),
        ("http:/example.com", "url_format"),
        ("http://a b.com", "url_format"),
        ("http://a.com/\x00", "url_format"),
        ("http://a-.com/", "url_format"),
        ("http://a..com/", "url_format"),
        ("http://user:secret@a.com/", "url_format"),
        ("http://a.com:99999/", "url_format"),
        ("http://[::1/", "url_format"),
        ('http://a.com/"><script>', "url_format"),
        ("http://a.com/" + "x" * 2000, "too_long"),
    ],
)
def test_anything_but_a_plain_web_link_is_refused(link: str, code: str) -> None:
    assert refusal(url, link) == code


def test_an_error_is_a_code_with_parameters_that_can_be_stored_and_sent() -> None:
    error = Invalid("too_long", value="a\n\x00b" + "x" * 100, length=104, max=45)
    assert error.params["value"] == "a  b" + "x" * 55 + "…"
    for copy in (pickle.loads(pickle.dumps(error)), Invalid(error.code, **error.params)):  # noqa: S301
        assert (copy.code, copy.params, str(copy)) == (error.code, error.params, str(error))
    stored = json.loads(json.dumps(error.params))
    assert describe("too_long", stored) == str(error)
    assert "104 characters, and there is room for 45" in str(error)


def test_every_sentence_can_be_said() -> None:
    class Anything(dict[str, object]):
        def __missing__(self, key: str) -> str:
            return f"<{key}>"

    for code, message in MESSAGES.items():
        sentence = describe(code, Anything())
        assert sentence.endswith("."), code
        assert "%" not in sentence
        assert str(message)[0] in string.ascii_uppercase + "“", code
    with override("ru"):
        assert describe("sex", {"value": "?"})


def refusal(rule: Callable[..., object], *args: object) -> str:
    with pytest.raises(Invalid) as refused:
        rule(*args)
    assert len(str(refused.value)) < 250
    return refused.value.code
