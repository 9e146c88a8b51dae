from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VisitsConfig(AppConfig):
    name = "visits"
    role_permissions = {
        "view_order": ["owner", "manager", "operator", "host"],
    }

    def ready(self) -> None:
        from core import money_kept
        from core.web import actions, subjects, values
        from guests import dependents
        from visits import guards  # noqa: F401
        from visits.dependents import Orders
        from visits.models import Order
        from visits.web import overview, record
        from visits.web.words import describe_order, orders_elsewhere

        dependents.register(Orders())
        money_kept.register(
            "orders", _("orders"), lambda company: Order.objects.for_company(company).exists()
        )
        actions.register("correct_order", _("corrected"), _("Order corrected"))
        actions.register("import_orders", _("imported orders into"), _("Orders imported"))
        values.register_label("orders_created", _("Orders"))
        values.register_label("orders_updated", _("Orders corrected"))
        values.register_label("orders_failed", _("Orders left out"))
        values.register_label("new_guests", _("New guests"))
        subjects.register(
            "visits.order",
            describe_order,
            permission="visits.view_order",
            closed=orders_elsewhere,
        )
        record.register()
        overview.register()
