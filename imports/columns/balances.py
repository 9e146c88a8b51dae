"""The columns of a file of balances: whose it is, in which program, how much, until when."""

from __future__ import annotations

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
from imports.columns.person import PersonResource


class BalanceResource(Resource):
    """One credit or debit, or one balance, a row. A guest may have many."""

    phone = PersonResource.fields["phone"]
    external_id = PersonResource.fields["external_id"]
    card = Column(
        _("Card"),
        widgets.IdWidget(max_length=64),
        aliases=(
            "card number, card no, card track, track, discount card, loyalty card, карта, номер "
            "карты, трек карты, дисконтная карта"
        ),
        help_text=_("The number or the track of one of the guest's cards."),
        example="1111100001",
        example_in_row=False,
    )
    amount = Column(
        _("Amount"),
        widgets.AmountWidget(signed=True),
        aliases=(
            "sum, balance, bonus balance, points, points balance, bonus points, bonus, credit, "
            "credit amount, deposit, top up, topup, сумма, баланс, остаток, баллы, бонусы, "
            "пополнение, депозит"
        ),
        help_text=_("To top up: credited, or debited when negative. To set: the balance itself."),
        format_text=_("1234.56; the currency has a column of its own"),
        example="50",
    )
    currency = Column(
        _("Currency"),
        widgets.CurrencyWidget(),
        aliases="currency code, bonus currency, credit currency, валюта, код валюты",
        help_text=CURRENCY_HELP,
        example="GBP",
    )
    program = Column(
        _("Program"),
        widgets.IdWidget(max_length=MAX_CODE),
        aliases=(
            "program code, account, customer account, bonus account, loyalty program, credit "
            "program, программа, код программы, счет, бонусная программа"
        ),
        help_text=PROGRAM_HELP,
        example="points",
        example_in_row=False,
    )
    expires = Column(
        _("Expires"),
        widgets.DateWidget(),
        fills="expires_on",
        aliases=(
            "expiry, expiry date, expires on, expiration, expiration date, valid until, valid "
            "through, credit expires, срок действия, действует до, сгорает, годен до"
        ),
        help_text=EXPIRES_HELP,
        example="2030-12-31",
        example_in_row=False,
    )
    entry_comment = Column(
        _("Comment"),
        widgets.LongTextWidget(max_length=MAX_COMMENT),
        aliases="comments, note, notes, remark, комментарий, примечание, заметка",
        help_text=_("Kept beside the entry in the ledger."),
        format_text=_("any text"),
        example="Opening balance",
    )
    reference = Column(
        _("Reference"),
        widgets.IdWidget(max_length=MAX_REFERENCE),
        aliases=(
            "ref, reference number, document, document number, transaction, transaction id, "
            "основание, документ, номер документа, транзакция"
        ),
        help_text=_(
            "Tells apart two lines for the same guest, program and expiry. The same reference is "
            "never paid twice within an import and its corrections."
        ),
        example="2026-0117",
    )
