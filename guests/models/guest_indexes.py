"""What the list of guests is sorted and narrowed down by, as indexes.

Each is an order of guests.paging: the key, then the id, so that a page is a stretch of it whichever
way it runs. A blank key stands in it like any other, because guests without a value are a stretch
of their own: an import that brings no birthdays appends to one end of the index, which costs
little. Partial is what an import never fills at all, and what is only looked up.

Any part of a telephone, a name or an address is found by trigrams, on PostgreSQL: migration 0006.
"""

from typing import Any

from django.db.models import Func, Index, Q
from django.db.models.functions import Left

#: So much of a comment takes part in its order: an index holds no long texts.
COMMENT_KEY = 40


class CodePoints(Func):
    """Text compared by code point, which SQLite does and PostgreSQL must be told."""

    template = "%(expressions)s"
    arity = 1

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler, connection, template='(%(expressions)s COLLATE "C")', **context
        )


def comment_key() -> CodePoints:
    """Return the beginning of the comment, by which guests are sorted."""
    return CodePoints(Left("comment", COMMENT_KEY))


INDEXES = [
    Index(fields=["company", "name_key", "id"], name="guest_by_name"),
    Index(fields=["company", "birthday", "id"], name="guest_by_birthday"),
    Index(fields=["company", "email", "id"], name="guest_by_email"),
    Index(fields=["company", "registered_at", "id"], name="guest_by_registration"),
    Index(fields=["company", "orders_count", "id"], name="guest_by_orders"),
    Index(fields=["company", "total", "id"], name="guest_by_total"),
    Index(fields=["company", "last_visit_at", "id"], name="guest_by_last_visit"),
    Index(fields=["company", "member_tier", "id"], name="guest_by_tier"),
    # Without an order there is no average: those guests stand in guest_by_orders.
    Index(
        fields=["company", "average_bill", "id"],
        condition=Q(average_bill__isnull=False),
        name="guest_by_average_bill",
    ),
    Index(
        fields=["company", "last_promo_sms_at", "id"],
        condition=Q(last_promo_sms_at__isnull=False),
        name="guest_by_last_promo_sms",
    ),
    Index("company", comment_key(), "id", condition=Q(comment__gt=""), name="guest_by_comment"),
    Index(
        fields=["company", "birthday_key", "id"],
        condition=Q(birthday_key__isnull=False),
        name="guest_by_birthday_key",
    ),
    Index(
        fields=["company", "employee_id"],
        condition=Q(employee_id__gt=""),
        name="guest_by_employee_id",
    ),
    # Few say so of themselves; of the other sexes each is soon met.
    Index(fields=["company", "id"], condition=Q(sex="other"), name="guest_of_other_sex"),
    # In the order of last visits those are met late who spent little and were here: a file brings
    # many who spent nothing, and none of whom it is known when they came.
    Index(
        fields=["company", "total", "id"],
        condition=Q(last_visit_at__isnull=False),
        name="guest_here_by_total",
    ),
    # And nobody is met at all of whom there is no order. Empty, or nearly so: that is its use.
    Index(
        fields=["company", "id"],
        condition=Q(last_visit_at__isnull=False, orders_count__lte=0),
        name="guest_here_without_order",
    ),
]
