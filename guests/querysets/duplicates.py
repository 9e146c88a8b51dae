"""Reads of possible duplicates."""

from core.querysets import CompanyOwnedQuerySet


class PossibleDuplicateQuerySet(CompanyOwnedQuerySet):
    pass
