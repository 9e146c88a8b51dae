"""Phones: the rule of the import, and the compiled plans against the library they come from."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator

import phonenumbers
import pytest
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType

from guests.normalize import Invalid, PhoneParser, phone
from guests.normalize.phone_text import compact
from guests.normalize.phones import by_library

pytestmark = pytest.mark.pure

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
RANDOM_NUMBERS = int(os.environ.get("REGULARS_TORTURE") or 5_000)


@pytest.mark.parametrize(
    "written",
    [
        "+442079460958",
        "+44 20 7946 0958",
        "+44 (0) 20 7946-0958",
        "(+44) 20.7946.0958",
        "++44 20 7946 0958",
        "0044 20 7946 0958",
        "00442079460958",
        "020 7946 0958",
        "(020) 7946-0958",
        "020/79460958",
        "2079460958",
        "442079460958",
        "+44\u00a020\u00a07946\u00a00958",
        "+44\u201120\u20137946\u20120958",
        "\u200e+442079460958\u202c",
        "＋４４２０７９４６０９５８",
        "٠٢٠٧٩٤٦٠٩٥٨",
        "442079460958.0",
        "442079460958,0",
        "+442079460958.00",
        "4.42079460958E+11",
        " '+442079460958 ",
    ],
)
def test_a_number_is_read_however_it_is_written(written: str) -> None:
    assert phone(written, region="GB") == "+442079460958"


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("8 (916) 123-45-67", "RU", "+79161234567"),
        ("79161234567", "RU", "+79161234567"),
        ("8 10 44 20 7946 0958", "RU", "+442079460958"),
        ("011 44 20 7946 0958", "US", "+442079460958"),
        ("0-612 34567", "LT", "+37061234567"),
        ("8-612 34567", "LT", "+37061234567"),
        ("011 15-2345-6789", "AR", "+5491123456789"),
        ("02 1234 5678", "IT", "+390212345678"),
    ],
)
def test_a_number_is_read_as_its_region_dials_it(written: str, region: str, number: str) -> None:
    assert phone(written, region=region) == number


def test_without_plus_a_valid_number_of_another_country_goes_before_a_possible_one() -> None:
    assert phone("37061234567", region="GB") == "+37061234567"


def test_without_plus_the_own_region_goes_first() -> None:
    assert phone("2057953679", region="US") == "+12057953679"
    assert phone("2057953679", region="GB") == "+2057953679"  # Egypt: no number of Britain


def test_a_possible_number_is_enough_unless_the_company_asks_for_more() -> None:
    """The samples of the iiko document are such numbers."""
    for sample in ("+44202128506", "+44202128507", "+44206543210"):
        assert phone(sample, region="US") == sample
        assert code_of(sample, check="valid") == "phone_not_valid"
        assert code_of(sample, check="mobile") == "phone_not_valid"


def test_a_company_may_ask_for_mobile_numbers() -> None:
    assert phone("07400 123456", region="GB", check="mobile") == "+447400123456"
    assert phone("(201) 555-0123", region="US", check="mobile") == "+12015550123"
    assert code_of("020 7946 0958", check="mobile") == "phone_not_mobile"
    assert phone("020 7946 0958", region="GB", check="valid") == "+442079460958"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("12ab", "phone_letters"),
        ("tel: 020 7946 0958", "phone_letters"),
        ("020 7946 0958 (дом)", "phone_letters"),
        ("+44 20 7946 0958 ext. 5", "phone_extension"),
        ("020 7946 0958 x12", "phone_extension"),
        ("8 916 123-45-67 доб. 3", "phone_extension"),
        ("+44 20 7946 0958 / +44 20 7946 0959", "phone_several"),
        ("+442079460958+442079460959", "phone_several"),
        ("020 7946 0958, 07400 123456", "phone_several"),
        ("020 7946 0958; 07400 123456", "phone_several"),
        ("020 7946 0958 or 07400 123456", "phone_several"),
        ("020 7946 0958\n07400 123456", "phone_several"),
        ("020 7946 0958/59", "phone_several"),
        ("020 7946*0958", "phone_characters"),
        ("=442079460958", "phone_characters"),
        ("44+2079460958", "phone_characters"),
        ("---", "phone_no_digits"),
        ("+", "phone_no_digits"),
        ("21.05.1956", "phone_date"),
        ("1956-05-21", "phone_date"),
        ("+999 123456", "phone_country"),
        ("+0 20 7946 0958", "phone_country"),
        ("+8 916 123 45 67", "phone_country"),
        ("7946 0958", "phone_area_code"),
        ("123", "phone_too_short"),
        ("+44 1", "phone_too_short"),
        ("00", "phone_too_short"),
        ("020 7946 0958 1234 5678", "phone_too_long"),
        ("9" * 1000, "phone_too_long"),
        ("+49 15123456789012345", "phone_too_long"),
        ("4.42E+11", "lost_digits"),
        ("4,42E+11", "lost_digits"),
        ("4.42079460958E+15", "lost_digits"),
        ("44207946095812345.0", "lost_digits"),
    ],
)
def test_what_is_no_number_is_refused_with_its_reason(written: str, code: str) -> None:
    assert code_of(written) == code


def test_the_sentence_repeats_what_was_typed() -> None:
    with pytest.raises(Invalid) as refused:
        phone("12ab", region="GB")
    assert str(refused.value) == "“12ab” is not a phone number: it has letters."


def test_nothing_longer_than_e164_allows() -> None:
    """The library takes Japanese numbers of 17 digits."""
    number = phonenumbers.parse("00777 0123 4567 8901", "JP")
    assert len(phonenumbers.format_number(number, PhoneNumberFormat.E164)) > 16
    assert code_of("+8100777012345678901") == "phone_too_long"


@pytest.mark.parametrize(("region", "check"), [("ZZ", "valid"), ("gb", "valid"), ("GB", "maybe")])
def test_a_wrong_setting_is_no_fault_of_the_number(region: str, check: str) -> None:
    with pytest.raises(ValueError, match="is not") as refused:
        PhoneParser(region, check)  # type: ignore[arg-type]
    assert not isinstance(refused.value, Invalid)


def test_megabytes_in_a_cell_are_refused_at_once() -> None:
    started = time.process_time()
    for flood in ("9" * 2_000_000, "9 " * 1_000_000, "+" * 2_000_000, "9.0" * 700_000, "é" * 9**6):
        assert code_of(flood).startswith("phone_")
    assert time.process_time() - started < 2


def test_the_plans_decide_the_examples_of_every_region_as_the_library_does() -> None:
    decided = 0
    for region in REGIONS:
        parsers = {check: PhoneParser(region, check) for check in ("possible", "valid", "mobile")}
        for example in examples(region):
            for digits in ways_to_write(example):
                decided += agrees(parsers["possible"], digits, region, "possible")
            agrees(parsers["valid"], e164(example), region, "valid")
            agrees(parsers["mobile"], e164(example), region, "mobile")
    assert decided > 6500


def test_the_plans_decide_random_digits_as_the_library_does() -> None:
    """REGULARS_TORTURE is the count of numbers; 5,000 without it."""
    chance = random.Random(20190424)
    decided = 0
    for _ in range(RANDOM_NUMBERS):
        region = chance.choice(REGIONS)
        check = chance.choice(("possible", "valid", "mobile"))
        digits = random_digits(chance, region)
        decided += agrees(PhoneParser(region, check), digits, region, check)
    assert decided > RANDOM_NUMBERS / 10


def test_most_guests_never_need_the_library() -> None:
    for region in ("GB", "US", "RU", "LT", "DE", "FR", "AR", "CA", "KZ"):
        parser = PhoneParser(region)
        for example in examples(region):
            for digits in ways_to_write(example):
                assert (
                    parser.decide(digits)
                    or by_library_or_code(digits, region, "possible")[0] != "+"
                )


def code_of(written: str, *, check: str = "possible") -> str:
    with pytest.raises(Invalid) as refused:
        phone(written, region="GB", check=check)  # type: ignore[arg-type]
    assert len(str(refused.value)) < 200
    return refused.value.code


def agrees(parser: PhoneParser, digits: str, region: str, check: str) -> bool:
    """Whether the plans decided; asserts that the library decides the same."""
    decided = parser.decide(digits)
    if decided is not None:
        assert decided == by_library_or_code(digits, region, check), (digits, region, check)
    return decided is not None


def by_library_or_code(digits: str, region: str, check: str) -> str:
    try:
        return by_library(digits, digits, region=region, check=check)  # type: ignore[arg-type]
    except Invalid as refused:
        return refused.code


def examples(region: str) -> Iterator[phonenumbers.PhoneNumber]:
    for kind in PhoneNumberType.values():
        example = phonenumbers.example_number_for_type(region, kind)
        if example is not None:
            yield example


def ways_to_write(number: phonenumbers.PhoneNumber) -> list[str]:
    """E.164, national and international formats, and the bare digits, compact."""
    formats = (PhoneNumberFormat.NATIONAL, PhoneNumberFormat.INTERNATIONAL)
    written = [phonenumbers.format_number(number, form) for form in formats]
    national = phonenumbers.national_significant_number(number)
    return [e164(number), e164(number)[1:], national, *map(compact, written)]


def e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def random_digits(chance: random.Random, region: str) -> str:
    """Digits near the borders of a plan: prefixes and codes in front, examples with other ends."""
    metadata = PhoneMetadata.metadata_for_region(region, None)
    assert metadata is not None
    digits = "".join(chance.choices("0123456789", k=chance.randint(4, 13)))
    known = list(examples(region))
    if known and chance.random() < 0.5:
        national = phonenumbers.national_significant_number(chance.choice(known))
        changed = chance.randint(0, 4)
        digits = national[: len(national) - changed] + digits[:changed]
    code, prefix = str(metadata.country_code), metadata.national_prefix or ""
    fronts = (
        "",
        "",
        "0",
        "8",
        "1",
        prefix,
        code,
        code + prefix,
        f"+{code}",
        f"+{code}{prefix}",
        "+",
    )
    front = chance.choice(fronts)
    return compact(front + digits)
