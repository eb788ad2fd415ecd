"""Writes of stores, groups, providers, technicians, staff and duty."""

from geo_assign.workforce.commands.authority import require_store
from geo_assign.workforce.commands.duty import carry_duty_on, end_duty, say_silence, start_duty
from geo_assign.workforce.commands.groups import NewGroup, create_group, deactivate_group, update_group
from geo_assign.workforce.commands.hours_exceptions import remove_hours_exception, set_hours_exception
from geo_assign.workforce.commands.invitations import (
    InvitedUser,
    SentInvitation,
    invite,
    renew_invitation,
    revoke_invitation,
)
from geo_assign.workforce.commands.passwords import reset_password_of
from geo_assign.workforce.commands.providers import NewProvider, create_provider, deactivate_provider, update_provider
from geo_assign.workforce.commands.saved_views import (
    NewView,
    ViewChanges,
    change_view,
    create_view,
    delete_view,
    drop_view,
    may_change_view,
    save_view,
)
from geo_assign.workforce.commands.staff import (
    create_key,
    create_staff,
    set_duties,
    set_key_stores,
    update_key,
    update_staff,
)
from geo_assign.workforce.commands.stores import (
    NewStore,
    create_store,
    deactivate_store,
    set_store_settings,
    update_store,
)
from geo_assign.workforce.commands.technicians import (
    NewTechnician,
    create_technician,
    deactivate_technician,
    update_technician,
)
from geo_assign.workforce.commands.time_off import add_time_off, remove_time_off
from geo_assign.workforce.commands.trackers import (
    create_tracker,
    get_tracked_technician,
    note_tracker_use,
    revoke_tracker,
)

__all__ = [
    "InvitedUser",
    "NewGroup",
    "NewProvider",
    "NewStore",
    "NewTechnician",
    "NewView",
    "SentInvitation",
    "ViewChanges",
    "add_time_off",
    "carry_duty_on",
    "change_view",
    "create_group",
    "create_key",
    "create_provider",
    "create_staff",
    "create_store",
    "create_technician",
    "create_tracker",
    "create_view",
    "deactivate_group",
    "deactivate_provider",
    "deactivate_store",
    "deactivate_technician",
    "delete_view",
    "drop_view",
    "end_duty",
    "get_tracked_technician",
    "invite",
    "may_change_view",
    "note_tracker_use",
    "remove_hours_exception",
    "remove_time_off",
    "renew_invitation",
    "require_store",
    "reset_password_of",
    "revoke_invitation",
    "revoke_tracker",
    "save_view",
    "say_silence",
    "set_duties",
    "set_hours_exception",
    "set_key_stores",
    "set_store_settings",
    "start_duty",
    "update_group",
    "update_key",
    "update_provider",
    "update_staff",
    "update_store",
    "update_technician",
]
