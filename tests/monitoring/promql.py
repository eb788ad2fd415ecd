"""What an expression in Prometheus' language asks for."""

from collections.abc import Iterator
from dataclasses import dataclass

import promql_parser
from promql_parser import AggregateExpr, BinaryExpr, Expr, VectorSelector


@dataclass(frozen=True)
class Wanted:
    """A metric by the name of its samples, the labels that the expression names with it, and the values they may have.

    A value of None is not told by the expression: the label is grouped by.
    """

    name: str
    label: str | None = None
    pattern: str | None = None


def wanted(expression: str) -> set[Wanted]:
    """The metrics and labels of an expression. Raises ValueError where it cannot be read."""
    return set(_wanted(promql_parser.parse(expression), frozenset()))


def _wanted(expr: Expr, grouped: frozenset[str]) -> Iterator[Wanted]:
    if isinstance(expr, VectorSelector):
        yield Wanted(expr.name)
        for matcher in expr.matchers.matchers:
            yield Wanted(expr.name, matcher.name, matcher.value)
        yield from (Wanted(expr.name, label) for label in grouped)
        return
    if isinstance(expr, AggregateExpr) and expr.modifier is not None:
        grouped |= frozenset(expr.modifier.labels)
    for inner in _parts(expr):
        yield from _wanted(inner, grouped)


def _parts(expr: Expr) -> Iterator[Expr]:
    if isinstance(expr, BinaryExpr):
        yield from (expr.lhs, expr.rhs)
        return
    if hasattr(expr, "vector_selector"):
        yield expr.vector_selector
    yield from getattr(expr, "args", ())
    inner = getattr(expr, "expr", None)
    if inner is not None:
        yield inner
