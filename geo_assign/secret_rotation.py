"""Everything that is stored encrypted, brought under the newest of the operator's keys."""

from collections.abc import Callable, Mapping
from uuid import UUID

from geo_assign.access.commands import reencrypt_client_secrets, reencrypt_mails, reencrypt_second_factors
from geo_assign.core.db import Database, Tx
from geo_assign.core.secrets import SecretBox
from geo_assign.following.commands import rotate_customer_links
from geo_assign.geocoding.commands.map_keys import rotate_map_keys
from geo_assign.push.commands import reencrypt_push_addresses
from geo_assign.webhooks.commands.subscriptions import reencrypt_webhook_secrets

ROTATIONS: Mapping[str, tuple[str, Callable[[Tx, SecretBox], int]]] = {
    "customer_links": ("customers' links", rotate_customer_links),
    "map_keys": ("map keys", rotate_map_keys),
    "webhook_secrets": ("webhook secrets", reencrypt_webhook_secrets),
    "single_sign_on": ("client secrets", reencrypt_client_secrets),
    "second_factors": ("second factors", reencrypt_second_factors),
    "mails": ("waiting mails", reencrypt_mails),
    "push_subscriptions": ("push subscriptions", reencrypt_push_addresses),
}
"""By the table with the secrets: what they are called, and the command that encrypts an organization's anew."""


def rotate_secrets(database: Database, org_id: UUID, box: SecretBox) -> dict[str, int]:
    """Encrypt all of an organization's secrets anew, all or none; returns how many of what.

    Raises SecretUnreadableError, SecretKeysMissingError.
    """
    return database.run(org_id, lambda tx: {called: rotate(tx, box) for called, rotate in ROTATIONS.values()})
