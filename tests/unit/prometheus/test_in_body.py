"""By addresses, batches are small: a server that seemed to take no request's body is asked by one again, in time."""

from refit_operator.prometheus.rules.manner import BODIES_AGAIN, Manner


def after(rounds: int, manner: Manner) -> Manner:
    for _ in range(rounds):
        manner = manner.try_bodies()
    return manner


def test_a_body_is_tried_again_after_many_rounds() -> None:
    by_addresses = Manner(in_body=False)
    assert not after(BODIES_AGAIN - 1, by_addresses).in_body
    assert after(BODIES_AGAIN, by_addresses).in_body


def test_the_rounds_are_counted_from_the_last_time() -> None:
    tried = after(BODIES_AGAIN, Manner(in_body=False))
    assert not after(BODIES_AGAIN - 1, tried.by_addresses()).in_body
    assert not after(BODIES_AGAIN - 1, after(5, Manner(in_body=False)).by_addresses()).in_body


def test_where_bodies_are_taken_nothing_is_counted() -> None:
    assert after(3 * BODIES_AGAIN, Manner()) == Manner()
