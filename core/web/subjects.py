"""What changes are about, in words and with a link. Apps say it of their models in `ready()`."""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from django.apps import apps
from django.db.models import Model
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.models import Company, User

#: app.model and id, as a Change has them.
Key = tuple[str, int | None]


class Subject(NamedTuple):
    """What a change is about. `note` is a line that says more: how an import ended.

    Of one that is closed to whoever looks no values are told.
    """

    label: str
    url: str = ""
    note: str = ""
    is_closed: bool = False


#: Returns which of these rows of a company a member may know nothing of but that they are there.
Closed = Callable[[Company, User, Collection[Any]], Collection[int]]


@dataclass(frozen=True)
class _Kind:
    """How the rows of one table are shown, and who may follow their link."""

    describe: Callable[[Company, Any], Subject]
    permission: str
    closed: Closed | None = None


_kinds: dict[str, _Kind] = {}
#: Keys whose rows say what a subject is called: read with it, not one by one.
_RELATED = ("user", "program")


def register(
    model: str,
    describe: Callable[[Company, Any], Subject],
    *,
    permission: str,
    closed: Closed | None = None,
) -> None:
    """Say how a row of `model` ("app.model") is shown; only who has `permission` gets its link.

    `closed` says which rows are kept from a member all the same.
    """
    _kinds[model] = _Kind(describe, permission, closed)


def choices() -> list[tuple[str, str]]:
    """Return the tables whose rows can be told, with what a row is called, by that name."""
    found = [(label, capfirst(_kind_name(label))) for label in _kinds]
    return sorted(found, key=lambda choice: choice[1])


def link(url_name: str, company: Company, *args: Any) -> str:
    """Return the address of a page of the company; "" where there is no such page."""
    try:
        return reverse(url_name, args=[company.slug, *args]) if args else page(url_name, company)
    except NoReverseMatch:
        return ""


def page(url_name: str, company: Company) -> str:
    """Return the address of one of the company's own pages, to a dozen of which every page leads.

    Raises NoReverseMatch.
    """
    return _page(url_name, company.slug, get_script_prefix())


@lru_cache(maxsize=2048)
def _page(url_name: str, slug: str, prefix: str) -> str:
    """Look an address up once; `prefix`: that of the whole installation, with which it begins."""
    return reverse(url_name, args=[slug])


def find(company: Company, user: User, keys: Collection[Key]) -> dict[Key, Subject]:
    """Return the subjects of these keys: a query for each table among them."""
    by_model: dict[str, set[int]] = defaultdict(set)
    for label, pk in keys:
        if pk is not None:
            by_model[label].add(pk)
    found: dict[Key, Subject] = {}
    for label, ids in by_model.items():
        rows = rows_of(company, label, ids)
        found |= {(label, pk): _subject(company, user, label, row) for pk, row in rows.items()}
        for pk in _closed(company, user, label, rows.values()):
            found[label, pk] = found[label, pk]._replace(url="", is_closed=True)
    return {key: found.get(key) or Subject(_kind_name(key[0])) for key in keys}


def rows_of(company: Company, label: str, ids: Collection[int]) -> dict[int, Model]:
    """Return those of the rows that are there and the company's, by id."""
    model = _model(label)
    if model is None:
        return {}
    rows = model._default_manager.filter(pk__in=ids)
    if model is Company:
        rows = rows.filter(pk=company.pk)
    elif any(field.name == "company" for field in model._meta.fields):
        rows = rows.filter(company=company)
    related = [name for name in _RELATED if name in {f.name for f in model._meta.fields}]
    return {row.pk: row for row in rows.select_related(*related)}


def _subject(company: Company, user: User, label: str, row: Model) -> Subject:
    kind = _kinds.get(label)
    if kind is None:
        return Subject(f"{_kind_name(label)} {row}")
    subject = kind.describe(company, row)
    return subject if user.has_perm(kind.permission, company) else subject._replace(url="")


def _closed(company: Company, user: User, label: str, rows: Collection[Model]) -> Collection[int]:
    kind = _kinds.get(label)
    return kind.closed(company, user, rows) if kind and kind.closed and rows else ()


def _kind_name(label: str) -> str:
    """Return what a row of the table is called; also when the row itself is gone."""
    model = _model(label)
    return str(model._meta.verbose_name) if model else _("something")


def _model(label: str) -> type[Model] | None:
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None
