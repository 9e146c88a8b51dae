"""Whence somebody asks: the address in the network that failures and requests are counted by."""

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest


def address(request: HttpRequest) -> str:
    """Return the address of whoever asks; "" where there is none, as in a shell.

    Behind proxies it is the one that the outermost of them saw. What stands before it in the
    header, whoever asks has written there themselves.
    """
    direct: str = request.META.get("REMOTE_ADDR") or ""
    proxies = settings.PROXY_COUNT
    if proxies:
        seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
        direct = seen[-proxies] if len(seen) >= proxies else direct
    found = _parsed(direct)
    return str(found) if found else ""


def network(request: HttpRequest) -> str:
    """Return what failures are counted by: of IPv6 the network, for one household has 2^64 of it.

    django-axes asks for it (AXES_CLIENT_IP_CALLABLE).
    """
    found = _parsed(address(request))
    if isinstance(found, IPv6Address):
        return str(IPv6Address(int(found) >> 64 << 64))
    return str(found or "")


def account(request: Any, credentials: dict[str, Any] | None = None) -> str:
    """Return the account that somebody tries, as it is looked up: no capital makes it another.

    django-axes asks for it (AXES_USERNAME_CALLABLE).
    """
    name = settings.AXES_USERNAME_FORM_FIELD
    given = (credentials or {}).get(name) or (request.POST.get(name) if request else "")
    return str(given or "").strip().lower()[:254]


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.strip("[]"))
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        return found.ipv4_mapped or found
    return found
