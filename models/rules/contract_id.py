"""Contract ids of e-mobility, in whatever form and spelling: one contract has one compact form (S9).

ISO 15118-1 (eMI3 gives its instance a leading C) has an instance of nine characters, DIN SPEC 91286 one of six; a
check digit may follow each. That of ISO is by eMI3's "Check digit calculation for contract ids", that of DIN by a
weighted sum modulo 11.
"""

import re
from collections.abc import Iterator, Sequence

_ISO = re.compile(r"([A-Z]{2})-?([A-Z0-9]{3})-?([A-Z0-9]{9})(?:-?([A-Z0-9]))?")
_DIN = re.compile(r"([A-Z]{2})[*-]?([A-Z0-9]{3})[*-]?([A-Z0-9]{6})(?:[*-]?([A-Z0-9]))?")
_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FROM_DIN = "C0"
"""With which eMI3 begins an instance that has come from DIN."""
REMEDY = "A contract id is a country, a provider and an instance, such as NL-TNM-C00122045-K or NL-TNM-012204-5"

Vector = tuple[int, int]
Matrix = tuple[Vector, Vector]
_BY_TWO: Matrix = ((0, 1), (1, 1))
_BY_THREE: Matrix = ((0, 1), (1, 2))
_INVERSE: Matrix = ((0, 2), (2, 1))
"""Minus the inverse of the second one's fifteenth power, modulo 3."""


def compact(said: str) -> str:
    """The contract id as ISO 15118 has it, in capitals, without separators and check digit: 14 characters.

    One of DIN is told in eMI3's form. Raises ValueError with what to do.
    """
    text = "".join(said.split()).upper()
    if found := _ISO.fullmatch(text):
        country, provider, instance, digit = found.groups()
        return _checked(country + provider + instance, digit, iso_check_digit(country + provider + instance))
    if found := _DIN.fullmatch(text):
        country, provider, instance, digit = found.groups()
        right = din_check_digit(country + provider + instance)
        return _checked(country + provider + FROM_DIN + instance + right, digit, right)
    raise ValueError(REMEDY)


def forms(contract: str) -> Sequence[str]:
    """Of a compact one every form that may stand for it, without separators; DIN's too where it may be from there."""
    made = [contract + iso_check_digit(contract), contract]
    party, instance = contract[:5], contract[5:]
    if instance.startswith(FROM_DIN) and din_check_digit(party + instance[2:8]) == instance[8]:
        made += [party + instance[2:], party + instance[2:8]]
    return made


def iso_check_digit(contract: str) -> str:
    """Of the 14 characters before it. Each is a pair modulo 2 and one modulo 3, weighed by powers of two matrices."""
    halves, thirds = (0, 0), (0, 0)
    for sign, (by_two, by_three) in zip(contract, _WEIGHTS, strict=True):
        value = _SIGNS.index(sign)
        halves = _plus(halves, _times(_halves(value), by_two))
        thirds = _plus(thirds, _times((value % 9 // 3, value % 3), by_three))
    right = (halves[0] % 2, halves[1] % 2), tuple(each % 3 for each in _times(thirds, _INVERSE))
    return next(sign for place, sign in enumerate(_SIGNS) if (_halves(place), (place % 9 // 3, place % 3)) == right)


def din_check_digit(contract: str) -> str:
    """Of the 11 characters before it: the digits of their values, weighed by powers of two, modulo 11; X for ten."""
    digits = "".join(str(_SIGNS.index(sign)) for sign in contract)
    left = sum(int(digit) << place for place, digit in enumerate(digits)) % 11
    return "X" if left == 10 else str(left)


def _checked(contract: str, said: str | None, right: str) -> str:
    if said is not None and said != right:
        raise ValueError(f"The check digit {said} does not fit the rest; compare it with the contract, or leave it out")
    return contract


def _halves(value: int) -> Vector:
    """0 to 8: (0, 0); to 17: (0, 1); to 26: (1, 0); to 35: (1, 1)."""
    return value // 18, value // 9 % 2


def _times(row: Vector, by: Matrix) -> Vector:
    return row[0] * by[0][0] + row[1] * by[1][0], row[0] * by[0][1] + row[1] * by[1][1]


def _plus(one: Vector, other: Vector) -> Vector:
    return one[0] + other[0], one[1] + other[1]


def _powers(matrix: Matrix, modulo: int) -> Iterator[Matrix]:
    """The first to the fourteenth."""
    power: Matrix = ((1, 0), (0, 1))
    for _ in range(14):
        (a, b), (c, d) = (_times(row, matrix) for row in power)
        power = ((a % modulo, b % modulo), (c % modulo, d % modulo))
        yield power


_WEIGHTS = tuple(zip(_powers(_BY_TWO, 2), _powers(_BY_THREE, 3), strict=True))
