"""Whoever gives guests a tier and whoever deletes it wait for each other: nobody holds one that is
gone, which no key of the database keeps them from."""

import datetime
import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from core.models import Company
from guests.models import Guest, MemberTier
from guests.services import takeback
from guests.services.merging import undo_merge
from guests.services.records import Draft, TierGone, create_guest, update_guest
from guests.services.tiers import InUse, delete_tier
from imports.pipeline.decisions import Additions, Create, Update
from imports.pipeline.prepare import prepare_people
from tests.guests.cast import ANN, ANNA, guest, merge

NOW = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)
NOTHING = Additions(cards=[], categories=[], external_ids=[])

Act = Callable[[], object]


@pytest.fixture
def gold(bella: Company) -> MemberTier:
    return MemberTier.objects.create(company=bella, name="Gold")


def deleting(tier: MemberTier) -> Act:
    return lambda: delete_tier(tier=tier, actor=None, source="web", now=NOW)


def saving(tier: MemberTier) -> Act:
    anna = guest(tier.company)
    draft = Draft({"member_tier_id": tier.pk})
    return lambda: update_guest(
        company=tier.company,
        guest=anna,
        expected=1,
        draft=draft,
        actor=None,
        source="web",
        now=NOW,
    )


def creating(tier: MemberTier) -> Act:
    draft = Draft({"phone": ANNA, "member_tier_id": tier.pk})
    return lambda: create_guest(
        company=tier.company, draft=draft, actor=None, source="web", now=NOW
    )


def _writing(company: Company, decision: Create | Update) -> Act:
    """Return what writes a chunk that was made ready while the one before it was written."""
    people = prepare_people(company.pk, [decision])

    def write() -> None:
        with transaction.atomic():
            people.write()

    return write


def importing_a_new_guest(tier: MemberTier) -> Act:
    values = {"phone": ANNA, "registered_at": NOW, "member_tier_id": tier.pk}
    return _writing(tier.company, Create(2, values, NOTHING, []))


def importing_a_known_guest(tier: MemberTier) -> Act:
    anna = guest(tier.company)
    changes = {"member_tier_id": (None, tier.pk)}
    values = {"phone": ANNA, "member_tier_id": tier.pk}
    return _writing(tier.company, Update(2, anna.pk, 1, changes, NOTHING, [], values))


GIVING = [saving, creating, importing_a_new_guest, importing_a_known_guest]


def one_within_the_other(first: Act, other: Act) -> list[BaseException]:
    """Do the second while the first one's transaction is under way; return what it raised."""
    raised: list[BaseException] = []

    def in_a_thread() -> None:
        try:
            other()
        except (InUse, TierGone) as error:
            raised.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=in_a_thread)
    with transaction.atomic():
        first()
        thread.start()
        # Long enough to get in between, if nothing keeps it from that.
        thread.join(1)
    thread.join()
    return raised


def nobody_holds_what_is_gone() -> bool:
    tiers = Guest.objects.filter(member_tier__isnull=False).values_list("member_tier", flat=True)
    return set(tiers) <= set(MemberTier.objects.values_list("pk", flat=True))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("giving", GIVING)
def test_a_tier_that_nobody_holds_meanwhile_leads_nowhere(
    gold: MemberTier, giving: Callable[[MemberTier], Act], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The race itself, with the lock taken off."""
    monkeypatch.setattr("guests.services.tiers.held", lambda company, ids: set(ids))
    assert one_within_the_other(giving(gold), deleting(gold)) == []
    assert not nobody_holds_what_is_gone()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("giving", GIVING)
def test_whoever_deletes_a_tier_waits_for_whoever_is_giving_it(
    gold: MemberTier, giving: Callable[[MemberTier], Act]
) -> None:
    (refused,) = one_within_the_other(giving(gold), deleting(gold))
    assert isinstance(refused, InUse)
    assert Guest.objects.get().member_tier == gold


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("giving", GIVING)
def test_whoever_gives_a_tier_waits_for_whoever_is_deleting_it(
    gold: MemberTier, giving: Callable[[MemberTier], Act]
) -> None:
    pk = gold.pk
    (refused,) = one_within_the_other(deleting(gold), giving(gold))
    assert isinstance(refused, TierGone)
    assert refused.ids == {pk}
    assert not Guest.objects.filter(member_tier__isnull=False).exists()


@pytest.mark.django_db
def test_an_undo_gives_no_tier_back_that_is_gone(bella: Company, gold: MemberTier) -> None:
    silver = MemberTier.objects.create(company=bella, name="Silver")
    anna, ann = guest(bella, member_tier_id=gold.pk), guest(bella, ANN, member_tier_id=gold.pk)
    replaced = {
        anna.pk: {"fields": {"member_tier_id": [99_999, gold.pk]}},
        ann.pk: {"fields": {"member_tier_id": [silver.pk, gold.pk]}},
    }
    assert takeback.restore_replaced(bella, replaced) == {}
    anna.refresh_from_db()
    ann.refresh_from_db()
    assert (anna.member_tier_id, ann.member_tier_id) == (None, silver.pk)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_merge_that_is_undone_holds_the_tier_that_comes_back(
    bella: Company, gold: MemberTier
) -> None:
    silver = MemberTier.objects.create(company=bella, name="Silver")
    kept = guest(bella, member_tier_id=gold.pk)
    merged = guest(bella, ANN, member_tier_id=silver.pk)
    receipt = merge(kept, merged, member_tier="merged")

    def undo() -> None:
        undo_merge(company=bella, merge=receipt, actor=None, source="web", now=NOW)

    (refused,) = one_within_the_other(undo, deleting(gold))
    assert isinstance(refused, InUse)
    assert nobody_holds_what_is_gone()
