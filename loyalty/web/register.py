"""What balances make known to the rest: jobs, tabs, panels, the bar, words, mails."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from core.models import Company, User
from core.sums import Total
from core.texts import isolated
from core.web import actions, navigation, overview, settings_pages, subjects, values
from core.web.access import CompanyRequest
from core.web.subjects import Subject, link
from guests.models import Guest
from guests.querysets import GuestQuerySet
from guests.web import consequences, record
from loyalty.models import Account, Adjustment, BulkAdjustment, LedgerCheck, Program
from loyalty.web import bulk_words, waiting
from loyalty.web.balances import balances
from loyalty.words import asked_for, plain_figure, shown


def register() -> None:
    """Called once, when the apps are ready."""
    _places()
    _record()
    _words()
    consequences.register(what_they_hold)
    overview.register(
        overview.Panel(60, "loyalty/overview_check.html", last_check, "loyalty.change_program")
    )


def last_check(request: CompanyRequest, company: Company) -> dict[str, Any] | None:
    """Return what the last check of the ledger found; None while there is nothing to check."""
    check = LedgerCheck.objects.for_company(company).order_by("-at", "-pk").first()
    if check is None and not Program.objects.for_company(company).with_ledger().exists():
        return None
    return {"check": check}


def _places() -> None:
    navigation.register(
        navigation.Entry(
            order=40,
            label=gettext_lazy("Programs"),
            url_name="loyalty:programs",
            permission="loyalty.view_program",
            namespace="loyalty",
        )
    )
    navigation.register(
        navigation.Entry(
            order=50,
            label=gettext_lazy("Approvals"),
            url_name="loyalty:approvals",
            permission="loyalty.approve_adjustment",
            namespace="loyalty",
            count=waiting_for,
        )
    )
    settings_pages.register(
        settings_pages.Page(60, gettext_lazy("Balances"), "loyalty:terms", "loyalty.change_program")
    )


def waiting_for(user: User, company: Company) -> int:
    """Return how much waits that the user may decide: one query while nothing waits, else one more
    for each kind."""
    adjustments = Adjustment.objects.for_company(company).waiting(now=timezone.now())
    if not waiting.is_any(adjustments, company):
        return 0
    return adjustments.decidable_by(user).count() + len(waiting.found(company, user))


def _record() -> None:
    record.register_tab(
        record.Tab("ledger", gettext_lazy("Ledger"), 30, "loyalty:ledger", "loyalty.view_program")
    )
    record.register_action(
        record.Action(
            10, gettext_lazy("Credit"), "loyalty:credit", "loyalty.adjust_balance", icon="plus"
        )
    )
    record.register_action(
        record.Action(
            20, gettext_lazy("Debit"), "loyalty:debit", "loyalty.adjust_balance", icon="minus"
        )
    )
    record.register_panel(
        record.Panel(10, "loyalty/panel.html", balances_panel, "loyalty.view_program")
    )
    record.register_notice(waiting_adjustments)


def balances_panel(request: CompanyRequest, company: Company, guest: Guest) -> dict[str, Any]:
    """Return what loyalty/panel.html shows."""
    return {"balances": balances(company, guest), "guest": guest}


def waiting_adjustments(
    request: CompanyRequest, company: Company, guest: Guest
) -> Iterable[record.Banner]:
    """Say what of the guest waits for a second person."""
    waiting = Adjustment.objects.for_company(company).waiting(now=timezone.now())
    may = request.user.has_perm("loyalty.approve_adjustment", company)
    # Most often there is none: then what belongs to them is not even asked for.
    own = waiting.filter(guest=guest).prefetch_related("program", "asked_by").order_by("pk")
    for each in own:
        words = (
            _("%(amount)s to be credited, asked by %(person)s, waits for approval.")
            if each.amount > 0
            else _("%(amount)s to be debited, asked by %(person)s, waits for approval.")
        )
        text = words % {
            "amount": shown(abs(each.amount), each.program),
            "person": isolated(each.asked_by),
        }
        url, words = (link("loyalty:approvals", company), _("Approvals")) if may else ("", "")
        if each.asked_by_id == request.user.pk:
            # Nobody decides what they asked for; they may think better of it.
            url, words = f"{link('loyalty:ledger', company, guest.pk)}#waiting", _("Withdraw…")
        yield record.Banner(text, "info", url, words)


def what_they_hold(guests: GuestQuerySet, company: Company) -> Iterable[str]:
    """Say what hangs on guests who are about to be deleted: two queries."""
    accounts = Account.objects.for_company(company).filter(
        balance__gt=0, guest__in=guests.order_by().values("pk")
    )
    sums = list(
        accounts.order_by().values("program").annotate(n=Count("pk"), total=Total("balance"))
    )
    programs = Program.objects.for_company(company).in_bulk([row["program"] for row in sums])
    for row in sorted(sums, key=lambda row: programs[row["program"]].name):
        program = programs[row["program"]]
        text = ngettext(
            "%(count)s of them holds %(amount)s (%(program)s): kept, still expiring.",
            "%(count)s of them hold %(amount)s (%(program)s): kept, still expiring.",
            row["n"],
        )
        yield text % {
            "count": number_format(row["n"], force_grouping=True),
            "amount": shown(row["total"], program),
            "program": isolated(program.name),
        }


def _words() -> None:
    actions.register("credit_guest", gettext_lazy("credited"), gettext_lazy("Credited"))
    actions.register("debit_guest", gettext_lazy("debited"), gettext_lazy("Debited"))
    actions.register("create_program", gettext_lazy("made the program"))
    actions.register("change_program", gettext_lazy("changed the program"))
    actions.register("export_entries", gettext_lazy("exported the entries of"))
    actions.register("change_terms", gettext_lazy("changed the rules for balances"), alone=True)
    actions.register(
        "ask_adjustment", gettext_lazy("asked for"), gettext_lazy("Asked for approval")
    )
    actions.register("approve_adjustment", gettext_lazy("approved"), gettext_lazy("Approved"))
    actions.register("decline_adjustment", gettext_lazy("declined"), gettext_lazy("Declined"))
    actions.register("withdraw_adjustment", gettext_lazy("withdrew"), gettext_lazy("Withdrawn"))
    actions.register("lapse_adjustment", gettext_lazy("let lapse"), gettext_lazy("Lapsed"))
    _many_words()
    # Of a program, which may count points: not the company's money.
    values.register_label("balance", gettext_lazy("Balance"), reading=plain_figure)
    values.register_label("amount", gettext_lazy("Amount"), reading=plain_figure)
    values.register_label("taken_back", gettext_lazy("Taken back"), reading=plain_figure)
    values.register_label(
        "adjustment_limit",
        gettext_lazy("Limit of credits and debits by hand"),
        reading=plain_figure,
    )
    values.register_label("program", gettext_lazy("Program"))
    subjects.register("loyalty.program", _program, permission="loyalty.view_program")
    subjects.register("loyalty.adjustment", _adjustment, permission="loyalty.approve_adjustment")
    subjects.register(
        BulkAdjustment._meta.label_lower, bulk_words.describe, permission="loyalty.adjust_balance"
    )


def _many_words() -> None:
    told = gettext_lazy
    actions.register("bulk_credit", told("credited"), told("Credited many"))
    actions.register("bulk_debit", told("debited"), told("Debited many"))
    actions.register("undo_bulk_credit", told("undid the credit of"), told("Undid a bulk credit"))
    actions.register("undo_bulk_debit", told("undid the debit of"), told("Undid a bulk debit"))
    # As both were recorded before they had a word each.
    actions.register("bulk_adjust", told("credited or debited"), told("Credited or debited many"))
    actions.register(
        "undo_bulk_adjust", told("undid what was posted for"), told("Undid a bulk credit or debit")
    )


def _program(company: Company, program: Any) -> Subject:
    return Subject(program.name, link("loyalty:program", company, program.pk))


def _adjustment(company: Company, adjustment: Any) -> Subject:
    return Subject(asked_for(adjustment), link("loyalty:approvals", company))
