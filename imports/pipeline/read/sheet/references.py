"""How a sheet names its columns: A to Z, AA to XFD."""


def column_number(reference: bytes) -> int:
    """Return the number, from 1, of the column with whose letters the reference begins."""
    number = 0
    for letter in reference:
        if not 65 <= letter <= 90:
            break
        number = number * 26 + letter - 64
    return number


def column_letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
