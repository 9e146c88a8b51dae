"""What the operator chose for an import, kept as JSON on the job."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self


@dataclass(frozen=True)
class Options:
    """The rules of one import.

    `rules` overrides the preset for single columns ("always", "if_empty", "never"); `dates` is
    "dmy" or "mdy" and `decimal` "." or ",", where the file cannot tell, else ""; `region` is an
    ISO 3166-1 code to read phones without a country by, "" for the company's own.

    Of money: in the mode "set" an amount is the balance itself; `again` says that what an earlier
    import gave is meant to be given once more, `same` that it is not, whichever import gave it;
    `message` has guests told of what they got.
    """

    partial: bool = False
    preset: str = "update"
    rules: dict[str, str] = field(default_factory=dict)
    categories: list[int] = field(default_factory=list)
    create_categories: bool = False
    dates: str = ""
    decimal: str = ""
    region: str = ""
    mode: str = "topup"
    again: bool = False
    same: bool = False
    message: bool = False

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Return the options in `stored`, without what only a later version knows."""
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
