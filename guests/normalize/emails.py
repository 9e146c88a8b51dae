"""E-mail addresses: the pragmatic subset that mail servers take, international domains included."""

from __future__ import annotations

import re

from .errors import Invalid

MAX_EMAIL = 254
"""RFC 5321: a path holds 256 characters, two of which are its brackets."""

_ASCII_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"

_plain = re.compile(rf"(?=.{{1,64}}@){_LOCAL}@(?:{_ASCII_LABEL}\.)+[a-z]{{2,63}}").fullmatch
_local = re.compile(rf"(?=.{{1,64}}\Z){_LOCAL}").fullmatch
_label = re.compile(r"[^\W_](?:[^\W_]|[-\u0300-\u036f\u0900-\u0dff\u200c\u200d])*").fullmatch
_ascii_domain = re.compile(
    rf"(?:{_ASCII_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{1,59}})"
).fullmatch
_latin_letter = re.compile("[a-z]").search
_cyrillic_letter = re.compile("[\u0400-\u052f]").search


def email(value: str) -> str:
    """`value` with its domain in lower case; what stands before the @ stays as typed.

    Addresses are compared by `email_key`.
    Raises Invalid: email_at, email_several, email_spaces, email_local, email_domain,
    email_alphabets (a Cyrillic "с" in "mail.com"), too_long.
    """
    value = value.strip()
    if len(value) > MAX_EMAIL:
        raise Invalid("too_long", value=value, length=len(value), max=MAX_EMAIL)
    if _plain(value):
        return value
    local, at, domain = value.rpartition("@")
    if not at or not local or not domain:
        raise Invalid("email_at", value=value)
    if "@" in local:
        raise Invalid("email_several", value=value)
    if any(character.isspace() for character in value):
        raise Invalid("email_spaces", value=value)
    if not _local(local):
        raise Invalid("email_local", value=value)
    return f"{local}@{_domain(value, domain.lower())}"


def email_key(value: str) -> str:
    """What two addresses of one mailbox have in common: they differ at most in case."""
    return value.casefold()


def _domain(value: str, domain: str) -> str:
    if _ascii_domain(domain):
        return domain
    labels = domain.split(".")
    if domain.isascii() or len(labels) < 2 or labels[-1].isdecimal():
        raise Invalid("email_domain", value=value)
    for label in labels:
        if not _label(label) or label.endswith("-"):
            raise Invalid("email_domain", value=value)
        if _latin_letter(label) and _cyrillic_letter(label):
            raise Invalid("email_alphabets", value=value)
    try:
        domain.encode("idna")
    except UnicodeError as error:
        raise Invalid("email_domain", value=value) from error
    return domain
