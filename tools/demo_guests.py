"""Write the demo company's guests, `imports/demo/guests.csv`: the same bytes at every run.

Every phone is one of the numbers that Ofcom keeps for drama, and every address one of
example.com, .org or .net: no letter or call of a demo can reach anybody.
"""

import csv
import random
from datetime import date, datetime, timedelta
from pathlib import Path

FILE = Path(__file__).resolve().parent.parent / "imports" / "demo" / "guests.csv"
GUESTS = 2000
TODAY = date(2026, 11, 1)

HEADER = [
    "Telephone", "Last name", "First name", "Middle name", "Birthday", "Sex", "E-mail",
    "Card number", "Card track", "Categories", "Member tier", "Member number", "Consent",
    "Subscribed", "Registered", "Total spent", "Comment",
]  # fmt: skip

# Mobile numbers first; then London, Leeds, Sheffield, Nottingham, Leicester, Bristol, Reading,
# Birmingham, Edinburgh, Glasgow, Liverpool and Manchester.
MOBILES = [f"07700 900{i:03}" for i in range(1000)]
LANDLINES = [f"020 7946 0{i:03}" for i in range(1000)] + [
    f"{area} 496 0{i:03}"
    for area in (
        "0113",
        "0114",
        "0115",
        "0116",
        "0117",
        "0118",
        "0121",
        "0131",
        "0141",
        "0151",
        "0161",
    )
    for i in range(1000)
]

ENGLISH = {
    "female": (
        "Olivia Amelia Isla Ava Freya Florence Grace Charlotte Alice Harriet Zoë Chloé Imogen "
        "Priya Aisha Siân Niamh Róisín Beatriz Ingrid Margaret Dorothy Joan Patricia"
    ).split(),
    "male": (
        "Oliver George Noah Arthur Harry Leo Muhammad Jack Oscar Henry Theo Rhys Callum José "
        "Rajesh Kwame Søren Édouard Patrick Seán Geoffrey Kenneth Ronald Derek"
    ).split(),
    "last": (
        "Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson "
        "Evans Walker White Roberts Green Hall Wood Jackson Clarke Khan O'Neill MacDonald "
        "Fitzgerald Ferreira Müller Nguyen Okafor Kowalski Lindqvist Smythe-Jones"
    ).split(),
}
RUSSIAN = {
    "female": "Анна Мария Елена Ольга Наталья Екатерина Татьяна Ирина Светлана Алёна".split(),
    "male": "Александр Дмитрий Сергей Андрей Алексей Иван Михаил Пётр Фёдор Артём".split(),
    "last": (
        "Иванов Петров Сидоров Кузнецов Смирнов Соловьёв Волков Фёдоров Морозов Лебедев "
        "Козлов Новиков Павлов Семёнов Голубев Виноградов"
    ).split(),
    "middle": "Александров Сергеев Иванов Дмитриев Андреев Петров Владимиров Николаев".split(),
}
COMMENTS = [
    "Prefers the table by the window", "Allergic to nuts", "Vegetarian", "Comes with two children",
    "Likes a quiet corner", "Birthday cake every year", "Gluten free", "Always asks for Marta",
    "Любит столик у окна", "Аллергия на морепродукты", "Приходит с собакой",
]  # fmt: skip
CATEGORIES = ["Wine club", "Lunch club", "Birthday club", "Friends of the house"]
TIERS = ["Silver", "Gold", "Black"]


def main() -> None:
    rng = random.Random(20261101)
    phones = MOBILES + rng.sample(LANDLINES, GUESTS - len(MOBILES))
    rng.shuffle(phones)
    FILE.parent.mkdir(exist_ok=True)
    with FILE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(guest(rng, number, phone) for number, phone in enumerate(phones))


def guest(rng: random.Random, number: int, phone: str) -> list[str]:
    """Return one row: three in ten Russian, most with little in it, some with everything."""
    sex = rng.choice(["female", "male"])
    last, first, middle = russian(rng, sex) if rng.random() < 0.3 else english(rng, sex)
    born = date(1941, 1, 1) + timedelta(days=rng.randrange(66 * 365))
    registered = datetime.combine(TODAY, datetime.min.time()) - timedelta(
        minutes=rng.randrange(60, 6 * 365 * 24 * 60)
    )
    has_card, is_member = rng.random() < 0.45, rng.random() < 0.2
    return [
        spelled(rng, phone),
        last,
        first,
        middle,
        some(rng, 0.6, born.isoformat()),
        some(rng, 0.8, sex),
        some(rng, 0.55, f"guest.{number:04}@example.{rng.choice(['com', 'org', 'net'])}"),
        f"{10_000 + number}" if has_card else "",
        f"7770{number:08}" if has_card and rng.random() < 0.7 else "",
        "; ".join(sorted(rng.sample(CATEGORIES, rng.choices([0, 1, 2], [6, 3, 1])[0]))),
        rng.choices(TIERS, [6, 3, 1])[0] if is_member else "",
        f"B{number:05}" if is_member else "",
        rng.choices(["given", "unknown", "revoked"], [70, 25, 5])[0],
        rng.choices(["yes", "no"], [85, 15])[0],
        registered.strftime("%Y-%m-%d %H:%M"),
        some(rng, 0.8, f"{rng.lognormvariate(4.5, 1.1):.2f}"),
        some(rng, 0.12, rng.choice(COMMENTS)),
    ]


def english(rng: random.Random, sex: str) -> tuple[str, str, str]:
    return rng.choice(ENGLISH["last"]), rng.choice(ENGLISH[sex]), ""


def russian(rng: random.Random, sex: str) -> tuple[str, str, str]:
    last, first, middle = (rng.choice(RUSSIAN[key]) for key in ("last", sex, "middle"))
    if sex == "female":
        return f"{last}а", first, some(rng, 0.6, f"{middle}на")
    return last, first, some(rng, 0.6, f"{middle}ич")


def spelled(rng: random.Random, phone: str) -> str:
    """Return the phone as one of the ways in which people write it."""
    abroad = f"+44 {phone[1:]}"
    return rng.choice([phone, phone.replace(" ", ""), abroad, abroad.replace(" ", "")])


def some(rng: random.Random, share: float, value: str) -> str:
    return value if rng.random() < share else ""


if __name__ == "__main__":
    main()
