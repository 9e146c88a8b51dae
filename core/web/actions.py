"""What was done, in words: the verbs of the history and of a company's activity.

Services write actions (`core.services.changes.record`) as snake_case verbs; an app says once, in
`AppConfig.ready()`, how its own are read: "Maria *changed* Anna Petrova".
"""

from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst


@dataclass(frozen=True)
class Action:
    """`words` stand between who and what; `name` is what a choice among actions calls it.

    `alone`: the sentence ends with the verb, as of a sign-in.
    """

    words: Any
    name: Any
    alone: bool = False


_actions: dict[str, Action] = {}


def register(action: str, words: Any, name: Any = "", *, alone: bool = False) -> None:
    """Say how `action` is read; the same again replaces it.

    `name` where the verb alone would not tell: "changed" is done to guests and to companies.
    """
    _actions[action] = Action(words, name or words, alone)


def of(action: str) -> Action:
    """Return how `action` is read. One that nobody declared is read as it is written."""
    plain = action.replace("_", " ")
    return _actions.get(action) or Action(plain, plain)


def choices() -> list[tuple[str, str]]:
    """Return every action with its name, in the names' order."""
    named = [(key, capfirst(str(action.name))) for key, action in _actions.items()]
    return sorted(named, key=lambda choice: choice[1])
