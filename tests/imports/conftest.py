"""What the tests of imports share beside the cast."""

from types import SimpleNamespace

import pytest


@pytest.fixture
def inline(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the stages run in the test's own thread, so that they see its transaction.

    In truth they run ahead, with a connection of their own (test_pipeline_trip): what the rules
    decide does not depend on it, and a test that rolls back takes a tenth of the time.
    """
    monkeypatch.setattr("imports.pipeline.ahead", lambda items, **options: items)
    monkeypatch.setattr("imports.pipeline.connection", SimpleNamespace(close=lambda: None))
