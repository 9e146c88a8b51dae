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
        from loyalty import category_uses, credit_mail, guards  # noqa: F401
        from loyalty.services import checking, expiring

        credit_mail.register()
        category_uses.register()
        clock.every(15 * 60, "expire credits and holds", at_start=True)(expiring.expire_due)
        clock.every(24 * 3600, "check the ledgers")(checking.check_every_ledger)
