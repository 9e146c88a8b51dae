"""Fields of the house: exact money, and text in the same order on every database.

Money is exact in the database, `Decimal` in Python, and never a float.
"""

from decimal import Context, Decimal, Inexact
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

#: How many units of the stored integer make one unit of the currency. Ten-thousandths hold the
#: exponent of every ISO 4217 currency (JPY 0, KWD 3, CLF 4).
SCALE = 10_000
_QUANTUM = Decimal(1) / SCALE
#: What a bigint holds.
_BOUND = 2**63
# The usual context would round what has more than 28 digits, without a word.
_EXACT = Context(prec=40, traps=[Inexact])


def to_units(amount: Decimal) -> int:
    """Return `amount` as whole ten-thousandths.

    Raises ValueError when it is not finite, too large for the database (about 9E14) or has more
    than four decimals: rounding is a choice for whoever knows the currency, never for the storage.
    """
    if not amount:
        return 0
    if not amount.is_finite() or amount.adjusted() > 15:
        raise ValueError(f"not an amount: {amount}")
    try:
        units = int(amount.quantize(_QUANTUM, context=_EXACT).scaleb(4, context=_EXACT))
    except Inexact:
        raise ValueError(f"more than four decimals: {amount}") from None
    if not -_BOUND <= units < _BOUND:
        raise ValueError(f"too large an amount: {amount}")
    return units


#: The largest amount that can be kept.
LARGEST = Decimal(_BOUND - 1).scaleb(-4)


def from_units(units: int) -> Decimal:
    """Return whole ten-thousandths as an exact amount with four decimals."""
    return Decimal(units).scaleb(-4)


if TYPE_CHECKING:
    _Amounts = models.BigIntegerField[Decimal | int | None, Any]
else:
    _Amounts = models.BigIntegerField


class AmountField(_Amounts):
    """An exact amount: a `Decimal` in Python, a bigint of ten-thousandths in the database."""

    description = _("Amount")

    def to_python(self, value: Any) -> Decimal | None:
        if value is None or isinstance(value, Decimal):
            return value
        if isinstance(value, float):
            raise ValidationError(_("An amount is never a float."), code="float")
        try:
            return Decimal(str(value))
        except ArithmeticError as error:
            raise ValidationError(
                _("“%(value)s” is not an amount."), params={"value": value}
            ) from error

    def from_db_value(self, value: int | None, expression: Any, connection: Any) -> Decimal | None:
        return None if value is None else from_units(value)

    def get_prep_value(self, value: Any) -> int | None:
        if value is None:
            return None
        if isinstance(value, float):
            raise TypeError("an amount is never a float")
        return to_units(Decimal(value))

    def formfield(self, **kwargs: Any) -> Any:
        from django import forms

        return models.Field.formfield(
            self,
            **{"form_class": forms.DecimalField, "max_digits": 16, "decimal_places": 4, **kwargs},
        )


class CodePointField(models.CharField):
    """Text sorted and compared by code point, which SQLite does and PostgreSQL must be told.

    What people read in order is folded first (guests.normalize.name_key), so that no language's
    rules are missed; and a beginning can be looked up in a plain index.
    """

    def db_parameters(self, connection: Any) -> Any:
        collation = {"postgresql": "C"}.get(connection.vendor)
        return {**super().db_parameters(connection), "collation": collation}
