"""The board of unusual credits: who credited whom."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from core.models import Company, User
from core.web.access import CompanyRequest, company_view
from guests.models import Guest
from loyalty.models import Program
from loyalty.unusual import AGAIN, FAR, FEW, SINCE, unusual_credits
from loyalty.words import figure


@company_view("loyalty.change_program")
def unusual(request: CompanyRequest, company: Company) -> HttpResponse:
    """Show credits by hand that somebody should look at: five queries."""
    found = unusual_credits(company, now=timezone.now())
    programs = Program.objects.for_company(company).in_bulk([each.program_id for each in found])
    guests = Guest.objects.for_company(company).in_bulk([each.guest_id for each in found])
    people = User.objects.in_bulk([each.actor_id for each in found])
    rows = [
        {
            "credit": each,
            "guest": guests[each.guest_id],
            "by": people[each.actor_id],
            "program": programs[each.program_id],
            "amount": figure(each.amount, programs[each.program_id]),
            "given": figure(each.given, programs[each.program_id]),
        }
        for each in found
    ]
    context = {"rows": rows, "days": SINCE.days, "far": FAR, "again": AGAIN, "few": FEW}
    return render(request, "loyalty/unusual.html", context)
