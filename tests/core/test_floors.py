"""The floors of the house, where import-linter cannot look: foreign keys, migrations, the ORM."""

import ast
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db.migrations.loader import MigrationLoader
from django.db.models import Field

from tests.processes import ROOT

pytestmark = pytest.mark.pure

FLOORS = {"core": 0, "guests": 1, "loyalty": 2, "visits": 2, "imports": 3}
PURE_STAGES = ("read", "map", "clean", "plan")


def stands_above(app: str, other: str) -> bool:
    """Return whether `app` may know `other`; neighbours on a floor may not."""
    return app == other or FLOORS[app] > FLOORS[other]


def keys() -> "list[tuple[str, Field[Any, Any]]]":
    """Return every foreign key of the house that points at another model of it."""
    return [
        (model._meta.app_label, field)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in FLOORS
        for field in model._meta.get_fields()
        if isinstance(field, Field)
        and field.is_relation
        and field.related_model._meta.app_label in FLOORS  # type: ignore[union-attr]
    ]


def test_foreign_keys_point_downwards() -> None:
    found = keys()
    assert len(found) > 20
    for app, field in found:
        assert stands_above(app, field.related_model._meta.app_label), field  # type: ignore[union-attr]


def test_migrations_depend_downwards() -> None:
    migrations = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    found = [
        (key, dependency)
        for key, migration in migrations.items()
        if key[0] in FLOORS
        for dependency in (*migration.dependencies, *migration.run_before)
        if dependency[0] in FLOORS
    ]
    assert found
    for (app, name), (other, _name) in found:
        assert stands_above(app, other), f"{app}.{name} needs {other}"


def sources(stage: str) -> list[Path]:
    folder = ROOT / "imports" / "pipeline"
    return sorted(folder.glob(f"{stage}.py")) + sorted((folder / stage).glob("**/*.py"))


@pytest.mark.parametrize("stage", PURE_STAGES)
def test_a_pure_stage_never_names_the_database(stage: str) -> None:
    files = sources(stage)
    assert files
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            assert not [name for name in names if name.startswith("django.db")], path
