"""One rule for names of which a company has one each: capitals and accents make no other name."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from core.models import Company, User
from core.services import restaurants
from guests.services import categories, saved_views, tiers
from imports.models import ColumnMapping
from imports.services import mappings
from loyalty.services.programs import change_program, create_program

COMMON: dict[str, Any] = {"actor": None, "source": "web"}


def restaurant(company: Company, name: str, actor: User) -> Any:
    return restaurants.add_restaurant(company=company, name=name, now=timezone.now(), **COMMON)


def category(company: Company, name: str, actor: User) -> Any:
    return categories.create_category(
        company=company, name=name, colour="red", is_default=False, now=timezone.now(), **COMMON
    )


def tier(company: Company, name: str, actor: User) -> Any:
    values = {"name": name, "rank": 1, "is_vip": False, "priority_minutes": 0}
    return tiers.save_tier(
        company=company, tier=None, values=values, restaurants=[], now=timezone.now(), **COMMON
    )


def program(company: Company, name: str, actor: User) -> Any:
    values = {"name": name, "code": f"P{len(name)}{ord(name[0])}", "kind": "points",
              "currency": "GBP", "expiry": "never", "audience": "account"}  # fmt: skip
    return create_program(
        company=company, values=values, categories=[], now=timezone.now(), **COMMON
    )


def view(company: Company, name: str, actor: User) -> Any:
    return saved_views.save_view(
        company=company, name=name, query="q=a", shared=True, actor=actor, source="web",
        now=timezone.now(),
    )  # fmt: skip


def mapping(company: Company, name: str, actor: User) -> Any:
    made = ColumnMapping.objects.create(
        company=company, kind="guests", signature="s", mapping=["phone"], name=f"new {name}"
    )
    return mappings.rename_mapping(mapping=made, name=name, now=timezone.now(), **COMMON)


TAKEN = (
    restaurants.NameTaken, categories.NameTaken, tiers.NameTaken, saved_views.NameTaken,
    mappings.NameTaken, ValidationError,
)  # fmt: skip


@pytest.mark.parametrize("make", [restaurant, category, tier, program, view, mapping])
def test_a_name_is_given_once(bella: Company, roma: Company, owner: User, make: Any) -> None:
    make(bella, "Café Łódź", owner)
    for other in ("CAFÉ ŁÓDŹ", "cafe lodz"):
        with pytest.raises(TAKEN):
            make(bella, other, owner)
    make(bella, "Café", owner)
    if make is not view:
        make(roma, "cafe lodz", owner)


def test_a_program_keeps_its_own_name(bella: Company, owner: User) -> None:
    stars = program(bella, "Stars", owner)
    saved = change_program(
        program=stars, values={"name": "STARS"}, categories=[], now=timezone.now(), **COMMON
    )
    assert saved.name == "STARS"


def test_nobody_turns_what_others_read_round_by_their_own_name(
    bella: Company, owner: User, sign_in: Any
) -> None:
    client = sign_in(owner)
    sent = {"name": "Ol\u202eaivi\u200b  Bell", "phone": "", "theme": ""}
    assert client.post("/account/", sent).status_code == 302
    owner.refresh_from_db()
    assert owner.name == "Olaivi Bell"
    client.post("/account/", {**sent, "name": ""})
    owner.refresh_from_db()
    assert owner.name == ""
