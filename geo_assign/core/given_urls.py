"""URLs that callers give, to be called later on: what stands against one, said when it is given."""

from geo_assign.core.outbound import (
    OutboundClient,
    OutboundInvalidUrlError,
    OutboundRefusedError,
    OutboundTimeoutError,
    OutboundUnreachableError,
)

_LOOKUP_S = 3.0
_PRIVATE = "This leads to a private or reserved address. The operator allows one in GEO_ASSIGN_OUTBOUND_ALLOW."
_UNKNOWN = "The name of this host is unknown, and it is not https."


def find_objection(client: OutboundClient, url: str, *, malformed: str, insecure: str) -> str | None:
    """A sentence on why `url` could not be called, or ought not to be; None when nothing stands against it.

    `malformed` and `insecure` are the caller's own sentences. Without https only private places that the operator
    allows are called. A name that cannot be looked up just now may be there tomorrow: over https it is taken.
    """
    secure = url.lower().startswith("https://")
    try:
        private = client.leads_to_private_place(url, deadline_s=_LOOKUP_S)
    except OutboundInvalidUrlError:
        return malformed
    except OutboundRefusedError:
        return _PRIVATE
    except (OutboundUnreachableError, OutboundTimeoutError):
        return None if secure else _UNKNOWN
    return None if secure or private else insecure
