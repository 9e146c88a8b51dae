"""What templates need beyond Django's own tags, to keep one look: icons, money, telephones."""

from decimal import Decimal

from django import template
from django.forms import BoundField
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.web import errors, money as amounts, telephones

register = template.Library()


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """Return the icon of static/img/icons.svg whose symbol is `name`.

    Decoration only: the word beside it is what is read out.
    """
    return format_html(
        '<svg class="icon{}" aria-hidden="true" width="16" height="16">'
        '<use href="{}#{}"></use></svg>',
        f" {css_class}" if css_class else "",
        static("img/icons.svg"),
        name,
    )


@register.filter
def problems(field: BoundField) -> list[errors.Problem]:
    """Return what is wrong with a field: {text, summary} each."""
    return errors.problems(field)


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """Return the amount with its currency, "" of none: `{{ total|money:company.currency }}`."""
    return "" if amount is None else amounts.money(amount, currency)


@register.filter
def telephone(number: str | None) -> str:
    """Return an E.164 number in groups, "" of none: `{{ guest.phone|telephone }}`."""
    return telephones.telephone(number) if number else ""
