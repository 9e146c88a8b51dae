"""System checks of the house."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.urls import URLPattern, URLResolver, get_resolver

from core import guards, roles
from core.web.access import PUBLIC, SIGNED_IN


@register(Tags.database)
def guards_are_installed(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn of guards that a table lacks. An error would keep `migrate`, the cure, from running."""
    return [
        Warning(
            f"The guard {name} is missing in database {alias!r}.",
            hint="Run `manage.py migrate`: it installs guards again.",
            id="core.W001",
        )
        for alias in databases or []
        for name in guards.missing(alias)
    ]


@register(Tags.urls)
def views_declare_their_access(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Fail for an address whose view does not say who may open it, or asks for what nobody has.

    A view that was forgotten would be open to the world.
    """
    known = {PUBLIC, SIGNED_IN, *roles.declared()}
    found: list[CheckMessage] = []
    for route, view in addresses(get_resolver()):
        access = getattr(view, "access", None)
        if access is None:
            found.append(
                Error(
                    f"The view of “/{route}” does not declare who may open it.",
                    hint="Use company_view, signed_in_view or public_view of core.web.access.",
                    id="core.E001",
                )
            )
        elif access not in known:
            found.append(
                Error(
                    f"The view of “/{route}” asks for “{access}”, which no role has.",
                    hint="Declare it in the role_permissions of its app's AppConfig.",
                    id="core.E002",
                )
            )
    return found


def addresses(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, Any]]:
    """Return the route and the view of every address below `resolver`."""
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.callback
