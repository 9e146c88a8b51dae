"""Imports on a company's overview: the last ones, and how they ended."""

from typing import Any

from core.models import Company
from core.web import overview
from core.web.access import CompanyRequest
from imports.models import ImportJob

#: So many are shown; the list has them all.
LAST = 5


def register() -> None:
    """Add the last imports to the overview; who brings them in lands on all of them."""
    overview.register(
        overview.Panel(40, "imports/overview.html", last_imports, "imports.view_importjob")
    )
    overview.register_landing("operator", "imports:list")


def last_imports(request: CompanyRequest, company: Company) -> dict[str, Any]:
    """Return the last imports: one query."""
    jobs = ImportJob.objects.for_company(company).begun().for_list().newest_first()
    may = request.user.has_perm("imports.add_importjob", company)
    return {"jobs": list(jobs[:LAST]), "can_import": may}
