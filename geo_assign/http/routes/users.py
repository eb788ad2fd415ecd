"""Users: administrators, store administrators and dispatchers. Technicians are made under `/v1/technicians`."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from geo_assign.access import queries as access
from geo_assign.access.commands import NewUser, log_user_out, set_password
from geo_assign.access.domain import LastAdministratorError, Permission, Role, TakenError, User
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError, StaleError
from geo_assign.http.editing import create_once, stale_as, unsent
from geo_assign.http.operations import ADMINISTRATORS, Call, Reply, Routes
from geo_assign.http.schemas import Answer, Body, Email, Listing, NewPassword, PageQuery, Patch, ShortText, changes
from geo_assign.workforce import commands, queries
from geo_assign.workforce.domain import Duties

routes = Routes("Users")

StaffRole = Literal["administrator", "store_administrator", "dispatcher"]
Ids = Annotated[tuple[UUID, ...], Field(max_length=200)]
Permissions = Annotated[tuple[Permission, ...], Field(max_length=20)]


class UserBody(Body):
    """A user to be created. Store administrators have `store_ids`, dispatchers `group_ids`."""

    email: Email
    name: ShortText
    role: StaffRole = Field(description="What the user may do.")
    password: NewPassword | None = None
    permissions: Permissions = ()
    store_ids: Ids = ()
    group_ids: Ids = ()


class UserPatch(Patch):
    """What to change of a user. A new password, and `active` false, end the sessions of the user."""

    email: Email = unsent()
    name: ShortText = unsent()
    role: StaffRole = unsent("What the user may do.")
    password: NewPassword = unsent()
    permissions: Permissions = unsent()
    store_ids: Ids = unsent()
    group_ids: Ids = unsent()
    active: bool = unsent()


class UserAnswer(Answer):
    """A user, with the stores and service groups to look after."""

    id: UUID
    email: str
    name: str
    role: Role
    permissions: list[str]
    store_ids: list[UUID]
    group_ids: list[UUID]
    active: bool
    second_factor: bool = Field(description="Whether one is switched on.")
    version: int
    created_at: datetime
    updated_at: datetime


@routes.get("/v1/users", access=ADMINISTRATORS, query=PageQuery, answer=Listing[UserAnswer])
def list_users(call: Call[PageQuery, None]) -> Reply:
    """List users.

    By name, technicians with a log-in too.
    """
    with call.transaction() as tx:
        page = access.list_users(tx, limit=call.query.limit, cursor=call.query.cursor)
        duties = queries.list_duties(tx, [user.id for user in page.items])
        secured = access.list_second_factor_holders(tx, [user.id for user in page.items])
    items = [_answer(user, duties[user.id], second_factor=user.id in secured) for user in page.items]
    return Reply(Listing[UserAnswer](items=items, next_cursor=page.next_cursor))


@routes.post(
    "/v1/users",
    access=ADMINISTRATORS,
    body=UserBody,
    example={
        "email": "rui@example.com",
        "name": "Rui Costa",
        "role": "dispatcher",
        "group_ids": ["01a2019c-3a77-7d0f-b0a5-0f1e2d3c4b5a"],
        "permissions": ["reallocate"],
    },
    answer=UserAnswer,
    status=201,
    creates=True,
    errors=(TakenError,),
)
def create_user(call: Call[None, UserBody]) -> Reply:
    """Create a user.

    Administrators, store administrators and dispatchers. A technician is created as a technician.
    """
    body = call.body
    new = NewUser(
        email=body.email,
        name=body.name,
        role=Role(body.role),
        password=body.password,
        permissions=body.permissions,
    )
    duties = Duties(store_ids=body.store_ids, group_ids=body.group_ids)
    with call.transaction() as tx:
        return create_once(
            tx,
            call.attempt,
            create=lambda row_id: commands.create_staff(tx, call.caller, new, duties=duties, user_id=row_id),
            read=lambda row_id: access.get_user(tx, row_id),
            reply=lambda user: _reply(tx, user, headers={"Location": f"/v1/users/{user.id}"}),
        )


@routes.get("/v1/users/{id}", access=ADMINISTRATORS, answer=UserAnswer, errors=(NotFoundError,))
def get_user(call: Call[None, None], id: UUID) -> Reply:
    """Read a user."""
    with call.transaction() as tx:
        return _reply(tx, access.get_user(tx, id))


@routes.patch(
    "/v1/users/{id}",
    access=ADMINISTRATORS,
    body=UserPatch,
    example={"role": "store_administrator", "store_ids": ["01a2019c-3960-7b1d-9a52-6a0a5b3a8d20"]},
    answer=UserAnswer,
    versioned=True,
    errors=(NotFoundError, StaleError, TakenError, LastAdministratorError),
)
def update_user(call: Call[None, UserPatch], id: UUID) -> Reply:
    """Change a user.

    A role or permission that is taken away is gone at the next request.
    """
    sent = changes(call.body)
    password = sent.pop("password", None)
    with call.transaction() as tx, stale_as(lambda user: _shown(tx, user)):
        user = commands.update_staff(tx, call.caller, id, changes=sent, version=call.if_match)
        if password is not None:
            set_password(tx, call.caller, user.id, password=password)
        return _reply(tx, user)


@routes.delete("/v1/users/{id}", access=ADMINISTRATORS, status=204, errors=(NotFoundError, LastAdministratorError))
def delete_user(call: Call[None, None], id: UUID) -> Reply:
    """Deactivate a user.

    Ends all sessions of the user. What the user did stays on record.
    """
    with call.transaction() as tx:
        commands.update_staff(tx, call.caller, id, changes={"active": False})
    return Reply()


@routes.delete(
    "/v1/users/{id}/sessions", access=ADMINISTRATORS, status=204, own_transactions=True, errors=(NotFoundError,)
)
def delete_sessions_of_user(call: Call[None, None], id: UUID) -> Reply:
    """Log a user out everywhere.

    A technician is off duty from then on.
    """
    with call.transaction() as tx:
        log_user_out(tx, call.caller, id)
        technician_id = queries.find_technician_id(tx, id)
    if technician_id is not None:
        call.services.dispatch.settle_duty(call.caller.org_id, technician_id)
    return Reply()


def _answer(user: User, duties: Duties, *, second_factor: bool) -> UserAnswer:
    of_user = {name: getattr(user, name) for name in UserAnswer.model_fields if hasattr(user, name)}
    beside = {"store_ids": duties.store_ids, "group_ids": duties.group_ids, "second_factor": second_factor}
    return UserAnswer.model_validate({**of_user, **beside})


def _shown(tx: Tx, user: User) -> UserAnswer:
    secured = access.list_second_factor_holders(tx, [user.id])
    return _answer(user, queries.list_duties(tx, [user.id])[user.id], second_factor=user.id in secured)


def _reply(tx: Tx, user: User, *, headers: dict[str, str] | None = None) -> Reply:
    return Reply(_shown(tx, user), version=user.version, headers=headers or {})
