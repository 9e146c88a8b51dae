"""What is answered to a request whose turn to write did not come in time (core.busy)."""

import sys
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.views import defaults

from core.busy import RETRY_AFTER, SENTENCE, is_busy

Answer = Callable[[HttpRequest], HttpResponse]


class BusyMiddleware:
    """Turns the error of a view whose turn did not come into an answer that says so."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return busy(request) if is_busy(error) else None


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer what went wrong outside a view."""
    return busy(request) if _is_of_busy(sys.exc_info()[1]) else defaults.server_error(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what nobody can make out, and a session that could not be saved.

    Django takes that for one that was deleted meanwhile.
    """
    return busy(request) if _is_of_busy(exception) else defaults.bad_request(request, exception)


def _is_of_busy(error: BaseException | None) -> bool:
    while error is not None and not is_busy(error):
        error = error.__cause__ or error.__context__
    return error is not None


def busy(request: HttpRequest) -> HttpResponse:
    """Return 503 with Retry-After: a page; a sentence for htmx; JSON for who asks for it alone.

    A page that was posted to is posted again when it is loaded anew, with all that was typed.
    """
    if session := getattr(request, "session", None):
        # It would wait for its turn, too, and answer nobody meanwhile.
        session.modified = False
    response: HttpResponse
    if request.headers.get("HX-Request"):
        response = HttpResponse(str(SENTENCE), content_type="text/plain; charset=utf-8")
    elif "text/html" not in (wanted := request.headers.get("Accept", "text/html")) and (
        "json" in wanted
    ):
        response = JsonResponse({"error": str(SENTENCE)}, json_dumps_params={"ensure_ascii": False})
    else:
        page = loader.get_template("503.html")
        is_form = request.method == "POST"
        response = HttpResponse(page.render({"sentence": SENTENCE, "is_form": is_form}))
    response.status_code = 503
    response.headers["Retry-After"] = str(RETRY_AFTER)
    response.headers["Cache-Control"] = "no-store"
    return response
