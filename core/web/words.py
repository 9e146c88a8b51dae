"""How the ground floor's own actions and rows are read, and its places in bar and settings."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from core.models import Company
from core.web import actions, navigation, settings_pages, subjects
from core.web.subjects import Subject, link
from core.web.values import register_label

ACTIONS: tuple[tuple[str, Any, Any, bool], ...] = (
    ("created", _("created"), _("Company created"), False),
    ("change_company", _("changed the profile of"), _("Profile changed"), False),
    ("change_security", _("changed the security of"), _("Security changed"), False),
    ("add_restaurant", _("added the restaurant"), _("Restaurant added"), False),
    ("change_restaurant", _("changed the restaurant"), _("Restaurant changed"), False),
    ("invited", _("invited"), _("Member invited"), False),
    ("invite_again", _("invited again"), _("Member invited again"), False),
    ("change_member", _("changed the member"), _("Member changed"), False),
    ("deactivate_member", _("deactivated"), _("Member deactivated"), False),
    ("reactivate_member", _("reactivated"), _("Member reactivated"), False),
    ("sign_in", _("signed in"), _("Signed in"), True),
    ("sign_out", _("signed out"), _("Signed out"), True),
    ("lock_out", _("was locked out after wrong passwords"), _("Locked out"), True),
    ("change_account", _("changed their own account"), _("Own account changed"), True),
    ("change_password", _("changed their password"), _("Password changed"), True),
    ("reset_password", _("chose a new password by e-mail"), _("Password reset"), True),
    ("accept_invitation", _("accepted the invitation"), _("Invitation accepted"), True),
    ("decline_invitation", _("invitation declined"), _("Invitation declined"), True),
    ("turn_on_second_factor", _("turned the second factor on"), _("Second factor on"), True),
    ("turn_off_second_factor", _("turned the second factor off"), _("Second factor off"), True),
    ("reset_second_factor", _("lost the second factor to a reset"), _("Second factor reset"), True),
    ("renew_recovery_codes", _("made new recovery codes"), _("Recovery codes renewed"), True),
)  # fmt: skip


def register() -> None:
    """Called once, when the app is ready."""
    for action, words, name, alone in ACTIONS:
        actions.register(action, words, name, alone=alone)
    register_label("address", _("From address"))
    subjects.register("core.company", _company, permission="core.change_company")
    subjects.register("core.restaurant", _restaurant, permission="core.change_restaurant")
    subjects.register("core.membership", _membership, permission="core.change_membership")
    subjects.register("core.user", _user, permission="core.view_membership")
    _places()


def _places() -> None:
    navigation.register(navigation.Entry(60, _("Activity"), "core:activity", "core.view_change"))
    navigation.register(
        navigation.Entry(70, _("Settings"), "core:settings", "core.view_membership")
    )
    for order, label, name, permission in (
        (10, _("Profile"), "profile", "core.change_company"),
        (20, _("Restaurants"), "restaurants", "core.change_restaurant"),
        (50, _("Staff"), "staff", "core.view_membership"),
        (90, _("Security"), "security", "core.change_company"),
    ):
        settings_pages.register(
            settings_pages.Page(order, label, f"core:settings_{name}", permission)
        )


def _company(company: Company, row: Any) -> Subject:
    return Subject(str(row), link("core:settings_profile", company))


def _restaurant(company: Company, row: Any) -> Subject:
    return Subject(str(row), link("core:settings_restaurant", company, row.pk))


def _membership(company: Company, row: Any) -> Subject:
    return Subject(row.called, link("core:settings_member", company, row.pk))


def _user(company: Company, row: Any) -> Subject:
    return Subject(str(row))
