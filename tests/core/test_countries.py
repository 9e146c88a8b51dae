"""The names of countries that the forms of settings offer."""

import subprocess
import sys

import phonenumbers

from core.forms.countries import COUNTRIES
from core.forms.settings import regions


def test_each_country_with_telephones_has_the_name_that_the_library_gives_it():
    # Not above: it is half a second for every process of the run.
    from phonenumbers.geodata.locale import LOCALE_DATA

    for code in phonenumbers.SUPPORTED_REGIONS:
        names = LOCALE_DATA.get(code, {})
        name = names.get("en", code)
        # The library's way to say "as in that other language".
        assert COUNTRIES[code] == (names[name[1:]] if name.startswith("*") else name)
    assert COUNTRIES.keys() == phonenumbers.SUPPORTED_REGIONS


def test_regions_are_offered_by_name_with_code_and_prefix():
    offered = dict(regions())
    assert offered["GB"] == "United Kingdom (GB, +44)"
    assert list(offered.values()) == sorted(offered.values())


def test_no_process_loads_the_geography_of_telephone_numbers():
    program = (
        "import sys, django; django.setup(); import config.urls; "
        "sys.exit(any(name.startswith('phonenumbers.geodata') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
