"""Reads tiles of vectors, as far as the map's are made of points: the layers' features with their members."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Layer:
    name: str = ""
    extent: int = 0
    features: list[dict[str, Any]] = field(default_factory=list)


def layers_of(tile: bytes) -> dict[str, Layer]:
    """The layers by name. Each feature has `x` and `y`, in steps from the north-west, beside its members."""
    found = [_layer(value) for number, value in _fields(tile) if number == 3]
    return {layer.name: layer for layer in found}


def _layer(data: bytes) -> Layer:
    layer, keys, values, raw = Layer(), [], [], []
    for number, value in _fields(data):
        match number:
            case 1:
                layer.name = value.decode()
            case 2:
                raw.append(value)
            case 3:
                keys.append(value.decode())
            case 4:
                values.append(_value(value))
            case 5:
                layer.extent = value
    layer.features = [_feature(one, keys, values) for one in raw]
    return layer


def _feature(data: bytes, keys: list[str], values: list[Any]) -> dict[str, Any]:
    members = dict(_fields(data))
    tags = list(_numbers(members[2]))
    command, x, y = _numbers(members[4])
    assert command == 9, "one point"
    told = {keys[key]: values[value] for key, value in zip(tags[::2], tags[1::2], strict=True)}
    return {"x": _signed(x), "y": _signed(y)} | told


def _value(data: bytes) -> Any:
    ((number, value),) = _fields(data)
    if number == 1:
        return value.decode()
    if number in (2, 3):
        return struct.unpack("<f" if number == 2 else "<d", value)[0]
    return bool(value) if number == 7 else _signed(value) if number == 6 else value


def _signed(number: int) -> int:
    return (number >> 1) ^ -(number & 1)


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(data):
        tag, at = _number(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = _number(data, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            value, at = data[at : at + size], at + size
        else:
            size, at = _number(data, at)
            value, at = data[at : at + size], at + size
        yield tag >> 3, value


def _numbers(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = _number(data, at)
        yield value


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value, at, shift = value | (byte & 127) << shift, at + 1, shift + 7
        if byte < 128:
            return value, at
