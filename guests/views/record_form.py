"""What the record and the page of a new guest do alike with their form."""

from typing import Any

from django.utils import timezone

from core.models import Company
from core.web.access import CompanyRequest
from core.web.ids import id_in
from guests.forms.record import RecordForm
from guests.forms.rows import CardRow, ExternalIdRow, Row, typed_rows
from guests.forms.state import Seen, State
from guests.models import Guest

#: The rows by what their buttons send, and the state's list of each.
_ROWS: dict[str, tuple[type[Row], str]] = {
    "card": (CardRow, "cards"),
    "external": (ExternalIdRow, "external_ids"),
}


def form_for(
    request: CompanyRequest,
    company: Company,
    guest: Guest | None,
    state: State,
    *,
    bound: bool = False,
    seen: Seen | None = None,
    shown_phone: str = "",
) -> RecordForm:
    """Return the form as this user may fill it in."""
    return RecordForm(
        company,
        state,
        guest=guest,
        today=timezone.localdate(),
        may_activate=request.user.has_perm("guests.outlet_setup", company),
        bound=bound,
        seen=seen,
        shown_phone=shown_phone,
    )


def changes_rows(request: CompanyRequest, state: State) -> bool:
    """Add or take away a row, where a button without script asked for that, and say whether."""
    added = request.POST.get("add", "")
    taken, _dash, place = request.POST.get("remove", "").partition("-")
    kind = added or taken
    if kind not in _ROWS:
        return False
    row, name = _ROWS[kind]
    rows = typed_rows(row, request.POST, blanks=True)
    if added:
        rows.append({})
    elif (index := id_in(place)) is not None:
        del rows[index - 1 : index]
    state[name] = rows
    return True


def is_confirmed(request: CompanyRequest, form: RecordForm) -> bool:
    """Whether somebody ticked that the owner of this very telephone wants to be a guest again."""
    return request.POST.get("despite_wish") == form.person.cleaned_data["phone"]


def claims_context(request: CompanyRequest, company: Company, form: RecordForm) -> dict[str, Any]:
    """Return whose the values are that belong to others, and whether those can be restored."""
    return {
        "claims": form.claims,
        "all_claims": form.all_claims,
        "may_restore": request.user.has_perm("guests.outlet_setup", company),
    }
