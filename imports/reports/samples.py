"""Before and after: some rows of a check, field by field, in the words of the screen."""

from typing import Any

from django.utils.translation import gettext as _

from core.models.companies import Consent
from guests.models import Category, Guest, MemberTier, Sex
from imports.columns import COLUMNS, column_of
from imports.models import ImportJob
from imports.reports.file import label_of_guest_field
from imports.reports.money import given_of_sample

_CHOICES = {"consent": dict(Consent.choices), "sex": dict(Sex.choices)}
_NAMES = ("first_name", "middle_name", "last_name")


def samples(job: ImportJob) -> list[dict[str, Any]]:
    """Return the sample of the last check. Three queries: guests, tiers, categories."""
    stored = job.findings.get("sample", ())
    ids = [each["guest"] for each in stored if each["guest"]]
    guests = Guest.objects.for_company(job.company).in_bulk(ids) if ids else {}
    has_tiers = any("member_tier_id" in each["changes"] for each in stored)
    tiers = _names(MemberTier, job) if has_tiers else {}
    has_categories = any(each.get("categories") for each in stored)
    categories = _names(Category, job) if has_categories else {}
    fields = _fields_in_file_order(job)
    giving = {each["line"]: each["gift"] for each in stored if each.get("gift")}
    gifts = given_of_sample(job, giving) if giving else {}
    return [
        {
            "line": each["line"],
            "name": _name(each, guests.get(each["guest"])),
            "kind": "updated" if each["guest"] else "created",
            "changes": [
                *_changes(each, fields, tiers),
                *_cards(each),
                *_categories(each, categories),
                *([gifts[each["line"]]] if each["line"] in gifts else []),
            ],
        }
        for each in stored
    ]


def _fields_in_file_order(job: ImportJob) -> list[str]:
    """Return the guest's fields that the file fills; what the company sets by default is none."""
    found = (column_of(key)[0].guest_field for key in job.mapping if key)
    fields = list(dict.fromkeys(found))
    # A consent's cell may say when and where, too.
    return fields + (["consent_details", "consent_date"] if "consent" in fields else [])


def _changes(
    sample: dict[str, Any], fields: list[str], tiers: dict[str, str]
) -> list[dict[str, str]]:
    return [
        {
            "label": _("Active") if name == "is_active" else label_of_guest_field(name),
            "before": _shown(name, sample["changes"][name][0], tiers),
            "after": _shown(name, sample["changes"][name][1], tiers),
        }
        for name in dict.fromkeys(fields)
        if name in sample["changes"]
    ]


def _cards(sample: dict[str, Any]) -> list[dict[str, str]]:
    label = str(COLUMNS["number"].label)
    changed = [*sample.get("completed", ()), *(("", card) for card in sample["cards"])]
    return [{"label": label, "before": before, "after": after} for before, after in changed]


def _categories(sample: dict[str, Any], names: dict[str, str]) -> list[dict[str, Any]]:
    """Return what categories come to the guest: known ones by their ids, new ones by their names.

    Those that the guest is in already stay, and are not read for this.
    """
    added = [names.get(str(each), each) for each in sample.get("categories", ())]
    if not (found := [each for each in added if isinstance(each, str)]):
        return []
    label = _("Categories added")
    return [{"label": label, "before": "", "after": ", ".join(found), "adds": True}]


def _shown(name: str, text: str, tiers: dict[str, str]) -> str:
    if text in ("True", "False"):
        return _("yes") if text == "True" else _("no")
    if name == "member_tier_id":
        return tiers.get(text, text)
    return str(_CHOICES.get(name, {}).get(text, text))


def _name(sample: dict[str, Any], guest: Guest | None) -> str:
    if guest is not None:
        return str(guest)
    parts = (sample["changes"].get(name, ["", ""])[1] for name in _NAMES)
    return " ".join(filter(None, parts)) or sample["phone"]


def _names(model: type[Category | MemberTier], job: ImportJob) -> dict[str, str]:
    rows = model.objects.for_company(job.company).values_list("pk", "name")
    return {str(pk): name for pk, name in rows}
