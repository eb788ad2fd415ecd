"""The second factor: one's own, another user's that was lost, and of whom the organization demands one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import segno
from pydantic import Field

from geo_assign.access.commands import (
    begin_second_factor,
    confirm_second_factor,
    delete_second_factor,
    disable_second_factor,
    renew_recovery_codes,
    set_second_factor_policy,
)
from geo_assign.access.domain import (
    SecondFactorCodeError,
    SecondFactorEnabledError,
    SecondFactorMissingError,
    SecondFactorPolicy,
    SecondFactorWrongError,
)
from geo_assign.access.queries import get_organization, get_second_factor, get_second_factor_policy, get_user
from geo_assign.core.db import Tx
from geo_assign.core.errors import ForbiddenError, NotFoundError
from geo_assign.core.secrets import SecretKeysMissingError
from geo_assign.http.csrf import csrf_token
from geo_assign.http.limits import TooManyLogInsError
from geo_assign.http.operations import ADMINISTRATORS, SECOND_FACTOR, AnyCall, Call, Reply, Routes
from geo_assign.http.proxies import client_address
from geo_assign.http.schemas import Answer, Body, ShortText

routes = Routes("Second factor")

_WRONG = (SecondFactorMissingError, SecondFactorCodeError, TooManyLogInsError)


class CodeBody(Body):
    """A code that the authenticator app shows now, or a recovery code where a second factor is switched on."""

    code: ShortText = Field(examples=["123456"])


class PolicyBody(Body):
    """Of whom a second factor is demanded. Technicians' phones and API keys are never asked."""

    required_of: SecondFactorPolicy = Field(description="Log-ins of these lead to enrolment where there is none.")


class PolicyAnswer(Answer):
    """Of whom a second factor is demanded."""

    required_of: SecondFactorPolicy


class SecondFactorAnswer(Answer):
    """Your second factor: whether it is `enabled`, and since `confirmed_at`.

    `recovery_codes_left` counts those not used. `csrf_token` is null where no secret keys are configured.
    """

    enabled: bool
    confirmed_at: datetime | None
    recovery_codes_left: int
    required: bool = Field(description="The organization demands one of you.")
    csrf_token: str | None


class EnrolmentAnswer(Answer):
    """What an authenticator app must know, told here only: by typing, by link, or as a QR code to show."""

    secret: str = Field(description="Base32.")
    uri: str = Field(description="otpauth://")
    qr_svg: str = Field(description="The URI as a picture.")


class RecoveryCodesAnswer(Answer):
    """Each of `recovery_codes` logs in once, in the place of a code of the app. They are told here only."""

    recovery_codes: list[str]


@routes.get("/v1/me/second-factor", access=SECOND_FACTOR, answer=SecondFactorAnswer)
def get_own_second_factor(call: Call[None, None]) -> Reply:
    """Read whether you have a second factor."""
    caller, settings = call.caller, call.services.settings
    with call.transaction() as tx:
        factor = get_second_factor(tx, get_user(tx, caller.id))
    signed = caller.session_id is not None and bool(settings.fernet_keys)
    return Reply(
        SecondFactorAnswer(
            enabled=factor.confirmed_at is not None,
            confirmed_at=factor.confirmed_at,
            recovery_codes_left=factor.recovery_codes_left,
            required=factor.required,
            csrf_token=csrf_token(settings, caller.session_id) if signed and caller.session_id else None,
        )
    )


@routes.post(
    "/v1/me/second-factor",
    access=SECOND_FACTOR,
    answer=EnrolmentAnswer,
    status=201,
    errors=(SecondFactorEnabledError, SecretKeysMissingError),
)
def begin_own_second_factor(call: Call[None, None]) -> Reply:
    """Begin with a second factor.

    It is switched on by the app's first code. Until then, another call makes another secret.
    """
    with call.transaction() as tx:
        made = begin_second_factor(tx, call.caller, call.services.geocoder.box)
    uri = made.uri.get_secret_value()
    picture = segno.make(uri, error="m", micro=False).svg_inline(
        scale=4, border=4, light="#fff", svgclass=None, lineclass=None, omitsize=True
    )
    return Reply(EnrolmentAnswer(secret=made.secret.get_secret_value(), uri=uri, qr_svg=picture))


