"""How the commands of automation rank: by straight line, or by drive times that were asked before they locked.

A router is never waited for while a work order is locked. The ranking that a command comes upon is told to its caller
by `DriveTimesWantedError`, which undoes what the command began; the caller asks the router with no transaction open and
runs the command again, with the drive times in its hands. What was free then is judged again under the lock.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from geo_assign.core.db import Tx
from geo_assign.matching.domain import Question, Ranking, RoutingNote
from geo_assign.matching.driving import is_same_search, list_still_available
from geo_assign.matching.queries import explain_exclusions, rank
from geo_assign.routing.choosing import find_router
from geo_assign.routing.domain import RouterChoice, RoutingProblem, RoutingProblemCode
from geo_assign.workforce.store_rules import StoreRules

_MOVED_ON = RoutingProblem(
    RoutingProblemCode.TIMEOUT, "Who could go changed as often as the router was asked, so the straight line ranked."
)


class DriveTimesWantedError(Exception):
    """A command has to know drive times before it can go on."""

    def __init__(self, choice: RouterChoice, question: Question) -> None:
        super().__init__("drive times are wanted")
        self.choice, self.question = choice, question


class Ranker(Protocol):
    """Ranks for a command, in the command's transaction."""

    def __call__(self, tx: Tx, question: Question, rules: StoreRules, *, explain: bool = True) -> Ranking: ...


def by_line(tx: Tx, question: Question, rules: StoreRules, *, explain: bool = True) -> Ranking:
    """By straight line, whatever the store wants."""
    del rules
    return rank(tx, question, explain=explain, in_passing=True)


@dataclass(frozen=True, slots=True)
class DriveRanker:
    """By drive time where the store wants that; `prepared` is what was ranked before, if anything was.

    `may_ask`: another ranking may be wanted; otherwise the straight line has to do.
    """

    prepared: Ranking | None = None
    may_ask: bool = True

    def __call__(self, tx: Tx, question: Question, rules: StoreRules, *, explain: bool = True) -> Ranking:
        choice = find_router(tx.org_id, rules) if rules.settings.ranks_by_drive_time else None
        if choice is None:
            return rank(tx, question, explain=explain, in_passing=True)
        prepared = self.prepared
        if prepared is not None and is_same_search(prepared.question, question):
            available = list_still_available(tx, question, prepared.candidates)
            if available:
                explanation = explain_exclusions(tx, question, in_passing=True) if explain else None
                return Ranking(question, available, explanation, routing=prepared.routing)
            found = rank(tx, question, explain=explain, in_passing=True)
            if not found.candidates:
                return replace(found, routing=prepared.routing)
        if self.may_ask:
            raise DriveTimesWantedError(choice, question)
        note = RoutingNote(router=choice.name, asked=0, requests=0, kept=0, problem=_MOVED_ON)
        return replace(rank(tx, question, explain=explain, in_passing=True), routing=note)
