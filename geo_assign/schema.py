"""The whole schema: importing this module registers the tables of every feature."""

from geo_assign.access import tables as access
from geo_assign.completion import tables as completion
from geo_assign.core import idempotency, outbox
from geo_assign.core.tables import metadata
from geo_assign.dispatch import tables as dispatch
from geo_assign.following import tables as following
from geo_assign.geocoding import tables as geocoding
from geo_assign.handover import tables as handover
from geo_assign.insight import tables as insight
from geo_assign.pins import tables as pins
from geo_assign.positions import tables as positions
from geo_assign.privacy import tables as privacy
from geo_assign.push import tables as push
from geo_assign.receipts import tables as receipts
from geo_assign.webhooks import tables as webhooks
from geo_assign.widget import tables as widget
from geo_assign.workforce import tables as workforce
from geo_assign.workorders import search_texts
from geo_assign.workorders import tables as workorders

__all__ = [
    "access",
    "completion",
    "dispatch",
    "following",
    "geocoding",
    "handover",
    "idempotency",
    "insight",
    "metadata",
    "outbox",
    "pins",
    "positions",
    "privacy",
    "push",
    "receipts",
    "search_texts",
    "webhooks",
    "widget",
    "workforce",
    "workorders",
]
