"""Where a guest's link out of all mails leads. The only page of ours that guests see."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from core.web.access import public_view
from guests.services.subscriptions import unsubscribe as end_mails
from guests.unsubscribe_links import guest_of


@public_view
@csrf_exempt
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, and on a POST do it: also that of a mail program's own button (RFC 8058).

    Without a CSRF token, for such a button has none: the address itself is the secret. Looking at
    the page changes nothing, because scanners open every link of a mail.
    """
    guest = guest_of(token)
    if guest is None:
        raise Http404
    if request.method == "POST":
        end_mails(guest=guest, now=timezone.now())
        guest.subscribed = False
    context = {"name": guest.company.name, "is_done": not guest.subscribed}
    return render(request, "guests/unsubscribe.html", context)
