"""What every app stands on. `Job` is abstract: imports, bulk changes and exports are Jobs."""

from core.models.attempts import Attempt
from core.models.changes import Change
from core.models.companies import Company, Membership, Restaurant, Role
from core.models.jobs import Job
from core.models.leases import Lease
from core.models.mail import OutgoingMail
from core.models.users import Standing, User

__all__ = [
    "Attempt",
    "Change",
    "Company",
    "Job",
    "Lease",
    "Membership",
    "OutgoingMail",
    "Restaurant",
    "Role",
    "Standing",
    "User",
]
