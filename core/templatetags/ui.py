"""What templates need beyond Django's own tags, to keep one look: icons."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

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
