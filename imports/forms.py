"""What people may say about an import: the file, how it is read, its columns, its rules."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms.confirming import TypedNumberForm
from core.forms.names import NameField
from core.models.companies import ImportPreset
from guests.models import Category
from imports import columns
from imports.columns.mapping import MOST_REPEATS
from imports.models import ImportJob
from imports.options import Options
from imports.reports.file import DELIMITERS, ENCODINGS, column_label
from imports.services.trips import gives_money

RULES = (
    ("", _("As above")),
    ("always", _("Always")),
    ("if_empty", _("If empty")),
    ("never", _("Never")),
)
#: A file that has one card may still need a second field for it: so many more are offered.
SPARE_REPEATS = 2


class UploadForm(forms.Form):
    """A file; what is in it is judged by the service that receives it."""

    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        max_length=1_000,
        error_messages={"required": _("Choose a file.")},
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
    )
    corrects = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)


class ReadForm(forms.Form):
    """How a file is read; each format asks only for what applies to it."""

    sheet = forms.ChoiceField(label=_("Sheet"))
    header_row = forms.IntegerField(
        label=_("Header in row"), min_value=0, max_value=100_000, help_text=_("0: none")
    )
    delimiter = forms.ChoiceField(label=_("Separator"), choices=DELIMITERS)
    encoding = forms.ChoiceField(label=_("Encoding"), choices=ENCODINGS)

    def __init__(self, *args: Any, job: ImportJob, sheets: list[str], **kwargs: Any) -> None:
        self.present = {**job.dialect, "encoding": _plain_encoding(job.dialect["encoding"])}
        super().__init__(*args, **{"initial": self.present, "prefix": "read", **kwargs})
        if job.dialect["format"] == "csv":
            del self.fields["sheet"]
            if self.present["encoding"] == "utf-16":
                _offer(self, "encoding", [("utf-16", "UTF-16"), *ENCODINGS])
        else:
            del self.fields["delimiter"], self.fields["encoding"]
            _offer(self, "sheet", [(name, name) for name in sheets])

    def overrides(self) -> dict[str, Any]:
        """Return what to overrule. Another sheet or separator has its header elsewhere."""
        chosen = dict(self.cleaned_data)
        changed = {name for name, value in chosen.items() if value != self.present[name]}
        if changed and "header_row" not in changed:
            del chosen["header_row"]
        return chosen


def _offer(form: forms.Form, name: str, choices: Iterable[tuple[Any, Any]]) -> bool:
    """Set the choices of a field, and return whether there are any."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = list(choices)
    return bool(field.choices)


def _plain_encoding(encoding: str) -> str:
    """A byte order mark is the file's affair, not the operator's."""
    return "utf-8" if encoding == "utf-8-sig" else encoding


class MappingForm(forms.Form):
    """A field for each column of the file: column_1, column_2, ..."""

    save_as = NameField(label=_("Save these columns as"), max_length=80, required=False)
    replace = forms.BooleanField(label=_("Replace the mapping of this name"), required=False)
    #: Whether it is asked: only when there is one, and whoever saves may replace it.
    asks_to_replace = False

    def __init__(self, data: Mapping[str, Any], *, job: ImportJob, may: Any) -> None:
        super().__init__(data)
        self.may = may
        self.kind = columns.KINDS[job.kind]
        names = [self.column_name(place) for place in range(job.width)]
        chosen = [data.get(name) or None for name in names]
        choices = list(_fields_to_choose(chosen, may, self.kind))
        for place, name in enumerate(names):
            self.fields[name] = forms.ChoiceField(
                label=column_label(job, place), choices=choices, required=False
            )
        self.order_fields([*names, "save_as", "replace"])

    @staticmethod
    def column_name(place: int) -> str:
        """Return the name of the field for the column at `place`, from 0."""
        return f"column_{place + 1}"

    @classmethod
    def of(cls, mapping: list[str | None], *, job: ImportJob, may: Any) -> "MappingForm":
        """Return the form with a mapping chosen, so that what is wrong with it is said at once."""
        data = {cls.column_name(place): key or "" for place, key in enumerate(mapping)}
        return cls(data, job=job, may=may)

    def mapping(self) -> list[str | None]:
        names = [name for name in self.fields if name not in ("save_as", "replace")]
        return [self.cleaned_data.get(name) or None for name in names]

    def clean(self) -> None:
        for problem in columns.problems(self.mapping(), may=self.may, kind=self.kind):
            # Of a field that was chosen twice the first column may be the right one.
            places = problem.places[1:] if problem.code == "chosen_twice" else problem.places
            for place in places:
                self.add_error(self.column_name(place), str(problem))
            if not places:
                self.add_error(None, str(problem))


def _fields_to_choose(
    chosen: list[str | None], may: Any, kind: columns.FileKind
) -> Iterator[tuple[str, Any]]:
    yield "", _("Not imported")
    for column in kind.columns.values():
        keys = [column.key_at(index) for index in range(1, MOST_REPEATS + 1)]
        used = [index for index, key in enumerate(keys, start=1) if key in chosen]
        if column.permission and not used and not may(column.permission):
            continue
        spare = SPARE_REPEATS if kind is columns.GUESTS else 1 - len(used)
        count = max(used, default=0) + spare if column.repeats else 1
        for index in range(1, min(count, MOST_REPEATS) + 1):
            yield column.key_at(index), column.label_at(index)


