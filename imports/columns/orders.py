"""The columns of a file of orders: where, which, whose, how much, and when it was closed."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from import_export.resources import Resource

from imports.columns import widgets
from imports.columns.balances import BalanceResource
from imports.columns.declaration import Column
from imports.columns.person import PersonResource

MAX_NUMBER = 64


class OrderResource(Resource):
    """One closed order a row. In such a file "external id" is the order's, not the guest's."""

    restaurant = Column(
        _("Restaurant"),
        widgets.NameWidget(max_length=120),
        aliases=(
            "restaurant name, outlet, outlet name, branch, store, store name, shop, venue, "
            "location, location name, department, ресторан, название ресторана, заведение, точка, "
            "торговая точка, торговое предприятие, филиал, подразделение"
        ),
        help_text=_("The name of one of the company's restaurants."),
        format_text=_("as in the company's settings"),
        example="Bella Soho",
        cell_format="text",
    )
    order_id = Column(
        _("Order number"),
        widgets.IdWidget(max_length=MAX_NUMBER),
        aliases=(
            "external id, external order id, order external id, external, order, order no, id, "
            "uuid, number, receipt, receipt id, receipt no, receipt number, check, check id, check "
            "no, check number, bill, bill id, bill no, bill number, ticket, ticket number, "
            "transaction id, внешний id, внешний код, id заказа, заказ, номер заказа, чек, номер "
            "чека, id чека, счет, номер счета"
        ),
        help_text=_("The till's own. The same number of a restaurant is the same order."),
        example="A-10024",
    )
    phone = PersonResource.fields["phone"]
    guest_id = Column(
        _("Guest's external ID"),
        widgets.IdWidget(max_length=45),
        aliases=(
            "external guest id, guest external id, external customer id, customer external id, "
            "guest, customer, client, customer id, client id, guest uuid, crm id, id гостя, id "
            "клиента, код гостя, код клиента, внешний id гостя, внешний id клиента, гость, клиент"
        ),
        help_text=_("The guest's ID in another system."),
        example="C-1024",
    )
    card = BalanceResource.fields["card"]
    total = Column(
        _("Total"),
        widgets.AmountWidget(signed=True),
        aliases=(
            "sum, amount, order total, order sum, order amount, total amount, total sum, grand "
            "total, net total, bill total, revenue, paid, сумма, итого, всего, сумма заказа, сумма "
            "чека, сумма счета, итоговая сумма, выручка, оплачено"
        ),
        help_text=_("What was paid, in the company's currency; below zero what was given back."),
        format_text=_("1234.56"),
        example="48.50",
    )
    closed_at = Column(
        _("Closed"),
        widgets.MomentWidget(),
        aliases=(
            "closed, close time, close date, closing time, closing date, closed time, closed date, "
            "date closed, time closed, date, time, date time, date and time, datetime, timestamp, "
            "order date, order time, paid at, дата, время, дата и время, закрыт, дата закрытия, "
            "время закрытия, дата заказа, дата чека, дата и время закрытия"
        ),
        help_text=_("When the order was closed, in the company's time zone unless it names one."),
        format_text=_("YYYY-MM-DD HH:MM:SS, with +01:00 or Z behind it if not local"),
        example="2026-03-10 21:40:00",
        cell_format="date",
    )
