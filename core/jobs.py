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
GiveUp = Callable[[Any], None]

_performers: dict[type[Job], Perform] = {}
_givers_up: dict[type[Job], GiveUp] = {}


def register(model: type[Job], perform: Perform, *, give_up: GiveUp | None = None) -> None:
    """Say that `perform(job, attempt)` does the work of `model`.

    `give_up(job)` is called in the transaction that ends a job as failed after its last attempt.
    """
    _performers[model] = perform
    if give_up is not None:
        _givers_up[model] = give_up


def perform_of(model: type[Job]) -> Perform:
    return _performers[model]


def give_up(job: Job) -> None:
    """Do what the job's app does when nobody tries it any more."""
    if act := _givers_up.get(type(job)):
        act(job)


def models() -> Iterator[type[Job]]:
    """Yield every kind of Job that somebody can perform."""
    yield from _performers


def model_of(label: str) -> type[Job]:
    """Return the Job model of a label such as "imports.importjob"."""
    model = apps.get_model(label)
    if model not in _performers:
        raise LookupError(f"{label} is not a job")
    return model
