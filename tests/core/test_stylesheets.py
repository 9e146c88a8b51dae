"""The stylesheets are written as many files and sent as one."""

import gzip
import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from core.stylesheets import SHEET, joined

SOURCE = settings.BASE_DIR / "static" / SHEET
PARTS = re.findall(r'@import "([^"]+)"', SOURCE.read_text())


@pytest.fixture
def collected(tmp_path: Path, settings) -> Path:
    settings.STATIC_ROOT = tmp_path
    settings.STATICFILES_DIRS = [settings.BASE_DIR / "static"]
    backend = {"BACKEND": "core.stylesheets.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": backend}
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path


def test_no_stylesheet_is_forgotten_and_that_of_the_layers_comes_first() -> None:
    written = {path.name for path in SOURCE.parent.glob("*.css")} - {SOURCE.name}
    assert sorted(PARTS) == sorted(written)
    assert PARTS[0] == "tokens.css"


def test_what_is_joined_is_all_of_them_in_their_order() -> None:
    whole = joined(SOURCE)
    assert "@import" not in whole
    places = [whole.index((SOURCE.parent / part).read_text()) for part in PARTS]
    assert places == sorted(places)


def test_a_page_is_sent_all_of_them_as_one_file(collected: Path) -> None:
    names = json.loads((collected / "staticfiles.json").read_text())["paths"]
    sent = collected / names[SHEET]
    assert sent.read_text() == joined(SOURCE)
    assert gzip.decompress(sent.with_name(f"{sent.name}.gz").read_bytes()) == sent.read_bytes()


def test_collected_over_an_old_version_it_is_the_new_one(collected: Path) -> None:
    (collected / SHEET).write_text("of the old version")
    call_command("collectstatic", interactive=False, verbosity=0)
    names = json.loads((collected / "staticfiles.json").read_text())["paths"]
    assert (collected / names[SHEET]).read_text() == joined(SOURCE)
