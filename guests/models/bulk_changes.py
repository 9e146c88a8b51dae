"""Changes of many guests at once: delete, restore, put into a category or take out of one, set the
tier; and the category that is deleted with its places."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Job
from core.querysets import CompanyOwnedQuerySet
from guests.models.groups import Category, MemberTier
from guests.models.guests import Guest
from guests.models.keys import company_key


class BulkChange(Job):
    """A change of the guests that somebody confirmed, and the receipt that is left of it.

    The set is written down when it is confirmed (`BulkChangeGuest`): what is carried out is that
    set, also when the data have changed since. `total` counts it, `changed` those of them that
    were not as asked already. When a category is deleted its set is written down on the way.
    """

    class Action(models.TextChoices):
        DELETE = "delete", _("Delete")
        RESTORE = "restore", _("Restore")
        ADD_CATEGORY = "add_category", _("Add to a category")
        REMOVE_CATEGORY = "remove_category", _("Take out of a category")
        SET_TIER = "set_tier", _("Set the tier")
        DELETE_CATEGORY = "delete_category", _("Delete a category")

    class Step(models.TextChoices):
        CHANGE = "change", _("Change")
        UNDO = "undo", _("Undo")

    number = models.PositiveIntegerField(_("number"), help_text=_("Counted in the company."))
    action = models.CharField(_("action"), max_length=16, choices=Action)
    step = models.CharField(_("step"), max_length=8, choices=Step, default=Step.CHANGE)
    category = models.ForeignKey(
        Category, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    category_name = models.CharField(
        max_length=80, blank=True, help_text="What a receipt says when the category is gone."
    )
    member_tier = models.ForeignKey(
        MemberTier, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    tier_name = models.CharField(
        max_length=80, blank=True, help_text="Of the tier that was set; empty: they get none."
    )
    category_kept = models.JSONField(
        default=dict, help_text="Of a deleted category what brings it back: see deleted_categories."
    )
    ref = models.CharField(
        max_length=40, blank=True, help_text="The page it was confirmed on: sent twice, it is one."
    )
    query = models.TextField(blank=True, help_text="The list's address that was confirmed.")
    words = models.JSONField(default=list, help_text="The filters as they were confirmed.")
    checkpoint = models.PositiveBigIntegerField(
        default=0, help_text="The last guest that this step is done with, in order of their ids."
    )
    stop_asked = models.BooleanField(
        default=False, help_text="Somebody wants the worker to stop; what is changed stays so."
    )
    changed = models.PositiveBigIntegerField(_("changed"), default=0)
    undone = models.PositiveBigIntegerField(_("undone"), default=0)
    undone_by = models.ForeignKey(
        "core.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("bulk change")
        verbose_name_plural = _("bulk changes")
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="bulk_change_number_unique"),
        ]
        indexes = [
            models.Index(fields=["company", "-id"], name="bulk_change_by_time"),
            models.Index(
                fields=["state"],
                condition=Q(state__in=["queued", "running"]),
                name="bulk_change_active",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.get_action_display()}"


class BulkChangeGuest(models.Model):
    """One guest of a bulk change. No foreign keys: it is a log."""

    pk = models.CompositePrimaryKey("change_id", "guest_id")
    company = company_key()
    change = models.ForeignKey(
        BulkChange, models.CASCADE, db_constraint=False, db_index=False, related_name="guests"
    )
    guest = models.ForeignKey(
        Guest, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    version = models.PositiveIntegerField(
        null=True, help_text="The guest's version after the change; null while it was not changed."
    )
    is_undone = models.BooleanField(default=False)
    tier_before = models.BigIntegerField(
        null=True, help_text="Of a tier that was set: the one that the guest had."
    )

    objects = CompanyOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("guest of a bulk change")
        verbose_name_plural = _("guests of bulk changes")
        indexes = [models.Index(fields=["guest"], name="bulk_change_by_guest")]

    def __str__(self) -> str:
        return f"{self.guest_id} in {self.change_id}"
