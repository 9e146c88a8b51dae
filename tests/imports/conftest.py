"""What the tests of imports share beside the cast."""

import json
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from tests.imports.web import one_thread


@pytest.fixture
def inline(db: None) -> Iterator[None]:
    """Let the stages run in the test's own thread, so that they see its transaction.

    In truth they run ahead, with a connection of their own (test_pipeline_trip): what the rules
    decide does not depend on it, and a test that rolls back takes a tenth of the time.
    """
    with one_thread():
        yield


@pytest.fixture
def command(inline, bella, tmp_path, capsys):
    """Call it with a file's content and arguments: its exit code, what it said, and its JSON."""

    def run(content, *arguments, name="guests.csv", company="bella"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        code = 0
        said = ""
        try:
            call_command("import_guests", str(path), "--company", company, *arguments)
        except SystemExit as end:
            code = end.code
        except CommandError as error:
            code, said = error.returncode, str(error)
        output, stderr = capsys.readouterr()
        answer = json.loads(output.splitlines()[-1]) if "--json" in arguments else None
        return SimpleNamespace(code=code, said=said or output, answer=answer, stderr=stderr)

    return run
