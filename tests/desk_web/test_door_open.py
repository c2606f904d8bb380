"""How long the session of a page that stands open lasts: as long as somebody works there."""

from tests.desk_web.desk_office import ANNA, DeskOffice
from tests.desk_web.operator import Page
from tests.turned_clock import until


async def looked(office: DeskOffice, page: Page) -> bool:
    """A minute later: whether the look at the session counted as a use of it."""
    before = len(office.door.used)
    for _ in range(4):
        office.passes(16)
        await page.reads()  # with a ping
    await until(lambda: len(office.door.used) > before, "nobody looked at the session")
    assert len(office.door.used) == before + 1
    return office.door.used[-1]


async def test_a_page_that_only_stays_connected_is_no_use_of_the_session(desk_office: DeskOffice):
    """Nobody may be there any more."""
    anna = await desk_office.at_work(ANNA)
    await looked(desk_office, anna)
    assert [await looked(desk_office, anna) for _ in range(3)] == [False] * 3


async def test_an_operator_who_does_something_keeps_it(desk_office: DeskOffice):
    asked = await desk_office.writes("Мария", "Есть в наличии?")
    anna = await desk_office.at_work(ANNA)
    await looked(desk_office, anna)
    await anna.look(asked)
    assert [await looked(desk_office, anna) for _ in range(2)] == [True, False]
