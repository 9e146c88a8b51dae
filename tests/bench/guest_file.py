"""A file of realistic guests, the same for the same arguments."""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

HEADER = (
    "phone", "track_1", "number_1", "name", "last_name", "email", "birthday", "sex", "comment",
    "receive_promo", "current_order_sum",
)  # fmt: skip
_LATIN_FIRST = "Emma Oliver Amelia George Isla Harry Ava Noah Mia Jack Zoë José Chloé Anaïs".split()
_LATIN_LAST = "Smith Jones Taylor Brown Williams Wilson Johnson O'Neill van-Dijk Müller".split()
_CYRILLIC_FIRST = "Анна Иван Мария Пётр Ольга Сергей Наталья Дмитрий Елена Алексей".split()
_CYRILLIC_LAST = "Иванова Петров Сидорова Кузнецов Смирнова Соловьёв Волкова Фёдоров".split()
_COMMENTS = ("", "", "", "", "Window table", "Allergic to nuts", "Любит тихий зал", "Birthday cake")


def rows(count: int, *, changed: bool = False, seed: int = 1) -> Iterator[list[str]]:
    """Yield `count` guests: 30% Cyrillic, a card with number and track each, 1% bad rows.

    With `changed` every second guest has another surname and comment than without.
    """
    rng = random.Random(seed)
    for i in range(count):
        cyrillic = rng.random() < 0.3
        first = rng.choice(_CYRILLIC_FIRST if cyrillic else _LATIN_FIRST)
        last = rng.choice(_CYRILLIC_LAST if cyrillic else _LATIN_LAST)
        comment = rng.choice(_COMMENTS)
        birthday = f"{rng.randint(1940, 2006)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        bad = rng.random() < 0.01
        if changed and i % 2:
            last, comment = f"{last}-Grey", f"{comment} (2)".strip()
        key = _scattered(i)
        yield [
            "12-ab" if bad else f"+4479{key:08}",
            f"77{key:010}",
            f"{key:08}",
            first,
            last,
            f"guest{i}@example.com" if i % 3 else "",
            birthday,
            ("male", "female", "")[i % 3],
            comment,
            "1" if i % 5 else "0",
            f"{rng.randint(0, 99_999)}.{rng.randint(0, 99):02}",
        ]


def _scattered(i: int) -> int:
    """Return eight digits, another for each `i`, in no order: a customer base is never sorted."""
    return (i * 48_271_993 + 7) % 100_000_007 % 100_000_000


def write_csv(path: Path, count: int, **options: bool) -> Path:
    """Write the guests as .csv with a header, separated by semicolons."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(HEADER)
        writer.writerows(rows(count, **options))
    return path


def write_xlsx(path: Path, count: int) -> Path:
    """Write the guests as a workbook whose every cell is text."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Guests")
    sheet.append(HEADER)
    for row in rows(count):
        sheet.append(row)
    book.save(path)
    return path
