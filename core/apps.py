from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext, gettext_lazy as _


class CoreConfig(AppConfig):
    name = "core"
    # Which roles have which permission of this app (core.roles).
    role_permissions = {
        "view_company": ["owner", "manager", "operator", "host"],
        "view_change": ["owner", "manager"],
        "change_company": ["owner"],
        "view_membership": ["owner", "manager"],
        "change_membership": ["owner"],
        "add_restaurant": ["owner", "manager"],
        "change_restaurant": ["owner", "manager"],
    }

    def ready(self) -> None:
        from core import bulk, checks, clock, guards, mail, roles, sign_ins  # noqa: F401
        from core.services import attempts, companies, jobs, mail as mails, passwords
        from core.web import words

        bulk.register_lookups()
        post_migrate.connect(roles.sync, dispatch_uid="core.roles.sync")
        pre_migrate.connect(guards.step_aside, dispatch_uid="core.guards.step_aside")
        post_migrate.connect(guards.install, dispatch_uid="core.guards.install")
        mail.register(companies.INVITATION, companies.build_invitation)
        mail.register(passwords.RESET, passwords.build_reset)
        sign_ins.connect()
        words.register()
        _register_checklist()
        _register_overview()
        often = settings.CLOCK_TICK_SECONDS
        clock.every(often, "bring back jobs", at_start=True)(jobs.sweep)
        clock.every(often, "send mail that is due", at_start=True)(mails.resume)
        clock.every(24 * 3600, "forget old sessions")(_forget_sessions)
        clock.every(3600, "forget attempts that no longer count")(attempts.forget)
        clock.every(3600, "forget mails of forgotten passwords")(passwords.forget)


def _forget_sessions(**kwargs: Any) -> None:
    from django.contrib.sessions.backends.db import SessionStore

    SessionStore.clear_expired()


def _register_overview() -> None:
    from core.web import navigation, overview

    navigation.register(
        navigation.Entry(
            order=10,
            label=_("Overview"),
            url_name="core:company",
            permission=overview.PERMISSION,
        )
    )


def _register_checklist() -> None:
    from core.forms.countries import COUNTRIES
    from core.web import checklist

    checklist.register(
        checklist.Step(
            order=10,
            title=_("Your company is there"),
            text=lambda company: (
                gettext(
                    "Money is %(currency)s, the time zone %(timezone)s, and a telephone without "
                    "its country is read as one from %(country)s."
                )
                % {
                    "currency": company.currency,
                    "timezone": company.timezone,
                    "country": COUNTRIES.get(company.region, company.region),
                }
            ),
            is_done=lambda company: True,
            permission="core.change_company",
        )
    )
