"""A process that answers: what it does once, before the first request."""

import gc

from geo_assign.answering import leave_what_stays_alone


def test_the_garbage_collector_passes_by_what_was_there_before_the_first_request() -> None:
    stays = [[number] for number in range(1_000)]
    before = gc.get_freeze_count()
    leave_what_stays_alone()
    assert gc.get_freeze_count() >= before + len(stays)
