"""Each part finds nothing that should not be: with small counts, as `python -m tests.reliability --quick` does."""

from __future__ import annotations

import pytest

from tests.reliability.parts import PARTS
from tests.reliability.rows import QUICK

pytestmark = pytest.mark.matrix  # each starts servers, of which no name here tells


@pytest.mark.parametrize("part", PARTS)
def test_all_is_as_it_should_be(part: str) -> None:
    found = list(PARTS[part].rows(QUICK))
    assert found
    assert [row for row in found if row.faults] == []
