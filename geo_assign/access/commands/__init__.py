"""Writes of organizations, users, sessions, one-time links, mails, API keys and the audit trail."""

from geo_assign.access.commands.api_keys import (
    create_api_key,
    lock_api_key,
    note_use,
    renew_api_key,
    revoke_api_key,
    rotate_api_key,
    update_api_key,
)
from geo_assign.access.commands.audit import audit
from geo_assign.access.commands.locking import lock_user
from geo_assign.access.commands.mails import LinkDelivery, reencrypt_mails
from geo_assign.access.commands.one_time_links import create_link, end_links, look_at_link
from geo_assign.access.commands.organizations import create_organization
from geo_assign.access.commands.own_password import PasswordChange, change_own_password
from geo_assign.access.commands.password_choices import PasswordChoice, use_link
from geo_assign.access.commands.password_resets import request_password_reset, reset_password
from geo_assign.access.commands.second_factors import (
    Enrolment,
    begin_second_factor,
    confirm_second_factor,
    delete_second_factor,
    disable_second_factor,
    reencrypt_second_factors,
    renew_recovery_codes,
    set_second_factor_policy,
)
from geo_assign.access.commands.sessions import (
    LogIn,
    OpenedSession,
    end_session,
    end_sessions,
    log_in,
    log_out,
    log_user_out,
    note_session_use,
    open_session,
    renew_session,
    require_device,
)
from geo_assign.access.commands.single_sign_on import (
    NewSingleSignOn,
    admit_identity,
    allow_passwords,
    delete_single_sign_on,
    keeps_secret,
    reencrypt_client_secrets,
    release_identity,
    store_single_sign_on,
)
from geo_assign.access.commands.users import (
    NewUser,
    create_user,
    remove_invited_user,
    set_organization_language,
    set_own_language,
    set_password,
    update_user,
)

__all__ = [
    "Enrolment",
    "LinkDelivery",
    "LogIn",
    "NewSingleSignOn",
    "NewUser",
    "OpenedSession",
    "PasswordChange",
    "PasswordChoice",
    "admit_identity",
    "allow_passwords",
    "audit",
    "begin_second_factor",
    "change_own_password",
    "confirm_second_factor",
    "create_api_key",
    "create_link",
    "create_organization",
    "create_user",
    "delete_second_factor",
    "delete_single_sign_on",
    "disable_second_factor",
    "end_links",
    "end_session",
    "end_sessions",
    "keeps_secret",
    "lock_api_key",
    "lock_user",
    "log_in",
    "log_out",
    "log_user_out",
    "look_at_link",
    "note_session_use",
    "note_use",
    "open_session",
    "reencrypt_client_secrets",
    "reencrypt_mails",
    "reencrypt_second_factors",
    "release_identity",
    "remove_invited_user",
    "renew_api_key",
    "renew_recovery_codes",
    "renew_session",
    "request_password_reset",
    "require_device",
    "reset_password",
    "revoke_api_key",
    "rotate_api_key",
    "set_organization_language",
    "set_own_language",
    "set_password",
    "set_second_factor_policy",
    "store_single_sign_on",
    "update_api_key",
    "update_user",
    "use_link",
]
