"""What goes wrong between us, a browser and an identity provider."""

from geo_assign.core.errors import ForbiddenError, GoneError, InvalidError, UnauthenticatedError, UnavailableError


class SignOnProviderUnavailableError(UnavailableError):
    """The identity provider does not answer as it should; try again, or log in with a password.

    `reason` says what happened: such as `timeout`, `unreachable`, `too_large`, `status_500`, `busy`.
    """

    code = "sign_on_provider_unavailable"


class SignOnExpiredError(GoneError):
    """This log-in was not begun in this browser, or too long ago; begin again."""

    code = "sign_on_expired"


class SignOnRefusedError(UnauthenticatedError):
    """The identity provider did not let you in.

    `reason` is its own code, such as `access_denied`.
    """

    code = "sign_on_refused"


class SignOnUntrustedError(ForbiddenError):
    """What the identity provider answered cannot be trusted, so no session was opened.

    `reason` says which check failed: such as `issuer`, `audience`, `expired`, `nonce`, `algorithm`, `key`, `signature`.
    """

    code = "sign_on_untrusted"

    def __init__(self, detail: str = "", *, reason: str = "malformed") -> None:
        super().__init__(detail, reason=reason)


class SingleSignOnInvalidError(InvalidError):
    """This single sign-on does not work.

    It was tried and not stored; `detail` says what was found, `errors` where.
    """

    code = "single_sign_on_invalid"
