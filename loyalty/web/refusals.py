"""Why the ledger refused something, for whoever asked."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from loyalty.models import Program
from loyalty.services.ledger import REFUSALS
from loyalty.services.postings import Refused
from loyalty.words import shown

#: Parameters that are amounts of the program.
_AMOUNTS = frozenset({"available", "held", "left", "moved", "shortfall", "amount"})


def in_words(refused: Refused, program: Program) -> str:
    """Return a refusal as a sentence, with amounts as the program shows them."""
    return sentence(refused.code, refused.params, program)


def sentence(code: str, params: Mapping[str, Any], program: Program) -> str:
    """Return the sentence of a code and its parameters, as they were kept."""
    if code == "insufficient" and not Decimal(params["available"]):
        return _("There is nothing to debit.")
    return str(REFUSALS[code]) % {
        name: _amount(value, program) if name in _AMOUNTS else value
        for name, value in params.items()
    }


def _amount(value: Any, program: Program) -> str:
    try:
        return shown(Decimal(value), program)
    except InvalidOperation:
        return str(value)
