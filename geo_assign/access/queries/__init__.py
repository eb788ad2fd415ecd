"""Reads of organizations, users, sessions, API keys and the audit trail, and of who holds a token."""

from geo_assign.access.queries.api_keys import find_api_key_by_name, get_api_key, list_api_keys
from geo_assign.access.queries.auditing import list_audit_entries
from geo_assign.access.queries.callers import (
    get_present_caller,
    list_callers_of_sessions,
    list_unchanged_callers,
    opened_caller,
    opening_of,
)
from geo_assign.access.queries.organizations import (
    find_organization_id,
    find_single_sign_on,
    get_organization,
    get_second_factor_policy,
    get_single_sign_on,
    has_organizations,
    list_organization_ids,
)
from geo_assign.access.queries.sessions import (
    database_now,
    has_session_of_device,
    is_live_session,
    is_logged_in,
    list_live_sessions,
)
from geo_assign.access.queries.users import (
    after,
    find_identity,
    find_password_hash,
    find_user_by_email,
    get_language,
    get_second_factor,
    get_user,
    list_second_factor_holders,
    list_users,
    name_of_user,
    to_user,
)

__all__ = [
    "after",
    "database_now",
    "find_api_key_by_name",
    "find_identity",
    "find_organization_id",
    "find_password_hash",
    "find_single_sign_on",
    "find_user_by_email",
    "get_api_key",
    "get_language",
    "get_organization",
    "get_present_caller",
    "get_second_factor",
    "get_second_factor_policy",
    "get_single_sign_on",
    "get_user",
    "has_organizations",
    "has_session_of_device",
    "is_live_session",
    "is_logged_in",
    "list_api_keys",
    "list_audit_entries",
    "list_callers_of_sessions",
    "list_live_sessions",
    "list_organization_ids",
    "list_second_factor_holders",
    "list_unchanged_callers",
    "list_users",
    "name_of_user",
    "opened_caller",
    "opening_of",
    "to_user",
]
