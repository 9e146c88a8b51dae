"""A saved mapping on a file with other columns: by their names, or not at all."""

import pytest
from django.utils import timezone

from core.models import User
from guests.models import Guest
from imports.models import ColumnMapping, ImportJob
from imports.pipeline.read import signature
from imports.services.mappings import save_mapping
from imports.services.uploads import choose_columns
from tests.imports.trips import ANNA
from tests.imports.web import draft, page


def save_till(command, bella, content, *arguments):
    """Import a file once, and save its columns as “Till”: phone, name and comment."""
    assert command(content, *arguments).code == 0
    job = ImportJob.objects.get()
    actor = User.objects.create(email="saver@bella.example", name="Saver")
    save_mapping(job=job, name="Till", actor=actor, source="web", now=timezone.now())
    Guest.objects.all().delete()


AS_SAVED = f"Tel,Who,Till no.,Note\n{ANNA},Anna,7,window\n"
BY_PLACE = f"{ANNA},Anna,7,window\n"
COLUMNS = ("--columns", "phone,name,-,comment")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (AS_SAVED, ""),
        # In another order, and what the mapping leaves out may be missing.
        (f"note, who ,TEL\nwindow,Anna,{ANNA}\n", ""),
        (
            f"Tel,Shoe size,Who,Till no.,Note,E-mail\n{ANNA},43,Anna,7,window,a@b.example\n",
            "“Till” does not know these columns, and they are not imported: “Shoe size”, “E-mail”.",
        ),
        (f"Tel,Who,Till no.,Note,,\n{ANNA},Anna,7,window,,\n", ""),
    ],
)
def test_a_saved_mapping_finds_its_columns_by_their_names(command, bella, content, said):
    save_till(command, bella, AS_SAVED, *COLUMNS)
    done = command(content, "--mapping", "Till", "--header")
    assert done.code == 0
    assert done.stderr.strip() == said
    guest = Guest.objects.get()
    assert (guest.phone, guest.first_name, guest.comment) == (ANNA, "Anna", "window")
    assert guest.email == ""


@pytest.mark.parametrize(
    ("content", "arguments", "why"),
    [
        (
            f"Tel,Name,Till no.\n{ANNA},Anna,7\n",
            ["--header"],
            "imports: “Who”, “Note”. It has columns that “Till” does not know: “Name”.",
        ),
        (
            f"Tel,Who,Note,Note\n{ANNA},Anna,,window\n",
            ["--header"],
            "It has several columns of the same name, or elsewhere: “Note”.",
        ),
        (
            BY_PLACE,
            ["--no-header"],
            "It has no header, and “Till” knows its columns by name: “Tel”, “Who”, “Till no.”, “",
        ),
    ],
)
def test_a_file_in_which_a_field_would_not_find_its_column_is_refused(
    command, bella, content, arguments, why
):
    save_till(command, bella, AS_SAVED, *COLUMNS)
    refused = command(content, "--mapping", "Till", *arguments)
    assert refused.code == 2
    assert why in refused.said
    assert not Guest.objects.exists()
    assert ImportJob.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "arguments", "why"),
    [
        (f"{ANNA},Anna,7,window,more\n", [], "no header and 5 columns, and “Till” was saved for 4"),
        (f"{ANNA},Anna,window\n", [], "no header and 3 columns, and “Till” was saved for 4: which"),
        (f"{ANNA}\n", [], "no header and 1 column, and “Till” was saved for 4: which"),
        (AS_SAVED, ["--header"], "It has a header, and “Till” was saved for files without one."),
    ],
)
def test_without_a_header_there_must_be_as_many_columns(command, bella, content, arguments, why):
    save_till(command, bella, BY_PLACE, "--no-header", *COLUMNS)
    assert command(BY_PLACE, "--mapping", "Till").code == 0
    Guest.objects.all().delete()
    refused = command(content, "--mapping", "Till", *arguments)
    assert refused.code == 2
    assert why in refused.said
    assert not Guest.objects.exists()


