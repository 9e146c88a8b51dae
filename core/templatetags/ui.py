"""What templates need beyond Django's own tags, to keep one look: icons, money, telephones."""

from decimal import Decimal
from functools import cache
from typing import Any

from django import template
from django.forms import BoundField
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core import texts
from core.forms import meanwhile
from core.forms.meanwhile import Difference
from core.models import User
from core.web import errors, money as amounts, telephones

register = template.Library()


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """Return the icon of static/img/icons.svg whose symbol is `name`.

    Decoration only: the word beside it is what is read out.
    """
    return _icon(name, css_class)


@cache
def _icon(name: str, css_class: str) -> SafeString:
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
def are_by(differences: list[Difference], user: User) -> bool:
    """Return whether the user made all of them: `{% if differences|are_by:request.user %}`."""
    return meanwhile.are_by(differences or [], user.pk)


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """Return the amount with its currency, "" of none: `{{ total|money:company.currency }}`."""
    return "" if amount is None else amounts.money(amount, currency)


@register.filter
def telephone(number: str | None) -> str:
    """Return an E.164 number in groups, "" of none: `{{ guest.phone|telephone }}`."""
    return telephones.telephone(number) if number else ""


@register.filter
def called(guest: Any) -> str:
    """Return a guest's name; of one without, the telephone in groups: `{{ guest|called }}`."""
    return telephones.called(guest)


@register.filter
def shortened(text: Any, length: int) -> str:
    """Return a text without its middle where it is longer than that: `{{ comment|shortened:160 }}`.

    What is left out must be within reach.
    """
    return texts.shortened(text, length=length)


@register.filter
def isolated(text: Any) -> str:
    """Return a name as a sentence, an attribute, a title or a mail may hold it, whatever direction
    it runs in: `{% blocktranslate with name=guest|called|isolated %}`. Alone it stands in `<bdi>`.
    """
    return texts.isolated(text)


@register.filter
def on_button(name: Any) -> str:
    """Return a name as a button bears it: isolated, a long one without its middle. Plain text, for
    every element in a button is an item of its own beside its words.
    """
    return texts.isolated(texts.shortened(name))
