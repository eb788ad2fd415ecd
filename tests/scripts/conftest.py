from pathlib import Path

import pytest

from tests.scripts.shell import Checkout, new_checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return new_checkout(tmp_path / "checkout")
