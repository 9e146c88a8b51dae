"""The columns for what a guest is given: they come with guests, and in a file of balances.

Names and meanings come from the requirements: inCust's "sum of credited bonus points", "bonus
currency" and "customer account". What they say is decided in imports.pipeline.credits.
"""

from __future__ import annotations

from functools import partial

from django.utils.translation import gettext_lazy as _
from import_export.resources import Resource

from imports.columns import widgets
from imports.columns.declaration import Column

#: At most 64 characters tell two credits of one guest apart, as long as a cause has room for them.
MAX_REFERENCE = 64
MAX_COMMENT = 500
MAX_CODE = 40

CURRENCY_HELP = _("ISO 4217, three letters. Without it the amount is not credited.")
EXPIRES_HELP = _("The last day on which it can be spent. Empty: as the program says.")
PROGRAM_HELP = _("The program's code. Empty: the company's default bonus program of that currency.")


#: A credit is given once, whatever the rules say: a guest's export does not give it again.
_given = partial(
    Column,
    example_in_row=False,
    fixed_rule=True,
    permission="loyalty.adjust_balance",
    exported=False,
)


class CreditResource(Resource):
    """A credit beside a guest."""

    credit_amount = _given(
        _("Credit"),
        widgets.AmountWidget(),
        fills="amount",
        aliases=(
            "credit amount, credits, sum of credited bonus points, credited bonus points, amount "
            "of credited bonus points, bonus points, bonus, bonuses, points, loyalty points, "
            "bonus amount, начислить бонусы, начисленные бонусы, сумма начисленных бонусов, "
            "бонусы, бонусные баллы, баллы"
        ),
        help_text=_("Given to the guest once, whatever the rules for overwriting say."),
        format_text=_("1234.56; the currency has a column of its own"),
        example="50",
    )
    credit_currency = _given(
        _("Credit currency"),
        widgets.CurrencyWidget(),
        fills="currency",
        aliases=(
            "bonus currency, points currency, bonus points currency, currency of credit, валюта "
            "бонусов, валюта начисления, валюта баллов"
        ),
        help_text=CURRENCY_HELP,
        example="GBP",
    )
    credit_expires = _given(
        _("Credit expires"),
        widgets.DateWidget(),
        fills="expires_on",
        aliases=(
            "credit expiry, credit expiry date, bonus expiry, bonus expiry date, bonus expiration "
            "date, points expiry, points expire, bonus points expiration date, bonus points "
            "expiry, bonus points expiry date, срок действия бонусов, бонусы действуют до, баллы "
            "сгорают"
        ),
        help_text=EXPIRES_HELP,
        example="2030-12-31",
    )
    credit_program = _given(
        _("Credit program"),
        widgets.IdWidget(max_length=MAX_CODE),
        fills="program",
        aliases=(
            "customer account, account, bonus account, loyalty program, bonus program, счет "
            "клиента, счет гостя, бонусный счет, бонусная программа"
        ),
        help_text=PROGRAM_HELP,
        example="points",
    )
