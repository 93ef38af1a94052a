"""The rooms that the trust suite is played on."""

from __future__ import annotations

import pytest

from spatialenv.testing.trust import Rooms, trust_rooms


@pytest.fixture(scope="session")
def rooms() -> Rooms:
    return trust_rooms(2000)


@pytest.fixture(scope="session")
def few_rooms() -> Rooms:
    return trust_rooms(350)
