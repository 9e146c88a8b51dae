"""Programs that are for a category keep it from being deleted: its guests would lose their part."""

from django.utils.translation import gettext as _

from guests import category_uses
from guests.models import Category
from loyalty.models import Program


def register() -> None:
    """Called once, when the app is ready."""
    category_uses.register("programs", _programs)


def _programs(category: Category) -> list[str]:
    programs = Program.objects.for_company(category.company).filter(categories=category)
    sentence = _("The program “%(name)s” is for this category: change the program first.")
    return [sentence % {"name": program.name} for program in programs.order_by("name", "pk")]
