"""A user's own pages: name, telephone, look, password, second factor."""

import segno
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from core.forms.account import AccountForm, CodeForm, NewPasswordForm, PasswordForm
from core.models import Change, User
from core.services import account as services, second_factor
from core.web.access import UserRequest, signed_in_view


@signed_in_view
def account(request: UserRequest) -> HttpResponse:
    """Show and save name, telephone and look."""
    # A second object: a form writes what was typed into its own, and the bar shows the user's name.
    user = User.objects.get(pk=request.user.pk)
    form = AccountForm(request.POST or None, instance=user)
    if form.is_valid():
        services.change_account(
            user=user,
            name=form.cleaned_data["name"],
            phone=form.cleaned_data["phone"],
            theme=form.cleaned_data["theme"],
            source=Change.Source.WEB,
            now=timezone.now(),
        )
        messages.success(request, _("Your account is saved."))
        return redirect("account")
    state = second_factor.state(user)
    return render(request, "core/account/account.html", {"form": form, "second_factor": state})


@signed_in_view
@sensitive_post_parameters()
def password(request: UserRequest) -> HttpResponse:
    """Change the password; every other session ends."""
    form = NewPasswordForm(request.POST or None, request=request)
    if form.is_valid():
        services.change_password(
            user=request.user,
            password=form.cleaned_data["new_password1"],
            source=Change.Source.WEB,
            now=timezone.now(),
        )
        update_session_auth_hash(request, request.user)
        messages.success(request, _("Your password is changed. You are signed out elsewhere."))
        return redirect("account")
    return render(request, "core/account/password.html", {"form": form})


@signed_in_view
@never_cache
@sensitive_post_parameters()
def two_steps(request: UserRequest) -> HttpResponse:
    """Show where the second factor stands; begin to set it up once the password is given."""
    form = PasswordForm(request.POST or None, request=request)
    if form.is_valid():
        second_factor.begin(user=request.user)
        return redirect("account_second_factor_confirm")
    state = second_factor.state(request.user)
    demanding = request.user.memberships.active().filter(company__requires_second_factor=True)
    context = {
        "form": form,
        "second_factor": state,
        "demanded_by": [each.company for each in demanding.select_related("company")],
    }
    return render(request, "core/account/second_factor.html", context)


@signed_in_view
@never_cache
@sensitive_post_parameters()
def confirm(request: UserRequest) -> HttpResponse:
    """Show the secret, once, and turn the second factor on when a code of it is given."""
    state = second_factor.state(request.user)
    if not state.secret:
        return redirect("account_second_factor")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            codes = second_factor.confirm(
                user=request.user,
                code=form.cleaned_data["code"].strip().replace(" ", ""),
                source=Change.Source.WEB,
                now=timezone.now(),
            )
        except second_factor.NotAccepted as refused:
            form.add_error("code", str(refused))
        else:
            update_session_auth_hash(request, request.user)
            return _codes(request, codes)
    context = {"form": form, "second_factor": state, "picture": _picture(state.address)}
    return render(request, "core/account/second_factor_confirm.html", context)


@signed_in_view
@require_POST
def cancel(request: UserRequest) -> HttpResponse:
    """Forget a set-up that was begun."""
    second_factor.cancel(user=request.user)
    return redirect("account_second_factor")


@signed_in_view
@never_cache
@sensitive_post_parameters()
def recovery_codes(request: UserRequest) -> HttpResponse:
    """Make new recovery codes once the password is given, and show them, once."""
    if not second_factor.is_on(request.user):
        return redirect("account_second_factor")
    form = PasswordForm(request.POST or None, request=request)
    if form.is_valid():
        codes = second_factor.renew_codes(
            user=request.user, source=Change.Source.WEB, now=timezone.now()
        )
        return _codes(request, codes, are_renewed=True)
    return render(request, "core/account/recovery_codes_renew.html", {"form": form})


@signed_in_view
@sensitive_post_parameters()
def turn_off(request: UserRequest) -> HttpResponse:
    """Turn the second factor off once the password is given."""
    if not second_factor.is_on(request.user):
        return redirect("account_second_factor")
    form = PasswordForm(request.POST or None, request=request)
    if form.is_valid():
        try:
            second_factor.turn_off(user=request.user, source=Change.Source.WEB, now=timezone.now())
        except second_factor.Demanded as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The second factor is off."))
            return redirect("account_second_factor")
    return render(request, "core/account/second_factor_off.html", {"form": form})


def _codes(request: UserRequest, codes: list[str], *, are_renewed: bool = False) -> HttpResponse:
    """Show the codes in the answer itself, the file too: they are kept nowhere in the clear."""
    context = {
        "codes": codes,
        "are_renewed": are_renewed,
        "are_for": second_factor.codes_are_for(request.user),
        "file": second_factor.codes_as_text(request.user, codes),
    }
    return render(request, "core/account/recovery_codes.html", context)


def _picture(address: str) -> SafeString:
    """Return the QR code of an otpauth:// address as SVG without styles."""
    svg = segno.make(address, error="m").svg_inline(
        scale=4, border=4, light="#fff", title=_("QR code for your authenticator app")
    )
    return mark_safe(svg)  # noqa: S308 - segno's own drawing; the address is not in it as text
