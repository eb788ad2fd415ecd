"""Writes of learned pins: what visits teach, what people decide, and what is forgotten."""

from geo_assign.pins.commands.deciding import confirm_pin, reject_pin, withdraw_pin
from geo_assign.pins.commands.forgetting import forget_evidence, forget_evidence_of_technician
from geo_assign.pins.commands.learning import learn_from_arrival, learn_from_hand

__all__ = [
    "confirm_pin",
    "forget_evidence",
    "forget_evidence_of_technician",
    "learn_from_arrival",
    "learn_from_hand",
    "reject_pin",
    "withdraw_pin",
]