def test_columns_of_the_same_name_are_told_by_their_places_alone(command, bella):
    twice = f"Tel,Note,Note\n{ANNA},window,smoker\n"
    save_till(command, bella, twice, "--header", "--columns", "phone,comment,-")
    assert command(twice, "--mapping", "Till").code == 0
    assert Guest.objects.get().comment == "window"
    refused = command(f"Note,Tel,Note\nsmoker,{ANNA},window\n", "--mapping", "Till", "--header")
    assert refused.code == 2
    assert "of the same name, or elsewhere: “Note”." in refused.said


def old_mapping(company):
    """Save a mapping as an earlier version did, without the names of its columns."""
    return ColumnMapping.objects.create(
        company=company,
        name="Till",
        signature=signature(["phone", "name"], 2),
        mapping=["phone", "comment"],
    )


def test_a_mapping_of_an_earlier_version_fits_the_same_columns_only(command, bella):
    old_mapping(bella)
    assert command(f"name;phone\n{ANNA};x\n", "--mapping", "Till", "--header").code == 2
    assert command(f"phone;name\n{ANNA};x\n", "--mapping", "Till", "--header").code == 0
    refused = command(f"phone;other\n{ANNA};x\n", "--mapping", "Till", "--header")
    assert refused.code == 2
    assert "whose names were not kept" in refused.said


# -- On the page -----------------------------------------------------------------------------------


def as_chosen(company, actor):
    """Return a draft import of AS_SAVED with its columns chosen."""
    job, chosen = draft(company, actor, AS_SAVED), ["phone", "name", None, "comment"]
    return choose_columns(job=job, mapping=chosen, may=lambda permission: True)


def test_the_page_offers_what_fits_and_says_what_it_leaves_out(sign_in, bella, manager):
    client = sign_in(manager)
    job = as_chosen(bella, manager)
    save_mapping(job=job, name="Till", actor=manager, source="web", now=timezone.now())
    other = draft(bella, manager, f"Shoe size,Note,Tel,Who\n43,window,{ANNA},Anna\n")
    shown = client.get(page(other, "columns")).content.decode()
    assert "(leaves out what it does not know: “Shoe size”)" in shown
    saved = ColumnMapping.objects.get()
    done = client.post(page(other, "columns"), {"action": "use", "mapping": saved.pk}, follow=True)
    assert "“Till” does not know these columns, and they are not imported: “Shoe size”." in (
        done.content.decode()
    )
    other.refresh_from_db()
    assert other.mapping == [None, "comment", "phone", "name"]


def test_the_page_neither_offers_nor_takes_what_does_not_fit(sign_in, bella, manager):
    client = sign_in(manager)
    job = as_chosen(bella, manager)
    save_mapping(job=job, name="Till", actor=manager, source="web", now=timezone.now())
    other = draft(bella, manager, f"Tel,Who\n{ANNA},Anna\n")
    before = other.mapping
    assert "Saved mappings" not in client.get(page(other, "columns")).content.decode()
    saved = ColumnMapping.objects.get()
    done = client.post(page(other, "columns"), {"action": "use", "mapping": saved.pk}, follow=True)
    assert (
        "“Till” does not fit the columns of this file. It lacks columns that “Till” imports: "
        in (done.content.decode())
    )
    other.refresh_from_db()
    assert other.mapping == before


def test_a_mapping_saved_again_gets_the_names_of_its_columns_unasked(bella, manager):
    job = as_chosen(bella, manager)
    keep = {"job": job, "name": "Till", "actor": manager, "source": "web", "now": timezone.now()}
    save_mapping(**keep)
    ColumnMapping.objects.update(header=None)
    save_mapping(**keep)
    assert ColumnMapping.objects.get().header == ["Tel", "Who", "Till no.", "Note"]
