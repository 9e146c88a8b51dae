"""Signing in: the password, then the second factor of those who have one."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import views as auth
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from core.forms.account import AnyCodeForm, ChoosePasswordForm, ForgottenForm
from core.models import Change
from core.services import attempts, passwords, second_factor
from core.services.account import record_for_companies
from core.web import places, sign_in
from core.web.access import public_view


class _Password(auth.LoginView):
    """Django's sign-in, which stops half-way where a second factor is asked for."""

    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        if not second_factor.is_on(user):
            return super().form_valid(form)
        sign_in.hold(self.request, user, next_url=self.get_success_url(), now=timezone.now())
        return redirect("second_factor")


class _NewPassword(auth.PasswordResetConfirmView):
    """Django's page behind the mailed link; the companies' records tell that it was used."""

    token_generator = passwords.tokens
    form_class = ChoosePasswordForm

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            response = super().form_valid(form)
            record_for_companies(
                user=form.user,
                action="reset_password",
                source=Change.Source.WEB,
                now=timezone.now(),
            )
        return response


@public_view
@never_cache
def reset(request: HttpRequest) -> HttpResponse:
    """Have a link to a new password mailed. The answer is the same for every address."""
    form = ForgottenForm(request.POST or None)
    if form.is_valid():
        try:
            passwords.request_reset(
                email=form.cleaned_data["email"],
                place=places.network(request),
                now=timezone.now(),
            )
        except attempts.TooOften:
            form.add_error(None, _("Too many links were asked for. Try again in an hour."))
        else:
            return redirect("password_reset_done")
    status = 429 if form.non_field_errors() else 200
    return render(request, "registration/password_reset_form.html", {"form": form}, status=status)


@public_view
@never_cache
@sensitive_post_parameters("code")
def code(request: HttpRequest) -> HttpResponse:
    """Ask whoever gave the right password for a code, and sign them in."""
    held = sign_in.pending(request, now=timezone.now())
    if held is None:
        messages.info(request, _("Begin again with your password."))
        return redirect("login")
    form = AnyCodeForm(request.POST or None)
    if form.is_valid():
        try:
            second_factor.verify(user=held.user, code=form.cleaned_data["code"])
        except second_factor.NotAccepted as refused:
            sign_in.count_try(request)
            form.add_error("code", str(refused))
        else:
            sign_in.complete(request, held)
            _warn_of_few_codes(request, form.cleaned_data["code"])
            return redirect(held.next)
    return render(request, "registration/second_factor.html", {"form": form})


def _warn_of_few_codes(request: HttpRequest, code: str) -> None:
    """Say how many recovery codes are left to whoever just used one up."""
    if len("".join(code.split())) <= 6:
        return
    left = second_factor.state(request.user).codes_left  # type: ignore[arg-type]
    messages.warning(
        request,
        ngettext(
            "You used a recovery code. %(left)s is left.",
            "You used a recovery code. %(left)s are left.",
            left,
        )
        % {"left": left},
    )


password = public_view(_Password.as_view())
sign_out = public_view(auth.LogoutView.as_view())
reset_sent = public_view(auth.PasswordResetDoneView.as_view())
new_password = public_view(_NewPassword.as_view())
reset_done = public_view(auth.PasswordResetCompleteView.as_view())
