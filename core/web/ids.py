"""Numbers of rows as addresses and forms bring them."""

#: The digits of the largest number that a database gives a row.
LONGEST = 18


def id_in(text: str) -> int | None:
    """Return the number that stands in `text`; None for what can be no row's.

    Python would read the digits of every script, and choke on thousands of them.
    """
    if text.isascii() and text.isdecimal() and len(text) <= LONGEST:
        return int(text)
    return None
