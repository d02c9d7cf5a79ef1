"""What `random.sample` draws of a range, in four bytes for each number instead of ten times as much."""

import random
from array import array
from math import ceil, log
from typing import Any

import numpy as np


def draw(of: int, wanted: int, seed: int) -> Any:
    """Return `random.Random(seed).sample(range(of), wanted)` as a NumPy array.

    The algorithm is CPython's: from a pool whose drawn numbers are replaced by its last ones, or, where few of many are
    wanted, drawn again where one comes twice.
    """
    if not wanted:
        return np.empty(0, dtype=np.int32)
    generator = random.Random(seed)
    return _draw_from_pool(of, wanted, generator) if _is_pooled(of, wanted) else _draw_again(of, wanted, generator)


def _is_pooled(of: int, wanted: int) -> bool:
    """Tell whether a list of all is smaller than a set of those drawn would be, as CPython reckons."""
    set_size = 21 + (4 ** ceil(log(wanted * 3, 4)) if wanted > 5 else 0)
    return of <= set_size


def _draw_from_pool(of: int, wanted: int, generator: random.Random) -> Any:
    """Draw in place: what is drawn is exchanged for the last of the pool, so that all drawn stand at its end."""
    pool = array(_kind(of), range(of))
    for last in range(of - 1, of - 1 - wanted, -1):
        place = generator.randrange(last + 1)
        pool[place], pool[last] = pool[last], pool[place]
    return np.frombuffer(pool, dtype=pool.typecode)[of - wanted :][::-1]


def _draw_again(of: int, wanted: int, generator: random.Random) -> Any:
    drawn, is_drawn = array(_kind(of)), bytearray(of)
    while len(drawn) < wanted:
        place = generator.randrange(of)
        if not is_drawn[place]:
            is_drawn[place] = 1
            drawn.append(place)
    return np.frombuffer(drawn, dtype=drawn.typecode)


def _kind(of: int) -> str:
    """Return the type of an array that has room for these numbers."""
    return "i" if of < 2**31 else "q"
