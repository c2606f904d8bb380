"""Garbage into every way in, in short; the long form is `python -m tests.fire garbage`."""

from collections.abc import AsyncIterator
from random import Random

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fire.garbage import Range, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

TARGETS = ("vk", "viber", "fb", "tg", "desk", "socket", "fallback", "upload", "wire")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=30),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=12), inside, max_size=4),
    max_leaves=12,
)
KEYS = (
    "message",
    "sender",
    "user",
    "object",
    "type",
    "event",
    "update_id",
    "entry",
    "id",
    "chat",
    "text",
    "v",
    "n",
)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Range]:
    async with opened(tmp_path_factory.mktemp("garbage"), seed=1) as opened_range:
        yield opened_range


@pytest.mark.parametrize("target", TARGETS)
async def test_recorded_shapes_gone_wrong(place: Range, target: str) -> None:
    for _ in range(60):
        await place.shoot(target)
    await place.is_well(target)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(body=st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), JSON, max_size=6), seed=st.integers(0, 99))
async def test_any_json_at_all(place: Range, body: dict[str, object], seed: int) -> None:
    place.random.seed(seed)
    await place.shoot(Random(seed).choice(TARGETS), body)
    place.watch.look("any")
    assert not place.faults + place.watch.faults


async def test_all_is_well_after_it(place: Range) -> None:
    await place.is_well("end")
    assert set(place.shot) == set(TARGETS)
