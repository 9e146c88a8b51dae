"""Progress, result, mending and undo, each by its page."""

import csv
import io

import pytest
from django.utils import timezone

from core.models import OutgoingMail
from core.services import mail as mails
from guests.models import Guest
from imports import error_file
from imports.models import ImportJob
from imports.reports import undo
from imports.services import runs
from tests.imports.web import (
    MIXED,
    checked,
    draft,
    imported,
    page,
    under_way,
    undone,
    worked,
)

pytestmark = pytest.mark.django_db

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def client(sign_in, manager):
    return sign_in(manager)


def text_of(answer):
    return answer.content.decode()


# -- Progress


def test_progress_shows_rows_rate_and_time_left(client, bella, manager):
    job = under_way(draft(bella, manager), counts={"created": 4_900, "failed": 100})
    text = text_of(client.get(page(job, "progress")))
    assert "Importing" in text
    assert "25%" in text
    assert "5,000 of 20,000 rows" in text
    assert "rows a second" in text
    assert "less than a minute" in text
    assert "Keep the 4,900 that are in" in text
    assert '<meta http-equiv="refresh"' in text  # for browsers without script


def test_one_row_is_one_row(client, bella, manager):
    job = under_way(draft(bella, manager), done=1, total=1, counts={})
    assert "1 of 1 row" in text_of(client.get(page(job, "progress")))
    job = under_way(job, done=10, total=20)
    assert "1 row a second" in text_of(client.get(page(job, "progress")))
    assert "1 row is as it was" in undo.sentence(ImportJob(undo_counts={"kept": 1}))


def test_a_poll_gets_only_the_part_that_moves(client, bella, manager):
    text = text_of(client.get(page(under_way(draft(bella, manager)), "progress"), **HTMX))
    assert text.lstrip().startswith('<div id="progress"')
    assert "<html" not in text


def test_a_poll_of_an_ended_import_leads_to_its_result(client, bella, manager):
    job = imported(bella, manager)
    answer = client.get(page(job, "progress"), **HTMX)
    assert answer.headers["HX-Redirect"] == page(job, "result")
    assert client.get(page(job, "progress")).headers["Location"] == page(job, "result")


def test_the_check_polls_its_own_page_and_comes_back_to_it(client, bella, manager):
    job = under_way(draft(bella, manager), step="check", total=0)
    text = text_of(client.get(page(job, "check")))
    assert "Checking" in text
    assert "Stop the check" in text
    assert "<html" not in text_of(client.get(page(job, "check"), **HTMX))
    job = checked(bella, manager)
    assert client.get(page(job, "check"), **HTMX).headers["HX-Redirect"] == page(job, "check")


def test_an_import_that_waits_for_another_says_for_which(client, bella, manager):
    first = under_way(draft(bella, manager))
    second = under_way(draft(bella, manager), state="queued", started_at=None, done=0)
    text = text_of(client.get(page(second, "progress")))
    assert f"Import {first.number} is being written" in text


@pytest.mark.parametrize("what", ["keep", "undo"])
def test_stopping_asks_the_worker(client, bella, manager, what):
    job = under_way(draft(bella, manager))
    answer = client.post(page(job, "stop"), {"what": what})
    assert answer.headers["Location"] == page(job, "progress")
    job.refresh_from_db()
    assert (job.stop_request, job.stopped_by) == (what, manager)
    text = text_of(client.get(page(job, "progress")))
    assert "Stopping" in text
    assert 'id="stop"' not in text


def test_stopping_what_has_ended_says_so(client, bella, manager):
    job = imported(bella, manager)
    answer = client.post(page(job, "stop"), {"what": "keep"}, follow=True)
    assert "This import is done by now" in text_of(answer)


@pytest.mark.parametrize(
    ("first", "then", "said"),
    [
        ("keep", "undo", "Somebody else had it stopped before: what is in stays in."),
        ("undo", "keep", "Somebody else had it stopped before: what is in is undone."),
        ("keep", "keep", "It stops as soon as the rows at hand are done."),
    ],
)
def test_of_two_who_stop_it_the_first_is_heard(client, bella, manager, owner, first, then, said):
    job = under_way(draft(bella, manager))
    runs.request_stop(job=job, keep=first == "keep", actor=owner)
    assert said in text_of(client.post(page(job, "stop"), {"what": then}, follow=True))
    job.refresh_from_db()
    assert (job.stop_request, job.stopped_by) == (first, owner)


def test_who_stops_the_check_does_not_stop_the_import_that_somebody_else_began(
    client, bella, manager
):
    job = under_way(draft(bella, manager))
    stop_the_check = {"what": "keep", "check": ""}
    answer = client.post(page(job, "stop"), stop_the_check, follow=True)
    assert "nothing was changed" in text_of(answer)
    job.refresh_from_db()
    assert job.stop_request == ""
    under_way(job, step="check")
    assert 'name="check"' in text_of(client.get(page(job, "check")))
    client.post(page(job, "stop"), stop_the_check)
    job.refresh_from_db()
    assert job.stop_request == "keep"


