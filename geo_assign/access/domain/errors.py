"""What is refused at log-in and in the administration of accounts."""

from geo_assign.core.errors import ConflictError, ForbiddenError, InvalidError, UnauthenticatedError


class BadCredentialsError(UnauthenticatedError):
    """Organization, e-mail or password is wrong.

    The answer does not say which.
    """

    code = "bad_credentials"


class SecondFactorRequiredError(UnauthenticatedError):
    """The password is right; send a `code` with it.

    Six digits of the authenticator app, or a recovery code.
    """

    code = "second_factor_required"


class SecondFactorWrongError(BadCredentialsError):
    """The code is wrong, was used already, or its time is over."""

    code = "second_factor_wrong"


class SecondFactorCodeError(InvalidError):
    """This code changes nothing.

    It is wrong, was used already, or its time is over.
    """

    code = "second_factor_code"


class SecondFactorEnrolmentRequiredError(ForbiddenError):
    """The organization demands a second factor of you.

    Until it is switched on, with `POST /v1/me/second-factor`, a session is good for that alone.
    """

    code = "second_factor_enrolment_required"


class SecondFactorEnabledError(ConflictError):
    """A second factor is switched on already.

    Switch it off before another app is made known.
    """

    code = "second_factor_enabled"


class SecondFactorMissingError(ConflictError):
    """No second factor is there to be confirmed, renewed or switched off."""

    code = "second_factor_missing"


class KeyEndedError(UnauthenticatedError):
    """This API key is revoked, expired or replaced.

    `ended` says which; only a caller who holds the key's token is told.
    """

    code = "api_key_ended"


class KeyRevokedError(ConflictError):
    """This API key is revoked: make another one."""

    code = "api_key_revoked"


class TakenError(ConflictError):
    """This name, slug or e-mail address is taken."""

    code = "already_exists"


class LastAdministratorError(ConflictError):
    """An organization keeps at least one active administrator."""

    code = "last_administrator"
