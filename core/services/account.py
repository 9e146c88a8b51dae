"""What users change about themselves. Each company they belong to has it in its record."""

from datetime import datetime
from typing import Any

from django.db import transaction

from core.models import Change, Company, User
from core.services.sessions import end_sessions


def record_for_companies(
    *, user: User, action: str, source: str, now: datetime, values: dict[str, Any] | None = None
) -> None:
    """Write down in every company `user` belongs to what they did about their own account."""
    companies = Company.objects.for_user(user).order_by("pk")
    Change.objects.bulk_create(
        Change(
            company=company,
            at=now,
            actor=user,
            source=source,
            action=action,
            subject=user._meta.label_lower,
            subject_id=user.pk,
            values=values or {},
        )
        for company in companies
    )


@transaction.atomic
def change_account(
    *, user: User, name: str, phone: str, theme: str, source: str, now: datetime
) -> None:
    """Save how the user is called, their telephone (E.164 or "") and which look they prefer.

    The look is nobody else's affair.
    """
    before = User.objects.select_for_update().get(pk=user.pk)
    user.name, user.phone, user.theme = name.strip(), phone, theme
    user.save(update_fields=["name", "phone", "theme"])
    pairs = {field: [getattr(before, field), getattr(user, field)] for field in ("name", "phone")}
    if changed := {field: pair for field, pair in pairs.items() if pair[0] != pair[1]}:
        record_for_companies(
            user=user,
            action="change_account",
            source=source,
            now=now,
            values=changed,
        )


@transaction.atomic
def change_password(*, user: User, password: str, source: str, now: datetime) -> None:
    """Set a new password. Every session of the user ends, for each carries a hash of the old one.

    Whoever does it in a session of their own renews that one (`update_session_auth_hash`).
    """
    user.set_password(password)
    user.save(update_fields=["password"])
    end_sessions(user)
    record_for_companies(user=user, action="change_password", source=source, now=now)
