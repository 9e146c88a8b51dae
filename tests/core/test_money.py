"""Money is exact: an integer in the database, a Decimal in Python, a float nowhere."""

from decimal import Decimal, localcontext

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max, Sum
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import override
from hypothesis import given, strategies as st

from core.fields import AmountField, from_units, to_units
from core.web.money import grouped
from guests.models import Guest

LARGEST = Decimal("922337203685477.5807")


@pytest.fixture
def guest(bella):
    return Guest.objects.create(company=bella, phone="+442079460958", registered_at=timezone.now())


@pytest.mark.pure
@given(st.integers(-(2**63), 2**63 - 1))
def test_whatever_the_database_holds_goes_there_and_back(units):
    assert to_units(from_units(units)) == units


@pytest.mark.pure
@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_an_amount_is_stored_exactly_or_refused(amount):
    try:
        units = to_units(amount)
    except ValueError:
        return
    assert -(2**63) <= units < 2**63
    with localcontext() as context:
        context.prec = 1000
        assert amount * 10_000 == units


@pytest.mark.pure
@pytest.mark.parametrize(
    "amount",
    [
        "0.00001",
        "1E-30",
        "123456789012345.00000000000000000001",
        "-0.12345",
        "NaN",
        "sNaN",
        "Infinity",
        "-Infinity",
        "922337203685477.5808",
        "-922337203685477.5809",
        "1E16",
        "1E1000000",
        "1E-1000000",
    ],
)
def test_what_would_be_rounded_or_does_not_fit_is_refused(amount):
    with pytest.raises(ValueError, match=r"amount|decimals"):
        to_units(Decimal(amount))


@pytest.mark.pure
def test_zero_has_one_form():
    assert [to_units(Decimal(zero)) for zero in ("0", "-0", "0E+9", "0.000000000")] == [0] * 4


@pytest.mark.parametrize(
    "amount", ["0", "0.0001", "-0.0001", "12.5", "1E+3", "0.1", LARGEST, -LARGEST]
)
def test_it_comes_out_of_the_database_as_it_went_in(guest, amount):
    guest.opening_total = Decimal(amount)
    guest.save(update_fields=["opening_total"])
    guest.refresh_from_db()
    assert guest.opening_total == Decimal(amount)
    assert isinstance(guest.opening_total, Decimal)
    with connection.cursor() as cursor:
        cursor.execute("SELECT opening_total FROM guests_guest")
        assert cursor.fetchone() == (int(Decimal(amount) * 10_000),)


def test_it_is_found_compared_and_added_up_as_an_amount(guest, bella):
    Guest.objects.create(
        company=bella,
        phone="+442079460959",
        registered_at=timezone.now(),
        opening_total=Decimal("12.34"),
    )
    totals = Guest.objects.order_by("pk").values_list("opening_total", flat=True)
    assert list(totals.filter(opening_total=Decimal("12.34"))) == [Decimal("12.34")]
    assert list(totals.filter(opening_total__gte=Decimal("0.0001"))) == [Decimal("12.34")]
    assert list(totals.filter(opening_total__in=[Decimal(0), Decimal("12.34")])) == [
        Decimal(0),
        Decimal("12.34"),
    ]
    summed = Guest.objects.aggregate(sum=Sum("opening_total"), most=Max("opening_total"))
    assert summed == {"sum": Decimal("12.34"), "most": Decimal("12.34")}


def test_a_float_is_never_money(guest):
    guest.opening_total = 12.5
    with pytest.raises(TypeError, match="never a float"), transaction.atomic():
        guest.save(update_fields=["opening_total"])
    with pytest.raises(ValidationError):
        guest.full_clean()
    with pytest.raises(TypeError, match="never a float"):
        Guest.objects.filter(opening_total=12.5)


@pytest.mark.pure
def test_text_from_a_form_is_an_amount_or_said_to_be_none():
    field = AmountField()
    assert field.to_python("12.50") == Decimal("12.5")
    assert field.to_python(None) is None
    assert field.formfield().clean("12.3456") == Decimal("12.3456")
    with pytest.raises(ValidationError):
        field.to_python("a lot")
    with pytest.raises(ValidationError):
        field.formfield().clean("12.34567")


@pytest.mark.pure
@pytest.mark.parametrize("language", ["en", "de", "ru", "hi", "es"])
@pytest.mark.parametrize("places", [0, 2, 3])
def test_numbers_are_grouped_as_the_language_does(language, places):
    numbers = [Decimal(n).scaleb(-places) for n in (0, 7, 999, 1000, 123456, 1234567, 10**12)]
    with override(language):
        assert [grouped(each, places) for each in numbers] == [
            number_format(each, places, force_grouping=True) for each in numbers
        ]
