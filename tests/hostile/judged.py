"""Families of vectors, each judged whole: nothing hostile is through, and what is allowed is."""

from collections.abc import Callable

from tests.hostile.played import Answer, Played
from tests.hostile.vectors import Family, Vector

PLAYED: list[Played] = []
"""All that was played in this process."""


def one_by_one(family: Family, answer: Callable[[Vector], Answer]) -> None:
    """Play a family's vectors, and what is allowed, one after the other; judge them."""
    judge(family, [answer(vector) for vector in (*family.vectors, *family.allowed)])


def judge(family: Family, answers: list[Answer]) -> None:
    """Show each answer; fail where something hostile is through, or was refused otherwise, or where nothing may be."""
    played = [Played(family, vector, *answer) for vector, answer in zip(family.vectors, answers, strict=False)]
    PLAYED.extend(played)
    print(f"\n## {family.name}\n{family.attacker}; {family.entry}; {len(played)} vectors")
    print("\n".join(one.line for one in played))
    assert [one.line for one in played if not one.is_told] == []
    assert [answer for answer in answers[len(played) :] if not answer[1]] == []
