"""The routers a store may choose, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from geo_assign.routing.domain import RouterName
from geo_assign.routing.routers import osrm, straight_line, valhalla
from geo_assign.routing.routers.base import Router, RouterAccess, RouterSpec

__all__ = ["ROUTERS", "Router", "RouterAccess", "RouterSpec"]

ROUTERS: Mapping[RouterName, RouterSpec] = MappingProxyType(
    {module.SPEC.name: module.SPEC for module in (straight_line, osrm, valhalla)}
)
