"""Forms of a user's own page, and of the second step of signing in."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.forms.names import NameField
from core.models import Company, User
from core.models.users import Theme
from core.phone_rule import read_phone
from core.web.telephones import telephone


class ForgottenForm(forms.Form):
    """The address one signs in with."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email", "dir": "ltr"}),
    )


class AccountForm(forms.ModelForm):
    """How one is called, one's telephone, and the look one prefers."""

    phone = forms.CharField(
        label=_("Telephone"),
        required=False,
        max_length=40,
        help_text=_(
            "Your companies see it, and are shown credits by hand that you give to a guest with "
            "this number."
        ),
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel", "dir": "ltr"}),
    )
    theme = forms.ChoiceField(
        label=_("Look"),
        required=False,
        choices=[("", _("As the system")), *Theme.choices],
        widget=forms.RadioSelect,
    )

    class Meta:
        model = User
        fields = ["name", "phone", "theme"]
        field_classes = {"name": NameField}
        widgets = {"name": forms.TextInput({"autocomplete": "name", "dir": "auto"})}
        labels = {"name": _("Name")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["phone"] = telephone(self.instance.phone)

    def clean_phone(self) -> str:
        companies = Company.objects.for_user(self.instance)
        regions = set(companies.order_by().values_list("region", flat=True))
        return read_phone(self.cleaned_data["phone"], regions=regions)


class PasswordForm(forms.Form):
    """Asks again for the password, before what a stranger at an open screen must not do.

    Asked of the same back ends as a sign-in: so guesses are counted, and locked out.
    """

    password = forms.CharField(
        label=_("Your password"),
        error_messages={"required": _("Enter your password.")},
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        word = self.cleaned_data["password"]
        user = self.request.user
        assert isinstance(user, User)
        if authenticate(self.request, username=user.email, password=word) != user:
            raise forms.ValidationError(_("That is not your password."), code="password")
        return word


class ChoosePasswordForm(SetPasswordForm):
    """A new password twice. Django's checks, said once and in few words."""

    error_messages = {"password_mismatch": _("It is not the same as above. Type it again.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first, second = self.fields["new_password1"], self.fields["new_password2"]
        first.help_text = _(
            "Eight characters or more. Not digits alone, none of those that many people use, and "
            "nothing like your name or e-mail."
        )
        second.label, second.help_text = _("New password again"), ""


class NewPasswordForm(PasswordForm, ChoosePasswordForm):
    """The present password, and the new one twice."""

    field_order = ["password", "new_password1", "new_password2"]

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(request.user, *args, request=request, **kwargs)


class CodeForm(forms.Form):
    """A code of the authenticator app."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(
            {
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "spellcheck": "false",
                "dir": "ltr",
            }
        ),
    )


class AnyCodeForm(CodeForm):
    """A code of the app, or a recovery code: letters must be typeable on a phone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["inputmode"] = "text"
        self.fields["code"].widget.attrs["autocapitalize"] = "none"
