from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VisitsConfig(AppConfig):
    name = "visits"
    role_permissions = {
        "view_order": ["owner", "manager", "operator", "host"],
    }

    def ready(self) -> None:
        from core.web import actions, subjects
        from guests import dependents
        from visits import guards  # noqa: F401
        from visits.dependents import Orders
        from visits.web.words import describe_order

        dependents.register(Orders())
        actions.register("correct_order", _("corrected"), _("Order corrected"))
        subjects.register("visits.order", describe_order, permission="visits.view_order")
