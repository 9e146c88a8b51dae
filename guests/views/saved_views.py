"""Views of the list under a name: saving what is filtered, and deleting a view."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import Change, Company
from core.texts import isolated
from core.web.access import CompanyRequest, company_view
from guests.forms.lists import SaveViewForm
from guests.models import GuestListChoice, SavedView
from guests.services.saved_views import NameTaken, delete_view, save_view
from guests.views.list_page import ListPage
from guests.web.addresses import ListAddress


@company_view("guests.view_guest")
def save(request: CompanyRequest, company: Company) -> HttpResponse:
    """Save the filters and the order of the address under a name."""
    address = ListAddress(request.GET)
    may_share = request.user.has_perm("guests.share_view", company)
    form = SaveViewForm(request.POST or None, may_share=may_share)
    if form.is_bound and form.is_valid():
        try:
            view = save_view(
                company=company, query=address.view_query, actor=request.user,
                name=form.cleaned_data["name"], shared=form.cleaned_data.get("shared", False),
                source=Change.Source.WEB, now=timezone.now(),
            )  # fmt: skip
        except NameTaken:
            form.add_error("name", _("There is a view of this name already."))
        else:
            return redirect(f"{reverse('guests:list', args=[company.slug])}?{view.query}")
    page = ListPage(company, address, GuestListChoice(), today=timezone.localdate())
    words = [found.label for found in page.filter.descriptions()]
    context = {"form": form, "words": words, "back": address.with_()}
    return render(request, "guests/list_save_view.html", context)


@company_view("guests.view_guest")
def delete(request: CompanyRequest, company: Company, pk: int) -> HttpResponse:
    """Ask whether a view is to be deleted, and do it. The guests in it stay as they are."""
    views = SavedView.objects.for_company(company).for_user(request.user)
    view = get_object_or_404(views.select_related("company"), pk=pk)
    if request.method != "POST":
        return render(request, "guests/list_delete_view.html", {"view": view})
    delete_view(view=view, actor=request.user, source=Change.Source.WEB, now=timezone.now())
    messages.success(request, _("The view “%(name)s” was deleted.") % {"name": isolated(view.name)})
    return redirect(f"{reverse('guests:list', args=[company.slug])}?{view.query}")
