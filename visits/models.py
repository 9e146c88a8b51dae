"""When guests come: one Order for every bill that a till closed.

Files of orders fill this table by the million: `company` and `restaurant` carry no constraint; the
guest's is the composite key that is also the wall between companies (visits.guards).
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField
from core.models import Restaurant
from guests.models import Guest
from guests.models.keys import company_key, loose_key
from visits.querysets import OrderQuerySet


class Order(models.Model):
    """A bill, as a till closed it.

    A bill of nothing is a visit all the same. One below zero gives money back: it counts among the
    orders and in what was spent, but nobody came for it. An order without a guest is of somebody
    who was forgotten: the restaurant's takings stay true.
    """

    company = company_key()
    restaurant = loose_key(Restaurant)
    guest = models.ForeignKey(
        Guest,
        models.RESTRICT,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="orders",
    )
    external_id = models.CharField(
        _("number"), max_length=64, help_text=_("The till's own, once in a restaurant.")
    )
    total = AmountField(_("total"), help_text=_("Below zero when money was given back."))
    closed_at = models.DateTimeField(_("closed"))

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "restaurant", "external_id"], name="order_number_unique"
            ),
        ]
        indexes = [
            # A guest's orders by time; and what the key to the guest is looked up by.
            models.Index(
                fields=["guest", "closed_at", "id"],
                condition=Q(guest__isnull=False),
                name="order_of_guest",
            ),
            # Takings of a company by time, from the index alone where the database can.
            models.Index(fields=["company", "closed_at"], include=["total"], name="order_by_time"),
            # Who has been in a restaurant.
            models.Index(
                fields=["company", "restaurant", "guest"],
                condition=Q(guest__isnull=False),
                name="order_by_restaurant",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id
