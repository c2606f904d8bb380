"""Everything breaks at once, in short; the long form is `python -m tests.fire chaos`."""

from pathlib import Path

from tests.fire.chaos import opened


async def test_nothing_is_lost_and_who_can_be_served_is(tmp_path: Path) -> None:
    async with opened(tmp_path, seed=3) as chaos:
        await chaos.rages(6)
        await chaos.settled()
        for kind in ("vk-callback", "viber", "facebook"):
            await chaos.one_down(kind)
        await chaos.settled()
        await chaos.hour_without_telegram()
        await chaos.settled()
        told = await chaos.judge()
        assert told["troubles"] > 20 and told["messages"] > 30