def test_stopping_by_undo_needs_the_permission_to_undo(sign_in, bella, operator):
    job = under_way(draft(bella, operator))
    client = sign_in(operator)
    assert 'value="undo"' not in text_of(client.get(page(job, "progress")))
    assert client.post(page(job, "stop"), {"what": "undo"}).status_code == 403
    assert client.post(page(job, "stop"), {"what": "keep"}).status_code == 302


# -- Result


def test_the_result_says_what_happened(client, bella, manager):
    text = text_of(client.get(page(imported(bella, manager), "result")))
    assert "2 guests imported into Bella." in text
    assert "Undo import" in text
    assert "Comma, UTF-8, header in row 1" in text
    assert "to put right" not in text


def test_failed_rows_are_shown_to_be_mended(client, bella, manager):
    text = text_of(client.get(page(imported(bella, manager, MIXED, partial=True), "result")))
    assert "2 rows to put right" in text
    assert 'value="max-example.com"' in text
    assert "The telephone is missing." in text
    assert "Upload corrected file" in text


def test_mended_rows_are_imported_again(client, bella, manager):
    job = imported(bella, manager, MIXED, partial=True)
    cells = {"cell-3-0": "+442079460961", "cell-3-1": "Nobody", "cell-4-3": "max@example.com"}
    answer = client.post(page(job, "mend"), cells)
    new = ImportJob.objects.get(corrects=job)
    assert answer.headers["Location"] == page(new, "progress")
    assert worked(new).counts == {"created": 2}
    assert Guest.objects.get(phone="+442079460960").email == "max@example.com"
    assert "Corrected by" in text_of(client.get(page(job, "result")))


def test_what_was_wrong_the_time_before_is_not_there_to_be_mended(client, bella, manager):
    first = imported(bella, manager, MIXED, partial=True)
    content = b"".join(error_file.csv_lines(first)).decode()
    content = content.replace("max-example.com", "maxi.example.com")
    again = imported(bella, manager, content, partial=True, corrects=first)
    text = text_of(client.get(page(again, "result")))
    assert 'value="maxi.example.com"' in text
    assert "What was wrong" not in text
    cells = {"cell-3-3": "max@example.com"}
    client.post(page(again, "mend"), cells)
    assert worked(ImportJob.objects.get(corrects=again)).counts == {"created": 1}


def test_the_same_mending_twice_is_one_import(client, bella, manager):
    job = imported(bella, manager, MIXED, partial=True)
    cells = {"cell-3-0": "+442079460961"}
    client.post(page(job, "mend"), cells)
    new = ImportJob.objects.get(corrects=job)
    assert client.post(page(job, "mend"), cells).headers["Location"] == page(new, "progress")
    assert ImportJob.objects.filter(corrects=job).count() == 1


def test_a_mending_that_somebody_took_back_can_be_asked_for_again(client, bella, manager, owner):
    job = imported(bella, manager, MIXED, partial=True)
    cells = {"cell-3-0": "+442079460961", "cell-4-3": "max@example.com"}
    client.post(page(job, "mend"), cells)
    first = worked(ImportJob.objects.get(corrects=job))
    runs.request_undo(job=first, actor=owner, now=timezone.now())
    worked(first)
    client.post(page(job, "mend"), cells)
    second = ImportJob.objects.filter(corrects=job).latest("pk")
    assert worked(second).counts == {"created": 2}
    assert second != first


def test_cells_nobody_touched_keep_what_an_input_cannot_hold(client, bella, manager):
    content = 'phone,name,comment\n,John,"two\nlines"\n'
    job = imported(bella, manager, content, partial=True)
    client.post(page(job, "mend"), {"cell-2-0": "+442079460961", "cell-2-2": "twolines"})
    worked(ImportJob.objects.get(corrects=job))
    assert Guest.objects.get().comment == "two\nlines"


def test_a_short_row_nobody_touched_fails_again(client, bella, manager):
    content = "phone,name,email\n+442079460958,John\n+442079460959,Anna,anna@example.com\n"
    job = imported(bella, manager, content, partial=True)
    row = {"cell-2-0": "+442079460958", "cell-2-1": "John", "cell-2-2": ""}
    client.post(page(job, "mend"), row)
    assert worked(ImportJob.objects.get(corrects=job)).counts == {"failed": 1}


def test_mending_rows_that_did_not_fail_is_refused(client, bella, manager):
    job = imported(bella, manager, MIXED, partial=True)
    assert client.post(page(job, "mend"), {"cell-2-0": "+442079460999"}).status_code == 400
    assert client.post(page(job, "mend"), {}).status_code == 400


