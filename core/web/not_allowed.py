"""What is answered to who opens an address that only takes a form."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render

Answer = Callable[[HttpRequest], HttpResponse]


def say_what_is_not_allowed(get_response: Answer) -> Answer:
    """Give a page to who comes by a link where only a form leads, as after a sign-in in between.

    Django's own answer is empty: the browser shows nothing at all.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and request.method == "GET":
            page = render(request, "405.html", status=405)
            page["Allow"] = response["Allow"]
            return page
        return response

    return answer
