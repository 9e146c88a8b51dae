"""Text as a reader sees it: what is dropped, what stands apart, what is cut."""

import pytest
from django.template.loader import render_to_string

from core.models import Company
from core.texts import fold, isolated, one_line, shortened
from guests.models import GuestExport
from guests.normalize import Invalid, identifier, name, text
from imports.models import ImportJob

pytestmark = pytest.mark.pure


def test_what_hebrew_and_arabic_are_spelled_with_stays_inside() -> None:
    assert name("כהן\u200f (בע״מ)") == "כהן\u200f (בע״מ)"
    assert text("א\u200eB\u061cג", 10) == "א\u200eB\u061cג"
    # At the ends they come along from other programs, and do nothing.
    assert name("\u200e\u200fAnna\u200e ") == "Anna"


@pytest.mark.parametrize("turn", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_what_turns_the_text_beside_it_is_dropped(turn: str) -> None:
    assert name(f"An{turn}na{turn}") == one_line(f"An{turn}na") == "Anna"
    assert text(f"a{turn}\nb", 10) == "a\nb"


@pytest.mark.parametrize("typed", ["\u200f", "\u200d\u200c", " \u061c \u200e"])
def test_marks_alone_are_no_name(typed: str) -> None:
    with pytest.raises(Invalid, match="cannot be seen"):
        name(typed)


def test_marks_make_no_other_name_and_no_other_card() -> None:
    assert fold("כהן\u200f") == fold("כהן")
    assert fold("\u2068אנה\u2069") == "\u2068אנה\u2069".strip("\u2068\u2069")
    assert identifier("\u200e70\u200d01", 20) == "7001"


def test_only_what_may_run_from_the_right_is_set_apart() -> None:
    assert isolated("Anna Łódź 王") == "Anna Łódź 王"
    assert isolated("אנה (1)") == "\u2068אנה (1)\u2069"
    # What was kept before such signs were dropped cannot end the isolation before its time.
    assert isolated("א\u2069\u202eב") == "\u2068אב\u2069"


def test_a_long_name_loses_its_middle() -> None:
    assert shortened("Bella") == "Bella"
    first = shortened("Bella Ristorante e Trattoria Internazionale, Soho")
    other = shortened("Bella Ristorante e Trattoria Internazionale, Camden")
    assert first == "Bella Ristorante e…Soho"
    assert first != other
    assert len(first) <= 32


@pytest.mark.parametrize(
    ("template", "context"),
    [
        ("core/mail/invitation_subject.txt", {}),
        ("guests/mail/export_subject.txt", {"export": GuestExport(total=2)}),
        (
            "imports/mail/result_subject.txt",
            {
                "job": ImportJob(state="done_with_errors", filename="a&b.csv"),
                "counts": {"failed": 1},
            },
        ),
    ],
)
def test_subjects_are_text_and_not_html(template: str, context: dict[str, object]) -> None:
    company = Company(name="Luigi's & Söhne")
    subject = render_to_string(template, {"company": company, **context})
    assert "Luigi's & Söhne" in subject
    assert "1 errors" not in subject