@routes.post(
    "/v1/me/second-factor/confirm",
    access=SECOND_FACTOR,
    body=CodeBody,
    example={"code": "123456"},
    answer=RecoveryCodesAnswer,
    errors=(SecondFactorEnabledError, *_WRONG),
)
def confirm_own_second_factor(call: Call[None, CodeBody]) -> Reply:
    """Switch your second factor on.

    By a first code of the app. Answers ten recovery codes.
    """
    with call.transaction() as tx, _counted(call, tx):
        codes = confirm_second_factor(tx, call.caller, call.services.geocoder.box, code=call.body.code)
    return Reply(RecoveryCodesAnswer(recovery_codes=codes))


@routes.post(
    "/v1/me/second-factor/recovery-codes",
    access=SECOND_FACTOR,
    body=CodeBody,
    example={"code": "123456"},
    answer=RecoveryCodesAnswer,
    errors=_WRONG,
)
def renew_own_recovery_codes(call: Call[None, CodeBody]) -> Reply:
    """Make new recovery codes.

    Those from before are worth nothing then.
    """
    with call.transaction() as tx, _counted(call, tx):
        codes = renew_recovery_codes(tx, call.caller, call.services.geocoder.box, code=call.body.code)
    return Reply(RecoveryCodesAnswer(recovery_codes=codes))


@routes.post(
    "/v1/me/second-factor/disable",
    access=SECOND_FACTOR,
    body=CodeBody,
    example={"code": "123456"},
    status=204,
    errors=_WRONG,
)
def disable_own_second_factor(call: Call[None, CodeBody]) -> Reply:
    """Switch your second factor off."""
    with call.transaction() as tx, _counted(call, tx):
        disable_second_factor(tx, call.caller, call.services.geocoder.box, code=call.body.code)
    return Reply()


@routes.delete("/v1/users/{id}/second-factor", access=ADMINISTRATORS, status=204, errors=(NotFoundError,))
def delete_user_second_factor(call: Call[None, None], id: UUID) -> Reply:
    """Take a lost second factor off a user.

    Your own is switched off with a code.
    """
    if id == call.caller.id:
        raise ForbiddenError("Your own second factor is switched off with a code.")
    with call.transaction() as tx:
        get_user(tx, id)
        delete_second_factor(tx, call.caller, id)
    return Reply()


@routes.get("/v1/organization/second-factor", access=ADMINISTRATORS, answer=PolicyAnswer)
def get_organization_second_factor(call: Call[None, None]) -> Reply:
    """Read of whom a second factor is demanded."""
    with call.transaction() as tx:
        return Reply(PolicyAnswer(required_of=get_second_factor_policy(tx)))


@routes.put(
    "/v1/organization/second-factor",
    access=ADMINISTRATORS,
    body=PolicyBody,
    example={"required_of": "administrators"},
    answer=PolicyAnswer,
)
def put_organization_second_factor(call: Call[None, PolicyBody]) -> Reply:
    """Say of whom a second factor is demanded.

    Sessions of users who have none are good for enrolment alone from then on.
    """
    with call.transaction() as tx:
        set_second_factor_policy(tx, call.caller, call.body.required_of)
    return Reply(PolicyAnswer(required_of=call.body.required_of))


@contextmanager
def _counted(call: AnyCall, tx: Tx) -> Iterator[None]:
    """A wrong code counts as a wrong password does: a session that was left open is no place to guess."""
    networks = call.services.settings.trusted_networks
    address = client_address(call.remote_address, call.headers.get("X-Forwarded-For"), networks)
    organization, user = get_organization(tx), get_user(tx, call.caller.id)
    try:
        with call.services.limits.log_in(organization=organization.slug, email=user.email, address=address):
            yield
    except SecondFactorWrongError as error:
        # Not 401: the session is well.
        raise SecondFactorCodeError.at("/code", SecondFactorCodeError.code, error.detail) from None
