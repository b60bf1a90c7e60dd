"""An iterator that goes on while its items are used."""

import threading

import pytest

from audiorole.training.thinker.ahead import ahead


def test_the_items_come_in_their_order():
    assert list(ahead(range(1000))) == list(range(1000))
    assert list(ahead([])) == []
    assert list(ahead([None, 0, ""])) == [None, 0, ""]


def test_the_next_one_is_made_while_the_first_is_used():
    made = threading.Event()

    def source():
        yield 1
        made.set()
        yield 2

    items = ahead(source())
    assert next(items) == 1
    assert made.wait(30)
    assert list(items) == [2]


def test_an_error_comes_behind_what_was_made_before_it():
    def source():
        yield 1
        raise ValueError("no more")

    items = ahead(source())
    assert next(items) == 1
    with pytest.raises(ValueError, match="no more"):
        next(items)


def test_one_that_is_given_up_stops_and_is_closed():
    closed = threading.Event()

    def source():
        try:
            yield from range(10**9)
        finally:
            closed.set()

    before = threading.active_count()
    items = ahead(source())
    next(items)
    items.close()
    assert closed.is_set()
    assert threading.active_count() == before


def test_nothing_begins_before_it_is_asked_for():
    made = []
    ahead(made.append(number) for number in range(3))
    assert made == []
