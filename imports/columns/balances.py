"""The columns of a file of balances: whose it is, in which program, how much, until when."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from import_export.resources import Resource

from imports.columns import widgets
from imports.columns.credits import (
    CURRENCY_HELP,
    EXPIRES_HELP,
    MAX_CODE,
    MAX_COMMENT,
    MAX_REFERENCE,
    PROGRAM_HELP,
)
from imports.columns.declaration import Column
from imports.columns.person import ISO_DATE, PersonResource


def _nothing(guest: Any) -> None:
    """Balances are exported by their program."""
    return


class BalanceResource(Resource):
    """One credit or debit, or one balance, a row. A guest may have many."""

    phone = PersonResource.fields["phone"]
    external_id = PersonResource.fields["external_id"]
    card = Column(
        _("Card"),
        widgets.IdWidget(max_length=64),
        source=_nothing,
        aliases=(
            "card number, card no, card track, track, discount card, loyalty card, карта, номер "
            "карты, трек карты, дисконтная карта"
        ),
        help_text=_("The number or the track of one of the guest's cards."),
        format_text=_("at most 64 characters"),
        example="1111100001",
        example_in_row=False,
        cell_format="text",
    )
    amount = Column(
        _("Amount"),
        widgets.AmountWidget(signed=True),
        source=_nothing,
        aliases=(
            "sum, balance, bonus balance, points, points balance, bonus points, bonus, credit, "
            "credit amount, deposit, top up, topup, сумма, баланс, остаток, баллы, бонусы, "
            "пополнение, депозит"
        ),
        help_text=_("To top up: credited, or debited when negative. To set: the balance itself."),
        format_text=_("1234.56; the currency has a column of its own"),
        example="50",
        cell_format="amount",
    )
    currency = Column(
        _("Currency"),
        widgets.CurrencyWidget(),
        source=_nothing,
        aliases="currency code, bonus currency, credit currency, валюта, код валюты",
        help_text=CURRENCY_HELP,
        format_text=_("three letters, as GBP"),
        example="GBP",
        cell_format="plain",
    )
    program = Column(
        _("Program"),
        widgets.IdWidget(max_length=MAX_CODE),
        source=_nothing,
        aliases=(
            "program code, account, customer account, bonus account, loyalty program, credit "
            "program, программа, код программы, счет, бонусная программа"
        ),
        help_text=PROGRAM_HELP,
        format_text=_("at most 40 characters"),
        example="points",
        example_in_row=False,
        cell_format="text",
    )
    expires = Column(
        _("Expires"),
        widgets.DateWidget(),
        source=_nothing,
        fills="expires_on",
        aliases=(
            "expiry, expiry date, expires on, expiration, expiration date, valid until, valid "
            "through, credit expires, срок действия, действует до, сгорает, годен до"
        ),
        help_text=EXPIRES_HELP,
        format_text=ISO_DATE,
        example="2030-12-31",
        example_in_row=False,
        cell_format="date",
    )
    entry_comment = Column(
        _("Comment"),
        widgets.LongTextWidget(max_length=MAX_COMMENT),
        source=_nothing,
        aliases="comments, note, notes, remark, комментарий, примечание, заметка",
        help_text=_("Kept beside the entry in the ledger."),
        format_text=_("any text"),
        example="Opening balance",
    )
    reference = Column(
        _("Reference"),
        widgets.IdWidget(max_length=MAX_REFERENCE),
        source=_nothing,
        aliases=(
            "ref, reference number, document, document number, transaction, transaction id, "
            "основание, документ, номер документа, транзакция"
        ),
        help_text=_(
            "Tells apart two lines for the same guest, program and expiry. The same reference is "
            "never paid twice within an import and its corrections."
        ),
        format_text=_("at most 64 characters"),
        example="2026-0117",
        cell_format="text",
    )
