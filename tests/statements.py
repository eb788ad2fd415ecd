"""The statements of the hot path, of all features."""

import gc
import pkgutil
from importlib import import_module

import geo_assign
from geo_assign.core.statements import Statement


def every_statement() -> list[Statement[tuple[object, ...]]]:
    """All that exist once every module is imported."""
    for module in pkgutil.walk_packages(geo_assign.__path__, "geo_assign."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    # What the tests' process has frozen is not among the objects else.
    gc.unfreeze()
    found = [one for one in gc.get_objects() if isinstance(one, Statement)]
    gc.freeze()
    return found
