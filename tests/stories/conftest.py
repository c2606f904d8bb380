import pytest

from tests.conftest import OpenOffice
from tests.stories.talk import Talk, begin


@pytest.fixture(params=["replies", "topics"])
async def talk(open_office: OpenOffice, request: pytest.FixtureRequest) -> Talk:
    """A conversation in work, in either layout, in a group that may post fast."""
    return await begin(await open_office(forum=request.param == "topics", posts_per_minute=600))