class RulesForm(forms.Form):
    """What the import may do, and whom it tells: Options, and an address."""

    partial = forms.BooleanField(
        label=_("Allow partial import"),
        required=False,
        help_text=_("Rows with errors are left out; the rest comes in."),
    )
    mode = forms.ChoiceField(
        label=_("What the amounts are"),
        widget=forms.RadioSelect,
        choices=[
            ("topup", _("Top up: each amount is credited, or debited when it is negative")),
            ("set", _("Set to: each amount is the balance itself; the difference is posted")),
        ],
    )
    categories = forms.TypedMultipleChoiceField(
        label=_("Put the guests into"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )
    create_categories = forms.BooleanField(
        label=_("Create categories of the file that are not there"), required=False
    )
    policy = forms.ChoiceField(
        label=_("What may be overwritten"),
        error_messages={"required": _("Choose what may be overwritten.")},
        widget=forms.RadioSelect,
        choices=[
            (
                ImportPreset.UPDATE,
                _("Update: the file wins, except over telephone and opening total"),
            ),
            (ImportPreset.PROTECT, _("Protect personal data: only what is empty is filled")),
        ],
    )
    dates = forms.ChoiceField(
        label=_("Dates with slashes"),
        required=False,
        choices=[
            ("", _("As found in the file")),
            ("dmy", _("Day first: 21/05/1956")),
            ("mdy", _("Month first: 05/21/1956")),
        ],
    )
    decimal = forms.ChoiceField(
        label=_("Amounts such as 1.234"),
        required=False,
        choices=[
            ("", _("As found in the file")),
            (".", _("Decimal point: 1,234.56")),
            (",", _("Decimal comma: 1.234,56")),
        ],
    )
    region = forms.ChoiceField(label=_("Phones without a country"), required=False)
    message = forms.BooleanField(
        label=_("Send a message about the credited points"),
        required=False,
        help_text=_("An e-mail to each guest who has an address and is subscribed; once a credit."),
    )
    results_to = forms.EmailField(label=_("Results to"), required=False)

    def __init__(self, *args: Any, job: ImportJob, **kwargs: Any) -> None:
        options = Options.from_json(job.options)
        keys = [key for key in job.mapping if key]
        self.company, self.again, self.same = job.company, options.again, options.same
        self.adjustable = _adjustable(keys) if job.kind == ImportJob.Kind.GUESTS else []
        super().__init__(*args, **{"initial": _initial(job, options), **kwargs})
        for column in self.adjustable:
            self.fields[f"rule_{column.key}"] = forms.ChoiceField(
                label=str(column.label), choices=RULES, required=False
            )
        categories = Category.objects.for_company(job.company).order_by("name", "pk")
        if not _offer(self, "categories", categories.values_list("pk", "name")):
            del self.fields["categories"]
        self._offer_regions(job.company.region, options.region)
        self._leave_out(job, keys)

    def _offer_regions(self, home: str, chosen: str) -> None:
        """Offer the company's region and that of a fix; nothing is asked before there was one."""
        text = _("Numbers of %(region)s")
        offered = {"": text % {"region": home}, chosen: text % {"region": chosen}}
        _offer(self, "region", offered.items())
        if not chosen:
            del self.fields["region"]

    def _leave_out(self, job: ImportJob, keys: list[str]) -> None:
        """Take away what does not apply to this file."""
        if not gives_money(job):
            del self.fields["message"]
        if job.kind != ImportJob.Kind.GUESTS:
            for name in ("categories", "policy"):
                self.fields.pop(name, None)
        if job.kind != ImportJob.Kind.BALANCES:
            del self.fields["mode"]
        if "categories" not in keys:
            del self.fields["create_categories"]
        widgets = [columns.column_of(key)[0].widget for key in keys]
        if not any(widget.has_dates for widget in widgets):
            del self.fields["dates"]
        if not any(widget.has_amounts for widget in widgets):
            del self.fields["decimal"]

    def rules(self) -> list[forms.BoundField]:
        """Return the select of each field that may be overwritten in another way."""
        return [self[f"rule_{column.key}"] for column in self.adjustable]

    def options(self) -> Options:
        """Return what was chosen."""
        chosen = self.cleaned_data
        rules = {column.key: chosen[f"rule_{column.key}"] for column in self.adjustable}
        return Options(
            partial=chosen["partial"],
            preset=chosen.get("policy") or self.company.import_preset,
            rules={key: rule for key, rule in rules.items() if rule},
            categories=sorted(chosen.get("categories", [])),
            create_categories=chosen.get("create_categories", False),
            dates=chosen.get("dates", ""),
            decimal=chosen.get("decimal", ""),
            region=chosen.get("region", ""),
            mode=chosen.get("mode") or "topup",
            again=self.again,
            same=self.same,
            message=chosen.get("message", False),
        )


def _adjustable(keys: list[str]) -> list[columns.Column]:
    """Return the columns among those mapped whose rule is the operator's choice, each once."""
    found = (columns.column_of(key)[0] for key in keys)
    return list(dict.fromkeys(column for column in found if not column.fixed_rule))


def _initial(job: ImportJob, options: Options) -> dict[str, Any]:
    stored = options.to_json()
    rules = {f"rule_{key}": rule for key, rule in stored.pop("rules").items()}
    return {**stored, **rules, "policy": options.preset, "results_to": job.results_to}


class UndoForm(TypedNumberForm):
    """Confirms an undo; a large one by typing how many guests, or orders, it touches."""

    asks = _("Type %(number)s to confirm that so many are meant.")


class StopForm(forms.Form):
    """What becomes of the rows that are in when an import is stopped."""

    what = forms.ChoiceField(choices=ImportJob.StopRequest.choices)
