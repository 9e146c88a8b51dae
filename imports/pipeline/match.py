"""A chunk of clean rows -> the guests and the cards they meet, in a fixed number of queries."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet

from core.models import Company
from guests.models import Card, ErasedPhone, ExternalId, Guest, GuestCategory
from guests.privacy import erasure_digest
from guests.services.merging import kept_ids
from imports.pipeline.met import Met, Surroundings
from imports.pipeline.rows import CleanRow, external_ids


def match(
    company: Company, rows: Sequence[CleanRow], *, fields: Sequence[str], categories: bool
) -> Surroundings:
    """Read what `rows` meet. At most six queries, whatever the number of rows, and a few more
    where guests were merged: what was theirs leads to whoever was kept.

    `fields` are those the plan compares, KEY_FIELDS among them; `categories` says whether the
    import puts guests into any: then theirs are read too.
    """
    found = Surroundings()
    if not rows:
        return found
    phones = _phones(rows)
    found.by_phone = {
        met.values["phone"]: met for met in _guests(company, fields, phone__any=phones)
    }
    _lead_merged(company, fields, found)
    _match_external_ids(company, rows, fields, found)
    _match_owners(company, rows, found)
    if categories and (found.by_phone or found.by_external_id):
        ids = {met.id for met in (*found.by_phone.values(), *found.by_external_id.values())}
        found.in_categories = set(
            GuestCategory.objects.for_company(company)
            .filter(guest_id__any=ids)
            .values_list("guest_id", "category_id")
        )
    return found


def match_erased(company: Company, rows: Sequence[CleanRow]) -> set[str]:
    """Return those of the rows' phones whose guests asked to be forgotten."""
    if not ErasedPhone.objects.for_company(company).exists():
        return set()
    digests = {erasure_digest(company.pk, phone): phone for phone in _phones(rows)}
    erased = ErasedPhone.objects.for_company(company).filter(digest__any=digests.keys())
    return {digests[digest] for digest in erased.values_list("digest", flat=True)}


def _phones(rows: Sequence[CleanRow]) -> set[str]:
    """Return the rows' phones; what is left of a rejected row may have none."""
    return {row.values["phone"] for row in rows if "phone" in row.values}


def _guests(company: Company, fields: Sequence[str], **conditions: Any) -> Iterable[Met]:
    rows = Guest.objects.for_company(company).filter(**conditions)
    for pk, version, merged, *values in rows.values_list(
        "id", "version", "merged_into_id", *fields
    ):
        yield Met(pk, version, dict(zip(fields, values)), merged)  # noqa: B905 - in the inmost loop


def _lead_merged(company: Company, fields: Sequence[str], found: Surroundings) -> None:
    """Put the guest who was kept where the telephone of one who was merged leads."""
    merged = {phone: met.id for phone, met in found.by_phone.items() if met.merged_into}
    if not merged:
        return
    ends = kept_ids(company, set(merged.values()))
    # The same guest is one object, by whichever telephone it is met.
    kept = {met.id: met for met in found.by_phone.values() if not met.merged_into}
    missing = set(ends.values()) - kept.keys()
    kept |= {met.id: met for met in _guests(company, fields, id__any=missing)}
    for phone, pk in merged.items():
        if (end := kept.get(ends.get(pk, pk))) is not None:
            found.by_phone[phone] = end
            found.merged_phones.add(phone)


def _match_external_ids(
    company: Company, rows: Sequence[CleanRow], fields: Sequence[str], found: Surroundings
) -> None:
    values = {value for row in rows for value in external_ids(row)}
    if not values:
        return
    pairs = dict(
        ExternalId.objects.for_company(company)
        .filter(value__any=values)
        .values_list("value", "guest_id")
    )
    met = {guest.id: guest for guest in _guests(company, fields, id__any=set(pairs.values()))}
    # The same guest is one object, by whichever key it is met.
    met |= {guest.id: guest for guest in found.by_phone.values()}
    found.by_external_id = {value: met[guest] for value, guest in pairs.items()}


def _match_owners(company: Company, rows: Sequence[CleanRow], found: Surroundings) -> None:
    """Find whose the cards and member numbers of the rows are."""
    _match_cards(company, rows, found)
    if members := {row.values["member_number"] for row in rows if "member_number" in row.values}:
        with_members = Guest.objects.for_company(company).filter(member_number__any=members)
        found.member_owner = _owners(with_members, "member_number", "id")
        merged = with_members.filter(merged_into__isnull=False)
        if merged_owners := _owners(merged, "member_number", "id"):
            ends = kept_ids(company, set(merged_owners.values()))
            found.member_owner |= {m: ends.get(pk, pk) for m, pk in merged_owners.items()}
            found.merged_numbers = set(merged_owners)


def _match_cards(company: Company, rows: Sequence[CleanRow], found: Surroundings) -> None:
    cards = [card for row in rows for card in row.values.get("cards", ())]
    of_company = Card.objects.for_company(company)
    if tracks := {track for track, _number in cards if track}:
        _meet_cards(of_company.with_tracks(tracks), found)
    # A number mostly stands on the card whose track was found: no need to ask for it again.
    if numbers := {number for _track, number in cards if number} - found.number_owner.keys():
        _meet_cards(of_company.with_numbers(numbers), found)


def _meet_cards(cards: QuerySet, found: Surroundings) -> None:
    for track, number, guest, pk in cards.values_list("track", "number", "guest_id", "pk"):
        if track is None:
            found.half_cards["number", number] = pk
        else:
            found.track_owner[track] = guest
        if number is None:
            found.half_cards["track", track] = pk
        else:
            found.number_owner[number] = guest


def _owners(rows: QuerySet, key: str, owner: str) -> dict[str, int]:
    return dict(rows.values_list(key, owner))
