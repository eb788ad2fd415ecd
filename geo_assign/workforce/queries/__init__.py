"""Reads of stores, groups, providers and technicians. The caller's scope is part of every statement."""

from geo_assign.workforce.queries.groups import get_group, list_groups, to_group
from geo_assign.workforce.queries.links import (
    SluggedKind,
    find_id_by_slug,
    find_technician_id,
    find_version_by_slug,
    list_duties,
    list_key_stores,
)
from geo_assign.workforce.queries.listing import one_row
from geo_assign.workforce.queries.providers import (
    get_provider,
    list_providers,
    select_providers,
    to_provider,
)
from geo_assign.workforce.queries.stores import get_store, list_stores, to_store
from geo_assign.workforce.queries.technicians import (
    find_said_silence,
    get_technician,
    get_time_off,
    list_seen_technicians,
    list_technician_names,
    list_technicians,
    list_time_off,
    select_technicians,
    to_technician,
)
from geo_assign.workforce.queries.trackers import get_tracker, list_trackers

__all__ = [
    "SluggedKind",
    "find_id_by_slug",
    "find_said_silence",
    "find_technician_id",
    "find_version_by_slug",
    "get_group",
    "get_provider",
    "get_store",
    "get_technician",
    "get_time_off",
    "get_tracker",
    "list_duties",
    "list_groups",
    "list_key_stores",
    "list_providers",
    "list_seen_technicians",
    "list_stores",
    "list_technician_names",
    "list_technicians",
    "list_time_off",
    "list_trackers",
    "one_row",
    "select_providers",
    "select_technicians",
    "to_group",
    "to_provider",
    "to_store",
    "to_technician",
]
