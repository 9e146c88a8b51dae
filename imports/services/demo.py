"""A company to look around in: restaurants, categories, tiers, one user per role, 2,000 guests."""

import json
import secrets
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from core.models import Change, Company, Membership, Role, User
from core.querysets import MembershipQuerySet
from core.services.companies import create_company
from guests.models import Category, Colour, MemberTier
from imports.models import ImportJob
from imports.services.runs import start_import
from imports.services.uploads import receive_upload

SLUG = "bella"
PEOPLE = {
    Role.OWNER: "Olivia Bell",
    Role.MANAGER: "Marco Rossi",
    Role.OPERATOR: "Anna Petrova",
    Role.HOST: "Harry Jones",
}
GUESTS = Path(__file__).resolve().parent.parent / "demo" / "guests.csv"


class NotTheDemo(Exception):
    """A company has the demo's address that the demo did not make."""


def address(role: Role) -> str:
    """Return the e-mail address by which the demo's user of `role` signs in."""
    return f"{role.value}@{SLUG}.example"


def make_demo(*, now: datetime) -> Company:
    """Return the demo company, made unless it is there, with its guests on their way in.

    Raises NotTheDemo rather than touch somebody's company.
    """
    company = Company.objects.filter(slug=SLUG).first()
    with transaction.atomic():
        if company is None:
            company = _company(now=now)
        elif not is_demo(company):
            raise NotTheDemo(f"There is a company “{SLUG}” already, which is not the demo.")
        if not ImportJob.objects.for_company(company).exists():
            _import_guests(company, now=now)
    return company


def is_demo(company: Company) -> bool:
    """Whether the company is the demo, and nobody's own that has its address."""
    return company.slug == SLUG and _members(company).exists()


def passwords(company: Company) -> dict[Role, str]:
    """Return the demo users' passwords; they are made up once and kept under `var/`."""
    path = settings.VAR_DIR / "demo_passwords.json"
    if path.exists():
        return {Role(role): word for role, word in json.loads(path.read_text()).items()}
    words = {role: secrets.token_urlsafe(9) for role in PEOPLE}
    path.touch(mode=0o600)
    path.write_text(json.dumps(words))
    for member in _members(company).select_related("user"):
        member.user.set_password(words[Role(member.role)])
        member.user.save(update_fields=["password"])
    return words


def _members(company: Company) -> MembershipQuerySet:
    addresses = [address(role) for role in PEOPLE]
    return Membership.objects.for_company(company).filter(user__email__in=addresses)


def _company(*, now: datetime) -> Company:
    company = create_company(
        slug=SLUG,
        name="Bella",
        timezone="Europe/London",
        actor=None,
        source=Change.Source.COMMAND,
        now=now,
    )
    for name in ("Bella Soho", "Bella Camden"):
        company.restaurants.create(name=name)
    _categories_and_tiers(company)
    for role, name in PEOPLE.items():
        user = User.objects.create_user(address(role), None, name=name)
        Membership.objects.create(company=company, user=user, role=role)
    return company


def _categories_and_tiers(company: Company) -> None:
    categories = (
        ("Guests", Colour.GREY, True),
        ("Wine club", Colour.VIOLET, False),
        ("Lunch club", Colour.TEAL, False),
        ("Birthday club", Colour.PINK, False),
        ("Friends of the house", Colour.ORANGE, False),
    )
    for name, colour, is_default in categories:
        Category.objects.create(company=company, name=name, colour=colour, is_default=is_default)
    for rank, (name, minutes) in enumerate((("Silver", 0), ("Gold", 10), ("Black", 30)), start=1):
        MemberTier.objects.create(
            company=company,
            name=name,
            rank=rank,
            is_vip=name == "Black",
            priority_minutes=minutes,
        )


def _import_guests(company: Company, *, now: datetime) -> None:
    """Queue the sample as an operator would; the worker does the rest when it runs."""
    actor = User.objects.get(email=address(Role.OPERATOR))
    job = receive_upload(
        company=company, actor=actor, chunks=[GUESTS.read_bytes()], filename=GUESTS.name
    )
    start_import(job=job, actor=actor, source=Change.Source.COMMAND, now=now)
