"""What stands in a list more than once, though no two may have the same."""

from collections import Counter
from collections.abc import Sequence

Said = tuple[int, str, str]
"""Where something stands in the list, the name of its field, and the value."""


def doubled(said: Sequence[Said]) -> list[Said]:
    """Each place, once, whose value stands under the same name in another place too, or there twice."""
    counted = Counter((name, value) for _, name, value in said)
    return list(dict.fromkeys(each for each in said if counted[each[1:]] > 1))
