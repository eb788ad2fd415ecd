"""What answers say of drives and of the routers that told them."""

from pydantic import Field

from geo_assign.http.schemas import Answer
from geo_assign.routing.domain import RouterName, RoutingProblemCode


class DriveByRoadAnswer(Answer):
    """A drive by a router's roads."""

    seconds: float = Field(description="How long it takes.")
    metres: float = Field(description="How long the way is.")


class RoutingProblemAnswer(Answer):
    """Why a router told nothing."""

    code: RoutingProblemCode
    detail: str = Field(description="As a sentence.")


class RoutingAnswer(Answer):
    """How a ranking by drive time came about; with a `problem` the straight line ranked instead."""

    router: RouterName
    asked: int = Field(description="Technicians whose drive was asked or known.")
    requests: int = Field(description="Calls.")
    kept: int = Field(description="Drives known from before.")
    without_drive: int = Field(description="Technicians whom no road connects.")
    problem: RoutingProblemAnswer | None
