"""A guest's whole record as one form: the person, their cards, their external ids."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _, gettext_lazy

from core.models import Company
from core.texts import isolated, shortened
from core.web.telephones import called
from guests.forms.person import PersonForm
from guests.forms.rows import CardRow, ExternalIdRow, Rows
from guests.forms.state import Seen, State
from guests.models import Guest
from guests.services.records import Claim, Draft

#: What is said of a field that somebody else has. %(who)s is the guest.
TAKEN = {
    "phone": gettext_lazy("This is the telephone of %(who)s."),
    "member_number": gettext_lazy("This is the member number of %(who)s."),
    "track": gettext_lazy("%(who)s has a card with this track."),
    "number": gettext_lazy("%(who)s has a card with this number."),
    "external_id": gettext_lazy("This is an ID of %(who)s."),
}


class RecordForm:
    """The form in a state; `guest` is None for one to be.

    Bound it says what is wrong with what was sent, else it only shows. `seen` comes back with it,
    so that the next save knows what whoever types had before them.
    """

    def __init__(
        self,
        company: Company,
        state: State,
        *,
        guest: Guest | None,
        today: date,
        may_activate: bool,
        bound: bool,
        seen: Seen | None = None,
        shown_phone: str = "",
    ) -> None:
        person: dict[str, Any] = {
            "company": company,
            "guest": guest,
            "today": today,
            "shown_phone": shown_phone,
            "may_activate": may_activate,
        }
        self.state = state
        self.seen = seen
        self.person = (
            PersonForm(_data(state), **person) if bound else PersonForm(initial=state, **person)
        )
        self.cards = Rows(CardRow, state["cards"], bound=bound)
        self.external_ids = Rows(ExternalIdRow, state["external_ids"], bound=bound)
        self.claims: dict[str, list[Claim]] = {}
        """Of the person's fields: whose the value is."""
        self.warning = ""
        """What is said of the telephone before anything was sent."""
        self.forgotten = ""
        """The telephone of somebody who asked to be forgotten, to be confirmed."""

    def is_valid(self) -> bool:
        # All three, so that everything wrong is said at once.
        return all([self.person.is_valid(), self.cards.is_valid(), self.external_ids.is_valid()])

    def draft(self) -> Draft:
        """Return what a valid form says the record shall be."""
        return Draft(
            fields=self.person.values(),
            cards=self.cards.values(),
            external_ids=self.external_ids.values(),
            categories=self.person.cleaned_data["categories"],
        )

    def blame(self, claims: Sequence[Claim]) -> None:
        """Say at each field that belongs to another guest whose it is."""
        for claim in claims:
            message = TAKEN[claim.field] % {"who": described(claim)}
            if claim.field in self.person.fields:
                self.person.add_error(claim.field, message)
                self.claims.setdefault(claim.field, []).append(claim)
            else:
                self.cards.blame(claim, message)
                self.external_ids.blame(claim, message)

    def warn(self, claims: Sequence[Claim]) -> None:
        """Say of a telephone that was brought along whose it is."""
        for claim in claims:
            self.warning = TAKEN[claim.field] % {"who": described(claim)}
            self.claims.setdefault(claim.field, []).append(claim)

    def ask_again(self) -> None:
        """Say that whoever has the telephone asked to be forgotten; it takes a tick to go on."""
        self.forgotten = self.person.cleaned_data["phone"]
        self.person.add_error(
            "phone", _("Whoever had this telephone asked to be forgotten. Confirm it below.")
        )

    def offer_tiers_anew(self) -> None:
        """Say that the tier which was chosen was deleted meanwhile, and offer those there are."""
        self.person.offer_tiers()
        self.person.add_error("member_tier", _("This tier was deleted meanwhile. Choose another."))

    @property
    def all_claims(self) -> list[Claim]:
        """Everything that belongs to others, one claim for each guest."""
        rows = [*self.cards, *self.external_ids]
        found = [claim for claims in self.claims.values() for claim in claims]
        found += [claim for row in rows for claim in row.claims]
        return list({claim.guest.pk: claim for claim in found}.values())

    # -- For components/error_summary.html

    @property
    def errors(self) -> bool:
        return bool(self.person.errors) or self.cards.errors or self.external_ids.errors

    @property
    def non_field_errors(self) -> list[str]:
        return [str(error) for error in self.person.non_field_errors()]

    def __iter__(self) -> Iterator[forms.BoundField]:
        for form in (self.person, *self.cards, *self.external_ids):
            yield from form


def described(claim: Claim) -> str:
    """Return the guest of a claim with what one must know of them."""
    if claim.was_merged:
        return _("%(guest)s, into whom another guest was merged") % {"guest": _name(claim.guest)}
    if not claim.guest.is_active:
        return _("%(guest)s, who is deleted") % {"guest": _name(claim.guest)}
    return _name(claim.guest)


def _name(guest: Guest) -> str:
    """Return the guest for a sentence: its form has room for no name of two hundred letters."""
    return isolated(shortened(called(guest), length=60))


def _data(state: State) -> MultiValueDict[str, Any]:
    """Return a state as it would be sent."""
    data: MultiValueDict[str, Any] = MultiValueDict()
    for name, value in state.items():
        if isinstance(value, list):
            data.setlist(name, value)
        elif value is not False:
            data[name] = value
    return data
