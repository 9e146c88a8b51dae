"""Every reusable read of what guests own."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self, cast

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from core.querysets import CompanyOwnedQuerySet
from core.sums import Total
from guests.querysets import GuestQuerySet

if TYPE_CHECKING:
    from core.models import Company, Membership, User
    from loyalty.models import Account, LedgerEntry, Program, Terms


class ProgramQuerySet(CompanyOwnedQuerySet):
    def with_ledger(self) -> Self:
        return self.exclude(kind="discount")

    def main(self, company: "Company") -> "Program | None":
        """The program that stands for all where one balance is shown: the default of the company's
        currency, else the oldest of which there is a ledger."""
        programs = self.for_company(company).with_ledger()
        default = programs.filter(is_default=True, currency=company.currency)
        found: Any = default.first() or programs.order_by("pk").first()
        return cast("Program | None", found)

    def with_totals(self) -> Self:
        """Each with `members` and `outstanding`."""
        from loyalty.models import Account

        accounts = Account.objects.filter(program=OuterRef("pk"), company=OuterRef("company"))
        grouped = accounts.order_by().values("program")
        left = accounts.left_by_merged().order_by().values("program")
        counted, gone = (each.annotate(n=Count("pk")).values("n") for each in (grouped, left))
        return self.annotate(
            members=Subquery(counted) - Coalesce(Subquery(gone), 0),
            outstanding=Subquery(grouped.annotate(total=Total("balance")).values("total")),
        )


class AccountQuerySet(CompanyOwnedQuerySet):
    def locked(self, ids: Collection[int]) -> Self:
        """Accounts of these ids, locked in one order, so that two who lock never wait in a ring."""
        return self.filter(pk__any=list(ids)).select_for_update().order_by("pk")

    def with_versions(self) -> Self:
        """Each with `row_version`, another one whenever the row was written: of PostgreSQL only.

        The transaction that wrote the row (the system column xmin). All that moves a balance, its
        lots or its holds writes the account's row too, so as long as this is the same, they are.
        """
        return self.annotate(row_version=RawSQL('"loyalty_account"."xmin"::text', ()))

    def totals(self) -> dict[str, Any]:
        """How many guests have one, and what they have: {members, balance, held}."""
        found = self.aggregate(members=Count("pk"), balance=Total("balance"), held=Total("held"))
        # Counted by themselves: they are few, and found by an index of their own.
        return {**found, "members": found["members"] - self.left_by_merged().count()}

    def left_by_merged(self) -> Self:
        """Accounts of guests who were merged into another: they only tell what moved."""
        return self.filter(guest__merged_into__isnull=False)


class LedgerEntryQuerySet(CompanyOwnedQuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-id")

    def reversals_of(self, entry: "LedgerEntry") -> Self:
        """What took the entry back: one at most."""
        return self.filter(reverses=entry)

    def sums(self) -> dict[str, Decimal]:
        """What was issued, spent and expired so far, without what a merge only moved.

        A credit that was taken back was not issued, a debit that was taken back was not spent:
        issued less spent less expired is what is outstanding.
        """
        rows = self.exclude(source="merge").order_by()
        taken_back = Q(kind="reversal", amount__lt=0)
        given_back = Q(kind="reversal", amount__gt=0)
        found = rows.aggregate(
            issued=Total("amount", filter=Q(kind="credit") | taken_back),
            spent=Total("amount", filter=Q(kind="debit") | given_back),
            expired=Total("amount", filter=Q(kind="expiry")),
        )
        return {"issued": found["issued"], "spent": -found["spent"], "expired": -found["expired"]}


class CreditLotQuerySet(CompanyOwnedQuerySet):
    def open(self) -> Self:
        """Lots of which something is left."""
        return self.filter(left__gt=0)

    def in_order_of_use(self) -> Self:
        """The lot that expires first comes first, then the older one."""
        return self.order_by("account_id", F("expires_on").asc(nulls_last=True), "entry_id")

    def due(self, *, today: date) -> Self:
        """Lots whose last day is over."""
        return self.open().filter(expires_on__lt=today)

    def by_month_of_expiry(self) -> dict[date, Decimal]:
        """What is left by the first day of the month of its last day; not what lasts for ever.

        By days in the database, which has them as they are, and the days by months here.
        """
        ending = self.open().filter(expires_on__isnull=False).order_by()
        found: dict[date, Decimal] = {}
        for day, total in ending.values_list("expires_on").annotate(total=Total("left")):
            month = day.replace(day=1)
            found[month] = found.get(month, Decimal(0)) + total
        return found


class HoldQuerySet(CompanyOwnedQuerySet):
    def standing(self) -> Self:
        return self.filter(state="held")

    def run_out(self, *, now: datetime) -> Self:
        """Holds whose time is over and that nobody has ended."""
        return self.standing().filter(expires_at__lte=now)


class AdjustmentQuerySet(CompanyOwnedQuerySet):
    def waiting(self, *, now: datetime) -> Self:
        """Those that somebody can still decide."""
        return self.filter(state="waiting", lapses_at__gt=now)

    def run_out(self, *, now: datetime) -> Self:
        """Those that nobody has decided in time."""
        return self.filter(state="waiting", lapses_at__lte=now)

    def turned_down(self, user: "User", *, since: datetime) -> Self:
        """Those that `user` asked for in vain: declined or lapsed, and due since then."""
        return self.filter(asked_by=user, state__in=["declined", "lapsed"], lapses_at__gt=since)

    def decidable_by(self, user: "User") -> Self:
        """Those of others, and of the restaurants that the user is for: in one query."""
        from core.models import Membership

        own = Membership.restaurants.through.objects.filter(
            membership__user=user, membership__company=OuterRef("company")
        )
        here = own.filter(restaurant=OuterRef("restaurant"))
        return self.exclude(asked_by=user).filter(Exists(here) | ~Exists(own))

    def seen_by(self, membership: "Membership") -> Self:
        """Those of the restaurants that the member is for; without any, all of them."""
        own = set(membership.restaurants.values_list("pk", flat=True))
        return self.filter(restaurant__in=own) if own else self

    def newest_first(self) -> Self:
        return self.order_by("-id")


class TermsQuerySet(QuerySet["Terms"]):
    def of(self, company: "Company") -> "Terms":
        """The company's terms, or the usual ones while nobody has chosen."""
        return self.filter(company=company).first() or self.model(company=company)


