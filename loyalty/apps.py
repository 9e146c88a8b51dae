from django.apps import AppConfig


class LoyaltyConfig(AppConfig):
    name = "loyalty"
    role_permissions = {
        "view_program": ["owner", "manager", "operator", "host"],
        "add_program": ["owner", "manager"],
        "change_program": ["owner", "manager"],
        "adjust_balance": ["owner", "manager"],
        "approve_adjustment": ["owner"],
    }

    def ready(self) -> None:
        from core import clock
        from guests import dependents
        from loyalty import (
            approval_mail,
            category_uses,
            credit_mail,
            decision_mail,
            guards,  # noqa: F401
        )
        from loyalty.dependents import Balances
        from loyalty.models import Adjustment, EntryComment
        from loyalty.services import approving, bulk_worker, checking, expiring, totals
        from loyalty.web import register

        dependents.register(Balances())
        # Free texts, in which somebody else may be named: an erasure looks through them.
        dependents.register_text(EntryComment, "text")
        dependents.register_text(Adjustment, "comment")
        dependents.register_text(Adjustment, "note")
        register.register()
        bulk_worker.register()
        credit_mail.register()
        approval_mail.register()
        decision_mail.register()
        category_uses.register()
        # Until it comes by, pages show what was over at midnight: debits find it gone at once.
        clock.every(60, "expire credits and holds", at_start=True)(expiring.expire_due)
        clock.every(15 * 60, "let adjustments lapse", at_start=True)(approving.lapse_due)
        clock.every(24 * 3600, "check the ledgers")(checking.check_every_ledger)
        clock.every(24 * 3600, "add up the programs")(totals.add_up_every_ledger)