def test_an_import_that_was_refused_is_not_mended_by_halves(client, bella, manager):
    job = draft(bella, manager, MIXED)
    runs.start_import(job=job, actor=manager, source="web", now=timezone.now())
    job = worked(job)
    assert job.state == "refused"
    text = text_of(client.get(page(job, "result")))
    assert "Nothing was imported into Bella. 2 lines have errors." in text
    assert "cell-3-0" not in text
    assert "Download error file" in text


def test_an_import_that_broke_off_says_why(client, bella, manager):
    job = under_way(draft(bella, manager), state="failed", error="Given up after 5 attempts.")
    text = text_of(client.get(page(job, "result")))
    assert "Given up after 5 attempts." in text


def test_the_error_file_holds_the_failed_rows(client, bella, manager):
    answer = client.get(page(imported(bella, manager, MIXED, partial=True), "errors"))
    assert "guests-errors-" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [row[1] for row in rows] == ["name", "Nobody", "Max"]


def test_the_mail_that_was_kept_can_be_read(client, bella, manager, settings, tmp_path):
    settings.MAIL_DIR = tmp_path
    settings.EMAIL_BACKEND = "core.mail.FolderBackend"
    job = imported(bella, manager)
    mails.send(OutgoingMail.objects.get().pk)
    assert "Open the e-mail" in text_of(client.get(page(job, "result")))
    answer = client.get(page(job, "mail"))
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert f"To: {manager.email}" in text_of(answer)
    assert "2 guests imported into Bella." in text_of(answer)


def test_there_is_no_mail_before_it_is_sent(client, bella, manager):
    assert client.get(page(imported(bella, manager), "mail")).status_code == 404


# -- Undo


def test_undo_counts_exactly_and_then_does_it(client, bella, manager):
    for number in range(20):
        Guest.objects.create(
            company=bella, phone=f"+44207946{number:04}", registered_at=timezone.now()
        )
    Guest.objects.create(
        company=bella, phone="+442079460958", first_name="Jack", registered_at=timezone.now()
    )
    job = imported(bella, manager)
    text = text_of(client.get(page(job, "undo")))
    assert "Undo 2 guests in Bella" in text
    assert "Type 2 to go on" not in text
    answer = client.post(page(job, "undo"))
    assert answer.headers["Location"] == page(job, "progress")
    job = worked(job)
    assert job.state == "undone"
    assert job.undo_counts == {"undone": 2}
    assert Guest.objects.get(phone="+442079460958").first_name == "Jack"
    text = text_of(client.get(page(job, "undo")))
    assert "All 2 rows of this import are as they were before." in text
    assert client.get(page(job)).headers["Location"] == page(job, "undo")


def test_a_large_undo_is_confirmed_by_its_number(client, bella, manager):
    job = imported(bella, manager)
    assert "Type 2 to go on" in text_of(client.get(page(job, "undo")))
    assert "There is a problem" in text_of(client.post(page(job, "undo"), {"typed": "3"}))
    job.refresh_from_db()
    assert job.state == "done"
    client.post(page(job, "undo"), {"typed": "2"})
    job.refresh_from_db()
    assert (job.state, job.step) == ("queued", "undo")


def test_undo_tells_what_it_leaves_before_and_after(client, bella, manager):
    Guest.objects.create(
        company=bella, phone="+442079460958", first_name="Jack", registered_at=timezone.now()
    )
    job = imported(bella, manager)
    Guest.objects.filter(phone="+442079460958").update(first_name="James", version=9)
    Guest.objects.filter(phone="+442079460959").update(version=2)
    text = text_of(client.get(page(job, "undo")))
    assert "2 rows stay as they are, in whole or in part" in text
    assert "The guest was changed since, and stays." in text
    runs.request_undo(job=job, actor=manager, now=timezone.now())
    job = worked(job)
    assert job.undo_counts == {"in_part": 1, "kept": 1}
    text = text_of(client.get(page(job, "undo")))
    assert "0 of 2 rows are as they were before." in text
    assert "First name was changed since, and stays as it is now." in text


def test_undo_of_nothing_says_so(client, bella, manager):
    answer = client.get(page(draft(bella, manager), "undo"), follow=True)
    assert "There is nothing to undo" in text_of(answer)


def test_undo_pressed_twice_is_one_undo(client, bella, manager):
    job = imported(bella, manager)
    client.post(page(job, "undo"), {"typed": "2"})
    answer = client.post(page(job, "undo"), {"typed": "2"}, follow=True)
    assert answer.redirect_chain[-1][0] == page(job, "progress")
    job.refresh_from_db()
    assert (job.state, job.step) == ("queued", "undo")


def test_the_result_of_an_undone_import_leads_to_the_report(client, bella, manager):
    job = undone(bella, manager)
    assert page(job, "undo") in text_of(client.get(page(job, "result")))
