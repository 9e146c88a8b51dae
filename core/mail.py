"""What each kind of mail says, and where mail goes when there is no mail server.

An app registers the builder of each kind in `AppConfig.ready()`; core.services.mail sends.
"""

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string

if TYPE_CHECKING:
    from core.models import OutgoingMail

Build = Callable[["OutgoingMail"], EmailMessage]

_builders: dict[str, Build] = {}


class Unwanted(Exception):
    """A builder found that the mail has lost its reason; the text says why. It is not sent."""


def register(kind: str, build: Build) -> None:
    """Say that `build(mail)` makes the message of mails of `kind`, when they are sent."""
    _builders[kind] = build


def builder(kind: str) -> Build:
    return _builders[kind]


def message_id(kind: str, subject_id: int) -> str:
    """Return the Message-ID of the one mail of `kind` about `subject_id`."""
    return f"<{kind}.{subject_id}@{settings.MAIL_DOMAIN}>"


def render(mail: "OutgoingMail", template: str, context: dict[str, object]) -> EmailMessage:
    """Return a message of three templates: `<template>_subject.txt`, `.txt` and `.html`."""
    context = {**context, "company": mail.company, "base_url": settings.BASE_URL}
    subject = " ".join(render_to_string(f"{template}_subject.txt", context).split())
    message = EmailMultiAlternatives(
        subject=subject, body=render_to_string(f"{template}.txt", context), to=[mail.to]
    )
    message.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    return message


def folder_path(message_id: str) -> Path:
    """Return the file in which FolderBackend keeps the mail of this Message-ID."""
    name = re.sub(r"[^A-Za-z0-9.@_-]", "_", message_id.strip("<>"))
    return Path(settings.MAIL_DIR) / f"{name}.eml"


class FolderBackend(BaseEmailBackend):
    """Keeps each mail as a file of its own, for an installation without a mail server."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            content = message.message()
            path = folder_path(content["Message-ID"])
            path.parent.mkdir(parents=True, exist_ok=True)
            # Renamed when it is whole: whoever opens the file sees all of the mail.
            aside = path.with_suffix(f".{os.getpid()}.part")
            aside.write_bytes(content.as_bytes())
            aside.replace(path)
        return len(email_messages)
