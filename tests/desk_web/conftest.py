from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.desk_web.desk_office import DeskOffice


@pytest.fixture
async def desk_office(tmp_path: Path) -> AsyncIterator[DeskOffice]:
    async with DeskOffice(tmp_path) as office:
        yield office