def standing(account: "Account | None", *, today: date, now: datetime) -> tuple[Decimal, Decimal]:
    """What an account has and what of it may be spent, as the ledger will find it at `now`.

    What is over by then is let go when the account is opened next: until that, or until the clock
    comes by, it still stands in its balance.
    """
    from loyalty.models import CreditLot, Hold

    if account is None:
        return Decimal(0), Decimal(0)
    run_out = Hold.objects.run_out(now=now).filter(account=account)
    held = account.held - run_out.aggregate(total=Total("amount"))["total"]
    due = CreditLot.objects.due(today=today).filter(account=account)
    over = max(due.aggregate(total=Total("left"))["total"] - held, Decimal(0))
    return account.balance - over, account.balance - over - held


# -- Guests by what they own. A list of guests is asked for the balances of one program at a time.


def with_balance(guests: GuestQuerySet, program: "Program") -> GuestQuerySet:
    """Annotate guests with `balance`: what each has in the program, None without an account."""
    from loyalty.models import Account

    accounts = Account.objects.filter(
        company=program.company_id, program=program, guest=OuterRef("pk")
    )
    return guests.annotate(balance=Subquery(accounts.values("balance")[:1]))


def taking_part(guests: GuestQuerySet, program: "Program") -> GuestQuerySet:
    """Guests who take part: with an account, in a category of the program, or simply everyone."""
    if program.audience == program.Audience.EVERYONE:
        return guests
    found = _accounts_exist(program)
    if program.audience != program.Audience.CATEGORIES:
        return guests.filter(found)
    from guests.models import GuestCategory
    from loyalty.models import ProgramCategory

    categories = list(
        ProgramCategory.objects.filter(program=program).values_list("category", flat=True)
    )
    places = GuestCategory.objects.filter(category__in=categories, guest=OuterRef("pk"))
    return guests.filter(found | Exists(places))


def owning(
    guests: GuestQuerySet,
    program: "Program",
    *,
    at_least: Decimal | None = None,
    at_most: Decimal | None = None,
) -> GuestQuerySet:
    """Guests by their balance in the program; without an account it is nothing, and never less."""
    if at_most is not None and at_most < 0:
        return guests.none()
    if at_least is not None and at_least > 0:
        guests = guests.filter(_accounts_exist(program, balance__gte=at_least))
    if at_most is not None:
        guests = guests.filter(~_accounts_exist(program, balance__gt=at_most))
    return guests


def losing_within(
    guests: GuestQuerySet, program: "Program", days: int, *, today: date
) -> GuestQuerySet:
    """Guests of whose credits in the program something expires in `days` days, today the first."""
    from loyalty.models import CreditLot

    last = today + timedelta(days=days - 1)
    lots = CreditLot.objects.open().filter(
        company=program.company_id,
        account__program=program,
        account__guest=OuterRef("pk"),
        expires_on__range=(today, last),
    )
    return guests.filter(Exists(lots))


def _accounts_exist(program: "Program", **conditions: Decimal) -> Exists:
    from loyalty.models import Account

    accounts = Account.objects.filter(
        company=program.company_id, program=program, guest=OuterRef("pk"), **conditions
    )
    return Exists(accounts)
