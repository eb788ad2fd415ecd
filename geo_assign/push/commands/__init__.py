"""Writes of push subscriptions and of what devices are to be told."""

from geo_assign.push.commands.messages import claim_push, drop_push, drop_subscription, put_off_push, tell_devices
from geo_assign.push.commands.subscriptions import (
    forget_ended_subscriptions,
    put_subscription,
    reencrypt_push_addresses,
    remove_ended_subscriptions,
    remove_subscription,
)

__all__ = [
    "claim_push",
    "drop_push",
    "drop_subscription",
    "forget_ended_subscriptions",
    "put_off_push",
    "put_subscription",
    "reencrypt_push_addresses",
    "remove_ended_subscriptions",
    "remove_subscription",
    "tell_devices",
]
