"""Files to take along: templates, the error file, the mail where there is no mail server."""

import email
from email import policy
from email.message import EmailMessage

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header

from core.mail import folder_path, message_id
from core.models import Company, OutgoingMail
from core.web.access import CompanyRequest, company_view
from imports import error_file, template_file
from imports.columns import BALANCES, GUESTS, FileKind
from imports.models import ImportJob
from imports.reports.result import mail_is_kept
from imports.services.results import RESULT_MAIL
from imports.views.pages import import_view, is_closed

_TEMPLATES = {
    "csv": (template_file.template_csv, "text/csv"),
    "xlsx": (template_file.template_xlsx, error_file.XLSX),
}


@company_view("imports.add_importjob")
def template(request: CompanyRequest, company: Company, format: str) -> HttpResponseBase:
    """Give an empty table with every column that the person may import."""
    return _template(request, company, format, GUESTS)


@company_view("loyalty.adjust_balance")
def balances_template(request: CompanyRequest, company: Company, format: str) -> HttpResponseBase:
    """Give an empty table with every column of balances."""
    return _template(request, company, format, BALANCES)


def _template(
    request: CompanyRequest, company: Company, format: str, kind: FileKind
) -> HttpResponseBase:
    if format not in _TEMPLATES:
        raise Http404
    make, content_type = _TEMPLATES[format]
    content = make(may=lambda permission: request.user.has_perm(permission, company), kind=kind)
    return _attached(HttpResponse(content, content_type=content_type), f"{kind.key}.{format}")


@import_view("imports.view_importjob")
def errors(request: CompanyRequest, job: ImportJob) -> HttpResponseBase:
    """Stream the rows that have to be put right."""
    if is_closed(request, job):
        raise PermissionDenied
    name, content_type, content = error_file.download(job)
    return _attached(StreamingHttpResponse(content, content_type=content_type), name)


@import_view("imports.view_importjob")
def mail(request: CompanyRequest, job: ImportJob) -> HttpResponse:
    """Show the mail with the result, where it was kept as a file and not sent."""
    sent = get_object_or_404(OutgoingMail, message_id=message_id(RESULT_MAIL, job.pk))
    if not mail_is_kept(sent):
        raise Http404
    content = folder_path(sent.message_id).read_bytes()
    message = email.message_from_bytes(content, policy=policy.default)
    return HttpResponse(_as_text(message), content_type="text/plain; charset=utf-8")


def _as_text(message: EmailMessage) -> str:
    """Return a mail as one reads it: its head, its text, the names of what is attached."""
    names = ("From", "To", "Date", "Subject", "Message-ID")
    head = [f"{name}: {message[name]}" for name in names if message[name]]
    attached = [part.get_filename() or "" for part in message.iter_attachments()]
    body = message.get_body(("plain",))
    text = body.get_content() if body else ""
    tail = [f"[{name}]" for name in attached]
    return "\n".join([*head, "", text.strip(), "", *tail]).rstrip() + "\n"


def _attached(response: HttpResponseBase, name: str) -> HttpResponseBase:
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response
