"""Reads and writes tiles of vectors, as far as the map's are made of points: layers' features with their members."""

import struct
from collections.abc import Iterator, Mapping, Sequence
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


def tile_of(name: str, features: Sequence[Mapping[str, Any]], *, extent: int = 4_096) -> bytes:
    """A tile of one layer: each feature has `x` and `y` and other members; those that are None are left out."""
    keys: dict[str, int] = {}
    values: dict[bytes, int] = {}
    written = [_written_feature(one, keys, values) for one in features]
    layer = b"".join(
        [
            _field(15, 2),
            _field(1, name.encode()),
            *(_field(2, one) for one in written),
            *(_field(3, key.encode()) for key in keys),
            *(_field(4, value) for value in values),
            _field(5, extent),
        ]
    )
    return _field(3, layer)


def _written_feature(feature: Mapping[str, Any], keys: dict[str, int], values: dict[bytes, int]) -> bytes:
    tags = b""
    for key, value in feature.items():
        if key not in ("x", "y") and value is not None:
            tags += _varint(keys.setdefault(key, len(keys)))
            tags += _varint(values.setdefault(_written_value(value), len(values)))
    place = _varint(9) + _varint(_zigzag(feature["x"])) + _varint(_zigzag(feature["y"]))
    return _field(2, tags) + _field(3, 1) + _field(4, place)


def _written_value(value: object) -> bytes:
    if isinstance(value, bool):
        return _field(7, int(value))
    if isinstance(value, int):
        return _field(6, _zigzag(value))
    if isinstance(value, float):
        return _varint(3 << 3 | 1) + struct.pack("<d", value)
    return _field(1, str(value).encode())


def _field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    return bytes([*written, number])
