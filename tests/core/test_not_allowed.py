"""An address that only takes a form, opened by a link: after a sign-in in between, say."""

import pytest

pytestmark = pytest.mark.django_db


def test_who_opens_it_is_told_what_to_do(sign_in, owner, bella):
    answer = sign_in(owner).get("/c/bella/approvals/1/approve/")
    assert answer.status_code == 405
    assert "nothing was changed" in answer.content.decode()
    assert answer["Allow"] == "POST"


def test_other_methods_get_the_plain_answer(sign_in, owner, bella):
    answer = sign_in(owner).put("/c/bella/approvals/1/approve/")
    assert (answer.status_code, answer.content) == (405, b"")
