"""Rubbish that stations have been seen to send."""

import json
import random
from typing import Any

GARBAGE = ("no json", '["?"]', '[2,null,"Heartbeat",{}]', '[6,"x","Teleport",{}]', '[2,"g1","Teleport",{}]')

_LETTERS = 'abcXYZ019{}[]",:\\ é☃'


def rubbish(chance: random.Random) -> str:
    """One frame that no central system can take for good; the same under the same chance."""
    message_id = f"g{chance.getrandbits(32):08x}"
    whole = json.dumps([2, message_id, "Heartbeat", {}])
    frames: list[Any] = [
        [chance.choice([0, 1, 5, 6, 7, "2"]), message_id, "Heartbeat", {}],
        [2, message_id, "Heartbeat"],
        [2, None, "Heartbeat", {}],
        [2, message_id * chance.randint(10, 100), "Teleport", {}],
        [2, message_id, "Teleport", {"to": message_id}],
        [3, message_id, {"currentTime": "yesterday"}],
    ]
    noise = "".join(chance.choices(_LETTERS, k=chance.randint(1, 200)))
    broken = whole[: chance.randint(1, len(whole) - 1)]
    return chance.choice([noise, broken, *map(json.dumps, frames)])
