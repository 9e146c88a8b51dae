"""What each kind of Job does when a worker has claimed it.

An app registers its function in `AppConfig.ready()`; core.services.jobs calls it.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from django.apps import apps

from core.models import Job

if TYPE_CHECKING:
    from core.services.jobs import Attempt

Perform = Callable[[Any, "Attempt"], None]

_performers: dict[type[Job], Perform] = {}


def register(model: type[Job], perform: Perform) -> None:
    """Say that `perform(job, attempt)` does the work of `model`."""
    _performers[model] = perform


def perform_of(model: type[Job]) -> Perform:
    return _performers[model]


def models() -> Iterator[type[Job]]:
    """Yield every kind of Job that somebody can perform."""
    yield from _performers


def model_of(label: str) -> type[Job]:
    """Return the Job model of a label such as "imports.importjob"."""
    model = apps.get_model(label)
    if model not in _performers:
        raise LookupError(f"{label} is not a job")
    return model
