"""What stands in a record's form: as the guest is, as it was when the form was made, as it is sent.

All three as what a browser would send, so that they can be compared field by field: who else saved
meanwhile, and what of the form somebody has really typed.
"""

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.http import QueryDict

from core.models import Company
from core.web.ids import id_in
from core.web.telephones import telephone
from guests.forms.referrers import label_of
from guests.forms.rows import CardRow, ExternalIdRow, typed_rows
from guests.models import Card, Category, ExternalId, Guest

#: `{field: text}`, True or False of a box, the sorted ids of categories, the rows of what repeats.
State = dict[str, Any]

TEXTS = (
    "phone",
    "email",
    "last_name",
    "first_name",
    "middle_name",
    "birthday",
    "sex",
    "employee_id",
    "member_number",
    "member_tier",
    "image_url",
    "consent",
    "consent_details",
    "consent_date",
    "referrer",
    "comment",
)
BOXES = ("subscribed", "is_active")

_SALT = "guests.forms.state"


def of_guest(company: Company, guest: Guest) -> State:
    """Return the state of the guest's form: two queries beside `categories_by_name`."""
    cards = Card.objects.for_company(company).filter(guest=guest).order_by("pk")
    ids = ExternalId.objects.for_company(company).filter(guest=guest).order_by("pk")
    values: State = {name: _text(getattr(guest, name)) for name in TEXTS if name not in _OWN_WAY}
    return values | {
        "phone": telephone(guest.phone) if guest.phone else "",
        "member_tier": _text(guest.member_tier_id),
        "referrer": label_of(guest.referrer) if guest.referrer else "",
        "subscribed": guest.subscribed,
        "is_active": guest.is_active,
        "categories": _ids(category.pk for category in guest.categories_by_name),
        "cards": [{"number": card.number or "", "track": card.track or ""} for card in cards],
        "external_ids": [{"id": each.value} for each in ids],
    }


_OWN_WAY = ("phone", "member_tier", "referrer")


def of_new(company: Company, phone: str = "") -> State:
    """Return the state of the form of a guest to be: what the company has by default."""
    defaults = Category.objects.for_company(company).defaults()
    return {
        **dict.fromkeys(TEXTS, ""),
        "phone": phone,
        "consent": company.default_consent,
        "subscribed": company.default_subscribed,
        "is_active": True,
        "categories": _ids(defaults.values_list("pk", flat=True)),
        "cards": [],
        "external_ids": [],
    }


def of_post(data: QueryDict) -> State:
    """Return what was sent. A guest chosen among several is as good as typed."""
    typed = {name: _plain(data.get(name, "")) for name in TEXTS}
    return typed | {
        **{name: name in data for name in BOXES},
        "referrer": _plain(data.get("referrer_choice") or data.get("referrer", "")),
        "categories": _ids(
            value for value in data.getlist("categories") if id_in(value) is not None
        ),
        "cards": typed_rows(CardRow, data),
        "external_ids": typed_rows(ExternalIdRow, data),
    }


def _text(value: Any) -> str:
    return "" if value is None else _plain(str(value))


def _plain(text: str) -> str:
    # A browser ends the lines of a text with both characters, whatever it was given.
    return text.replace("\r\n", "\n").strip()


def _ids(values: Any) -> list[str]:
    return sorted({str(value) for value in values}, key=int)


@dataclass(frozen=True)
class Seen:
    """What whoever types has before them: the guest's version, and the form as it was then."""

    version: int
    state: State

    def sign(self) -> str:
        """Return it as the form carries it, so that it comes back as it was."""
        return signing.dumps([self.version, self.state], salt=_SALT, compress=True)

    @classmethod
    def read(cls, text: str) -> "Seen | None":
        """Return what the form carried; None of what nobody signed."""
        try:
            version, state = signing.loads(text, salt=_SALT)
        except (signing.BadSignature, ValueError, TypeError):
            return None
        return cls(version, state)
