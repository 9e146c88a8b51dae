"""What keys of these tables have in common."""

from typing import Any

from django.db import models

from core.models import Company


def company_key() -> models.ForeignKey:
    """The company of a row in a table that imports fill: every index starts with it anyway."""
    return models.ForeignKey(
        Company, models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )


def loose_key(to: Any, **options: Any) -> models.ForeignKey:
    """A reference that may safely dangle: a constraint would cost more than the insert itself."""
    return models.ForeignKey(
        to,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        **options,
    )
