"""Reads of guests: what the list, bulk changes, exports and the import narrow them down by."""

from collections.abc import Collection, Set
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Self, cast

from django.db import connection
from django.db.models import (
    Case,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    When,
    prefetch_related_objects,
)

from guests.normalize import fold
from guests.querysets import days
from guests.querysets.literals import NO_TEXT, NOTHING, Literal
from guests.querysets.search import telephone_ends, text_condition, words_of
from guests.querysets.searched_texts import ids_found
from guests.querysets.seeded import SeededQuerySet

if TYPE_CHECKING:
    from core.models import Company
    from guests.models import Guest, MemberTier

#: More cards than this that begin with a word are not looked up beforehand.
FEW_CARDS = 500


class GuestQuerySet(SeededQuerySet):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def open(self) -> Self:
        """Guests whose record can still be changed, deleted ones too: neither merged nor erased."""
        return self.filter(merged_into__isnull=True, phone__isnull=False)

    def listed(self, *, inactive: bool = False) -> Self:
        """Guests that a list shows; `inactive` adds the deleted ones.

        Never who was merged into another, nor who was erased: of them nothing is left to be found
        by. Their orders are counted all the same, and old links lead to where they were.
        """
        if inactive:
            return self.open()
        return self.filter(is_active=True, phone__isnull=False)

    def merged_away(self) -> Self:
        """Guests who were merged into another, which no list shows."""
        return self.filter(merged_into__isnull=False)

    def of_record(self, pk: int) -> "Guest":
        """Return the guest with what the record's head and form name: the tier and the referrer.

        Few were referred, so that is a query of its own where one was: to join a guest to every
        guest costs more. What is gone stands as None. Raises Guest.DoesNotExist.
        """
        guest: Any = self.select_related("member_tier").get(pk=pk)
        if guest.referrer_id is not None:
            prefetch_related_objects([guest], "referrer")
        return cast("Guest", guest)

    def locked(self, ids: Collection[int]) -> Self:
        """Guests of these ids, locked in one order, so that two who lock never wait in a ring."""
        return self.filter(pk__any=list(ids)).select_for_update().order_by("pk")

    def merged_into(self, guest: "Guest") -> "list[Guest]":
        """Return whoever was merged into the guest, and into those in turn, the latest last.

        A query for each merge in a row, and so one where nobody was.
        """
        found: dict[int, Any] = {}
        newest = [guest.pk]
        while newest:
            rows: Any = self.filter(merged_into__in=newest).exclude(pk=guest.pk).order_by("pk")
            new = {row.pk: row for row in rows if row.pk not in found}
            found |= new
            newest = list(new)
        return list(found.values())

    def with_emails(self, emails: Collection[str]) -> "list[Guest]":
        """Return the guests, deleted ones too, who have one of these e-mails in any case."""
        wanted = {email.casefold() for email in emails}
        texts = (Q(search_text__contains=fold(email)) for email in wanted)
        rows: Any = self.filter(reduce(or_, texts)) if wanted else self.none()
        return [row for row in rows if row.email.casefold() in wanted]

    def with_phones(self, phones: Set[str]) -> Self:
        """Guests, deleted ones too, that have one of these E.164 phones."""
        return self.filter(phone__any=phones)

    # -- Found by what was typed

    def search(self, text: str, company: "Company") -> Self:
        """Guests in whom every word of `text` is found: telephone, names, e-mail, cards.

        A telephone may be written in any way, also as in the company's region (07700 900 123).
        Looks up cards when it is called, once per word that may be a card; on SQLite the guests
        too, if they are few.
        """
        found, texts, words = self, [], words_of(text)
        for word in words:
            condition = text_condition(word, region=company.region)
            holders = _holders_of(word.typed, company) if word.may_be_card else []
            if isinstance(holders, Q):
                found = found.filter(condition | holders)
            else:
                texts.append(condition | Q(pk__in=holders))
        ids = ids_found(texts, company)
        found = found.filter(*texts) if ids is None else found.filter(pk__any=ids)
        found.is_search, found.is_number = bool(words), any(word.is_telling for word in words)
        return found

    def likeliest(self, text: str, count: int) -> list[Any]:
        """Return the first hits of a search: active guests first, of digits those whose telephone
        ends so, then whoever was here last."""
        ends = [telephone_ends(word) for word in words_of(text) if word.digits]
        last = (F("last_visit_at").desc(nulls_last=True), "name_key", "pk")
        # A word that half the company has in common is met at once among those who come; one that
        # few have is not, and then all of these are looked at.
        present = self.active().filter(last_visit_at__isnull=False)
        first = present.filter(reduce(or_, ends)) if ends else present
        hits = list(first.order_by("-last_visit_at", *last[1:])[:count])
        if len(hits) == count:
            return hits
        rank = [Case(*(When(each, then=0) for each in ends), default=1)] if ends else []
        return list(self.order_by("-is_active", *rank, *last)[:count])

    # -- What they are in

    def in_categories(self, ids: Collection[int], *, or_none: bool = False) -> Self:
        """Guests in at least one of these categories; `or_none`: or in none at all."""
        if or_none:
            found = Q(_in_category(category__in=ids)) if ids else Q()
            return self.filter(found | ~_in_category())
        from guests.models import GuestCategory

        return self.among(GuestCategory.objects.filter(category__in=ids))

    def not_in_categories(self, ids: Collection[int]) -> Self:
        return self.filter(~_in_category(category__in=ids))

    def holding(self, tier: "MemberTier") -> Self:
        """Guests of this tier, deleted ones too; not who was merged into another."""
        return self.filter(member_tier=tier, merged_into__isnull=True)

    def in_tiers(self, ids: Collection[int], *, or_none: bool = False) -> Self:
        """Guests of one of these tiers; `or_none`: or of none."""
        if not or_none:
            return self.by_index(member_tier__in=ids)
        found = Q(member_tier__in=ids) if ids else Q()
        return self.filter(found | Q(member_tier__isnull=True))

    # -- Who they are

    def birthday_between(self, first: int, last: int) -> Self:
        """Guests by the day of the year (month x 100 + day); across New Year if `first > last`."""
        if first <= last:
            return self.by_index(birthday_key__range=(first, last))
        return self.filter(Q(birthday_key__gte=first) | Q(birthday_key__lte=last))

    def birthday_within(self, first: date, days_: int) -> Self:
        """Guests who have their birthday in `days_` days from `first`.

        Born on 29 February: on the 28th in other years.
        """
        return self.birthday_between(*days.keys_of(first, days_))

    def by_coming_birthday(self, today: date) -> Self:
        """Whose birthday comes first comes first; of one day, who came most often."""
        this_year = When(birthday_key__gte=days.day_key(today), then=0)
        round_ = Case(this_year, default=1, output_field=IntegerField())
        return self.order_by(round_, "birthday_key", "-orders_count", "pk")

    def aged(self, *, today: date, at_least: int | None = None, at_most: int | None = None) -> Self:
        """Guests by whole years of age; without a date of birth they have none."""
        found = self
        if at_least is not None:
            found = found.by_index(birthday__lte=days.years_before(today, at_least))
        if at_most is not None:
            found = found.by_index(birthday__gt=days.years_before(today, at_most + 1))
        return found

    def of_sexes(self, sexes: Collection[str]) -> Self:
        """Guests of one of these sexes; "" stands for not known."""
        from guests.models import Sex

        # The few are in an index of their own; of the others each is soon met.
        if list(sexes) == [Sex.OTHER]:
            return self.by_index(sex=Literal(Sex.OTHER.value))
        return self.filter(sex__in=sexes)

    def with_employee_id(self, text: str) -> Self:
        """Guests with this employee ID, in capitals or not, or with capitals where words begin."""
        written = {text, text.upper(), text.lower(), text.title()}
        return self.filter(employee_id__in=written, employee_id__gt=NO_TEXT)

    def with_email(self, has: bool) -> Self:
        return self.filter(email__gt="") if has else self.filter(email="")

    def with_card(self, has: bool) -> Self:
        from guests.models import Card

        cards = Exists(Card.objects.filter(guest=OuterRef("pk")))
        return self.filter(cards if has else ~cards)

    # -- How much and when they come

    def with_total_up_to(self, amount: Decimal) -> Self:
        """Guests who spent so much at most."""
        return self.seldom_here(total__lte=amount)

    def with_orders_up_to(self, count: int) -> Self:
        """Guests who ordered so often at most."""
        # One order is what many come for, none at all next to nobody.
        if count:
            return self.filter(orders_count__lte=count)
        # With a range of ids, that SQLite sees what the index of these is good for.
        return self.seldom_here(orders_count__lte=NOTHING, pk__gt=0)

    def not_seen_since(self, moment: datetime) -> Self:
        """Guests who have been, but last before `moment`. Those who never came are not among them:
        a file brings many of whom nobody knows when they came."""
        return self.filter(last_visit_at__lt=moment)


def _in_category(**conditions: Any) -> Exists:
    from guests.models import GuestCategory

    return Exists(GuestCategory.objects.filter(guest=OuterRef("pk"), **conditions))


def _holders_of(text: str, company: "Company") -> list[int] | Q:
    """Return who has a card that begins so: their ids, or the condition of it when they are many.

    Beside another condition the database could not use an index for a subquery, and would try every
    guest.
    """
    from guests.models import Card

    cards = Card.objects.for_company(company).beginning_with(text)
    guests = list(cards.values_list("guest", flat=True)[: FEW_CARDS + 1])
    if len(guests) <= FEW_CARDS:
        return guests
    if connection.vendor == "sqlite":
        # Of EXISTS it may read all these cards anew for every guest.
        return Q(pk__in=cards.values("guest"))
    return Q(Exists(cards.filter(guest=OuterRef("pk"))))
