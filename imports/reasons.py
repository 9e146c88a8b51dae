"""Every code that an import gives as a reason, and the sentence it stands for.

Rows are stored with codes and parameters; the sentence is made when somebody reads it, in their
language. The codes of single values are guests.normalize's; those of the file as a whole are
imports.pipeline.read's. What `value` is in a sentence is always the cell, cut to 60 characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _, ngettext_lazy

from guests import normalize
from guests.normalize.errors import shown

if TYPE_CHECKING:
    from imports.pipeline.rows import Reason

MESSAGES: dict[str, str | Promise] = {
    **normalize.MESSAGES,
    # Mapping: what is wrong before any row is looked at
    "phone_unmapped": _("No column is the telephone. Choose which one it is: it finds the guest."),
    "chosen_twice": _("“%(columns)s” is chosen for more than one column. Keep one."),
    "not_permitted": _("You may not import “%(columns)s”. Leave the column out, or ask an owner."),
    "guest_unmapped": _(
        "No column says whose it is. Choose the telephone, the external id or the card."
    ),
    "amount_unmapped": _("No column is the amount. Choose which one it is."),
    "restaurant_unmapped": _("No column is the restaurant. Choose which one it is."),
    "order_id_unmapped": _("No column is the number of the order. Choose which one it is."),
    "total_unmapped": _("No column is the total. Choose which one it is."),
    "closed_at_unmapped": _("No column says when the order was closed. Choose which one does."),
    "unknown_column": _("There is no field “%(value)s”."),
    "dates_ambiguous": _(
        "Dates such as “%(value)s” (%(columns)s) can be read in two ways. "
        "Choose whether the day or the month comes first."
    ),
    "dates_mixed": _(
        "Dates are written in two orders in one column (%(columns)s): “%(value)s” and “%(other)s”. "
        "Choose whether the day or the month comes first; the others will be errors."
    ),
    "amounts_ambiguous": _(
        "Amounts such as “%(value)s” (%(columns)s) can be read in two ways. "
        "Choose whether the point or the comma stands before the decimals."
    ),
    "amounts_mixed": _(
        "Amounts are written in two ways in one column (%(columns)s): “%(one)s” and “%(other)s”. "
        "Choose whether the point or the comma stands before the decimals in “%(value)s”."
    ),
    # Map
    "wrong_width": ngettext_lazy(
        "The row has %(found)s cell instead of %(expected)s: "
        "its values may stand in the wrong fields.",
        "The row has %(found)s cells instead of %(expected)s: "
        "its values may stand in the wrong fields.",
        "found",
    ),
    "remark_misplaced": _(
        "What was wrong with this row stands in a column of the table: the row is too short and "
        "was filled up. Put each value into its column and take the remark away."
    ),
    # Clean
    "phone_missing": _("The telephone is missing."),
    "guest_missing": _("Nothing in the row says whose it is."),
    "amount_missing": _("The amount is missing."),
    "restaurant_missing": _("The restaurant is missing."),
    "order_id_missing": _("The number of the order is missing."),
    "total_missing": _("The total is missing."),
    "closed_at_missing": _("When the order was closed is missing."),
    "currency_unknown": _("“%(value)s” is not a currency: write its three letters, as GBP."),
    "categories_quotes": _("“%(value)s”: a quote around a category's name is not closed."),
    "track_repeated": _("The track “%(value)s” stands in the row twice, with different numbers."),
    # Seen: what an earlier line of the file used
    "same_as_line": _("The same as line %(line)s: there is nothing left to do."),
    "phone_again": _("The telephone stands in line %(line)s already, with other values."),
    "external_id_again": _("The external id “%(value)s” stands in line %(line)s already."),
    "track_again": _("The track “%(value)s” stands in line %(line)s already."),
    "number_again": _("The card “%(value)s” stands in line %(line)s already."),
    "member_number_again": _("The member number “%(value)s” stands in line %(line)s already."),
    "order_again": _("This order stands in line %(line)s already, with other values."),
    # Plan
    "merged": _(
        "This guest was merged into another: what the row says was added to that one, and "
        "replaced nothing."
    ),
    "erased": _("This guest asked to be erased, and is not brought back."),
    "two_guests": _(
        "The external id “%(value)s” belongs to one guest and the telephone %(phone)s to another."
    ),
    "phone_of_id_differs": _(
        "The guest with this external id has the telephone %(known)s. "
        "An import never changes a telephone."
    ),
    "tier_unknown": _("There is no member tier “%(value)s”."),
    "category_unknown": _("There is no category “%(value)s”."),
    "track_taken": _("The track “%(value)s” belongs to another guest."),
    "number_taken": _("The card “%(value)s” belongs to another guest."),
    "external_id_taken": _("The external id “%(value)s” belongs to another guest."),
    "member_number_taken": _("The member number “%(value)s” belongs to another guest."),
    "guest_unknown": _("There is no guest with “%(value)s”. Balances make nobody a guest."),
    "guest_differs": _("“%(value)s” belongs to another guest than what stands before it."),
    "guest_closed": _("This guest was erased, and has no balance."),
    "restaurant_unknown": _("There is no restaurant “%(value)s” in this company."),
    "order_guest_unknown": _(
        "There is no guest with “%(value)s”. Only a telephone makes a new guest."
    ),
    "order_of_nobody": _("The receipt names no guest: it counts for the restaurant alone."),
    "order_of_erased": _("This guest asked to be erased: it counts for the restaurant alone."),
    "closed_later": _("“%(value)s” is still to come: an order is sent when it has been closed."),
    "credit_no_currency": _(
        "An amount without a currency is not given. Add the currency, and import this row again."
    ),
    "no_default_program": _("No program is the default of %(value)s: name one by its code."),
    "program_unknown": _("There is no program “%(value)s”."),
    "program_without_ledger": _("The program “%(value)s” is a discount and has no balance."),
    "program_of_other_currency": _(
        "The program %(program)s is in %(known)s, and the amount in %(value)s."
    ),
    "amount_of_currency": _("%(currency)s has no such amount as %(value)s: too many decimals."),
    "balance_negative": _("A balance is never below zero."),
    "debit_expires": _("What is taken has no last day."),
    "credit_expired": _("The last day of this credit, %(value)s, is over already."),
    "program_not_active": _("The program %(program)s gives no credits today."),
    "credit_again": _(
        "Line %(line)s is for the same guest, program and expiry. "
        "Give each a reference that tells them apart."
    ),
    "balance_again": _("Line %(line)s says already what this guest has in this program."),
    "insufficient": _("Only %(available)s can be debited."),
    "credit_given_before": _("Given before by this import or one that it corrects: not again."),
    "credit_other_amount": _(
        "Given before by this import or one that it corrects, but %(given)s and not %(value)s: not "
        "again. Credit or debit the difference by itself."
    ),
    "credit_refused": _("%(why)s Nothing of the row was imported."),
    "opt_out_kept": _("Stays unsubscribed: an import never subscribes a guest who said no."),
    "consent_kept": _("The consent stays revoked: an import never takes a no back."),
    # Apply
    "changed_meanwhile": _(
        "Somebody else changed this guest at the same moment, again and again. Import it anew."
    ),
    # Undo
    "order_gone": _("The order is not there any more."),
    "order_changed": _("The order was corrected since, and stays as it is now."),
    "order_guest_gone": _("Whose order it was before is not there any more."),
    "guest_gone": _("The guest is not there any more."),
    "guest_merged": _("The guest was merged into another since, and stays so."),
    "guest_visited": _("The guest has ordered since, and stays."),
    "guest_changed": _("The guest was changed since, and stays."),
    "guest_is_referrer": _("The guest has referred another one, and stays."),
    "member_number_used": _("The member number from before belongs to another guest by now."),
    "credit_moved": _(
        "A merge gave %(moved)s of the credit to the guest who was kept: debit it there."
    ),
    # Before an undo: there is another way yet.
    "credit_would_stay": _(
        "A merge gave some of the credit to the guest who was kept, and there it stays: undo the "
        "merge before the import if it is to go back."
    ),
    "credit_would_be_short": _(
        "Some or all of the credit is spent, expired or taken back by now: only what is left of it "
        "goes back."
    ),
    "credit_spent": _("Spent, expired or held of the credit, and so not taken back: %(spent)s."),
    "debit_of_closed": _(
        "The guest was merged into another since, or erased: what was taken is not given back. "
        "Credit the guest who was kept."
    ),
    "credit_reversed": _("The amount was reversed by somebody before."),
    "guest_has_ledger": _("The guest has entries in the ledger: deleted, not removed."),
    "card_changed": _("%(card)s was changed since, and stays as it is now."),
    "card_elsewhere": _("%(card)s belongs to another guest by now, and stays theirs."),
    "id_elsewhere": _("%(id)s belongs to another guest by now, and stays theirs."),
    "field_changed": _("%(columns)s was changed since, and stays as it is now."),
    "number_repeated": _("The card “%(value)s” stands in the row twice, with different tracks."),
}


def describe(code: str, params: Mapping[str, Any]) -> str:
    """Return the sentence for a code and its parameters, in the active language.

    `keys` among the parameters are keys of columns, `%(columns)s` in the sentence their names.
    A code from a later version, or without a parameter its sentence now wants, is named as it is:
    an old import's report must open whatever has changed since.
    """
    from imports.columns import label_of

    if "keys" in params:
        params = {**params, "columns": ", ".join(map(label_of, params["keys"]))}
    try:
        # Of a plural the form is chosen by the parameter that it names.
        sentence: Any = MESSAGES[code]
        return str(sentence % params)
    except KeyError:
        return str(_("The row was refused (%(code)s).")) % {"code": code}


def reason_text(reason: Reason) -> str:
    """Return the sentence for one reason of a row."""
    return describe(reason.code, {"value": shown(reason.value), **reason.params})
