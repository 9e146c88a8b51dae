"""Two people save the same: what the first changed, told to the second, who keeps what was typed.

A field that the second never touched takes the value that the first gave it. One that both changed
stays as the second typed it, and is named: saving again writes it over the other's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django import forms
from django.core import signing
from django.db.models import Model
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.services.changes import comparable, state_of
from core.web.telephones import telephone

#: `{field: value}` of what somebody saw, of what is there now, or of what was typed.
State = Mapping[str, Any]

_SALT = "core.forms.meanwhile"


class Who(NamedTuple):
    """Whoever changed a field, in words, and when; `user` is the id of theirs, None of nobody's."""

    name: str
    at: Any
    user: int | None = None


@dataclass(frozen=True)
class Difference:
    """A field that was changed meanwhile; `typed` is what saving would write over it, if it would.

    All values in words, "" for none; `name` is the field's.
    """

    name: str
    label: str
    before: str
    now: str
    is_contested: bool
    typed: str
    who: Who | None


class OpenedForm(forms.BaseForm):
    """Carries how the row was when the form was opened, so that nobody overwrites what others saved
    since without being told. Its fields are called as the row's.

    Once it is valid, `expected` is what the service is to find; None of a form that does not say.
    """

    expected: dict[str, Any] | None = None

    def __init__(self, *args: Any, row: Model | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row: Model | None = row or getattr(self, "instance", None)
        if self.row is not None and self.row.pk is not None:
            self.fields["seen"] = forms.CharField(widget=forms.HiddenInput, required=False)
            self.initial["seen"] = self._signed

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        self.expected = self._read(data.pop("seen", ""))
        return data

    def touched(self) -> dict[str, Any]:
        """Return what was typed, as the fields hold it, into those that are not as they were."""
        seen = self.expected or {}
        return {
            name: self[name].data
            for name in seen
            if name in self.cleaned_data
            and not self.fields[name].disabled
            and comparable(self.cleaned_data[name]) != seen[name]
        }

    def _signed(self) -> str:
        assert self.row is not None
        names = [name for name in self.fields if name != "seen"]
        return signing.dumps(state_of(self.row, names), salt=self._salt, compress=True)

    def _read(self, text: str) -> dict[str, Any] | None:
        if "seen" not in self.fields:
            return None
        try:
            state: dict[str, Any] = signing.loads(text, salt=self._salt)
        except signing.BadSignature:
            return None
        return state

    @property
    def _salt(self) -> str:
        """Of this row alone: what was seen of another says nothing of it."""
        assert self.row is not None
        return f"{_SALT}.{self.row._meta.label_lower}.{self.row.pk}"


def take_up(form: OpenedForm, fresh: OpenedForm, who: Mapping[str, Who]) -> list[Difference]:
    """Put what was typed into `form` into `fresh`, made of the row as it is now; return what of the
    row others changed."""
    touched = form.touched()
    fresh.initial.update(touched)
    assert fresh.row is not None
    seen = form.expected or {}
    now = state_of(fresh.row, seen)
    typed = now | {name: comparable(form.cleaned_data[name]) for name in touched}
    return compare(fresh, seen, now, typed, who)


def label_of(form: forms.BaseForm, name: str) -> str:
    """Return what a field is called; "" of one that the form lacks."""
    return str(form.fields[name].label) if name in form.fields else ""


def shown(form: forms.BaseForm, name: str, value: Any) -> str:
    """Return a field's value in words."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    field = form.fields[name]
    if isinstance(field, forms.ChoiceField):
        return _chosen(field, value if isinstance(value, list) else [value])
    if isinstance(field.widget, forms.DateInput) and (day := _day(value)):
        return date_format(day, "j M Y")
    if getattr(field.widget, "input_type", "") == "tel":
        return telephone(str(value or ""))
    return "" if value is None else str(value)


def compare(
    form: forms.BaseForm,
    seen: State,
    now: State,
    typed: State,
    who: Mapping[str, Who],
    *,
    label: Callable[[Any, str], str] = label_of,
    words: Callable[[Any, str, Any], str] = shown,
) -> list[Difference]:
    """Return what differs between what somebody has `seen` and what is there `now`."""
    return [
        Difference(
            name=name,
            label=label(form, name),
            before=words(form, name, seen.get(name)),
            now=words(form, name, now[name]),
            is_contested=is_touched(name, seen, typed) and typed[name] != now[name],
            typed=words(form, name, typed[name]),
            who=who.get(name),
        )
        for name in now
        if now[name] != seen.get(name) and label(form, name)
    ]


def are_by(differences: Sequence[Difference], user: int) -> bool:
    """Whether all of them are of one user's making; nobody knows whose none at all would be."""
    return bool(differences) and all(each.who and each.who.user == user for each in differences)


def is_touched(name: str, seen: State, typed: State) -> bool:
    return bool(typed[name] != seen.get(name))


def _chosen(field: forms.ChoiceField, keys: Sequence[Any]) -> str:
    wanted = [str(key) for key in keys]
    chosen = [label for key, label in _flat(field.choices) if key and str(key) in wanted]
    return ", ".join(map(str, chosen))


def _flat(choices: Any) -> list[tuple[Any, Any]]:
    """Return the choices without the groups they may stand in."""
    flat: list[tuple[Any, Any]] = []
    for key, label in choices:
        flat += label if isinstance(label, list | tuple) else [(key, label)]
    return flat


def _day(text: Any) -> Any:
    try:
        return parse_date(str(text))
    except ValueError:
        return None
