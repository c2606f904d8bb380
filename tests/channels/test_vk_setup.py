"""The community's settings: mended where they differ from what is needed, and otherwise left alone."""

import pytest

from bridge.channels.vk.events import KINDS
from bridge.channels.vk.setup import EVERY, TITLE
from tests.channels.vk_house import RU, House, OpenHouse
from tests.emulators.vk import VkEmulator
from tests.office import FastClock

SETTERS = (
    "groups.setLongPollSettings",
    "groups.addCallbackServer",
    "groups.editCallbackServer",
    "groups.setCallbackSettings",
    "groups.deleteCallbackServer",
)


def changes(vk: VkEmulator) -> list[str]:
    return [call.method for call in vk.calls_of(SETTERS)]


async def looks_again(house: House, vk: VkEmulator) -> None:
    """The time for another look has come, and it is over."""
    before = len(vk.calls_of("groups.getById"))

    def twice() -> bool:
        house.clock.passes(EVERY / 20)
        return len(vk.calls_of("groups.getById")) > before + 1

    await house.until(twice)


@pytest.fixture
async def fresh(vk_clock: FastClock):
    """A community in which nobody has set up anything."""
    async with VkEmulator(clock=vk_clock, scale=0.01, long_poll=False) as emulator:
        emulator.rules.rate_limit = None
        yield emulator


class TestLongPoll:
    async def test_it_is_switched_on_with_all_kinds_of_events(
        self, tmp_path, vk_clock: FastClock, fresh: VkEmulator
    ):
        house = House(tmp_path, vk_clock, fresh)
        await house.open()
        try:
            await house.ready()
            assert changes(fresh) == ["groups.setLongPollSettings"]
            assert fresh.long_poll.enabled
            told = {kind for kind, on in fresh.long_poll.subscription.events.items() if on}
            assert told == set(KINDS)
            ann = fresh.person()
            ann.write("раз")
            await house.received(ann)
        finally:
            await house.close()

    async def test_what_is_as_it_must_be_is_left_alone(self, open_house: OpenHouse, vk: VkEmulator):
        vk.long_poll.subscription.events["wall_post_new"] = True
        house = await open_house()
        await looks_again(house, vk)
        assert changes(vk) == []

    async def test_a_kind_that_was_switched_off_is_switched_on_and_others_stay(
        self, open_house: OpenHouse, vk: VkEmulator
    ):
        vk.long_poll.subscription.events.update(message_read=False, wall_post_new=True, photo_new=False)
        vk.long_poll.subscription.api_version = "5.131"
        await open_house()
        assert changes(vk) == ["groups.setLongPollSettings"]
        subscription = vk.long_poll.subscription
        assert subscription.api_version == "5.199"
        assert subscription.events["message_read"]
        assert subscription.events["wall_post_new"]
        assert not subscription.events["photo_new"]

    async def test_it_is_mended_at_a_later_look_too(self, open_house: OpenHouse, vk: VkEmulator):
        house = await open_house()
        vk.long_poll.enabled = False
        vk.world.touch()
        await house.until(lambda: vk.long_poll.enabled)
        await house.until(lambda: house.channel.health.health == "up")


class TestCallback:
    async def test_the_server_is_registered(self, open_house: OpenHouse, vk: VkEmulator):
        house = await open_house(updates="callback")
        server = vk.callback.server
        assert (server.url, server.title, server.status) == (f"{house.url}/hooks/vk", TITLE, "ok")
        assert {kind for kind, on in server.subscription.events.items() if on} == set(KINDS)
        assert len(server.secret) == 50
        assert changes(vk) == ["groups.addCallbackServer", "groups.setCallbackSettings"]

    async def test_once(self, open_house: OpenHouse, vk: VkEmulator):
        house = await open_house(updates="callback")
        made = changes(vk)
        await looks_again(house, vk)
        await house.reopen()
        assert changes(vk) == made

    async def test_servers_of_others_are_left_alone(self, open_house: OpenHouse, vk: VkEmulator):
        other = vk.callback.add("https://other.example/hook", "Other", "abc")
        await open_house(updates="callback")
        assert len(vk.callback.servers) == 2
        assert (other.url, other.secret, any(other.subscription.events.values())) == (
            "https://other.example/hook",
            "abc",
            False,
        )

    async def test_another_secret_is_told(self, open_house: OpenHouse, vk: VkEmulator):
        house = await open_house(updates="callback", secret="first")
        house.settings["secret"] = "second"
        await house.reopen()
        assert vk.callback.server.secret == "second"
        assert changes(vk)[2:] == ["groups.editCallbackServer"]
        ann = vk.person()
        ann.write("раз")
        await house.received(ann)

    async def test_one_that_vk_gave_up_is_confirmed_anew_and_what_was_missed_is_looked_up(
        self, open_house: OpenHouse, vk: VkEmulator
    ):
        house = await open_house(updates="callback")
        ann = vk.person()
        ann.write("раз")
        await house.received(ann)
        vk.rules.callback_keeps = False
        house.inbox.broken = True
        for number in range(8):
            ann.write(str(number))
        await house.until(lambda: vk.callback.server.status == "failed")
        house.inbox.broken = False
        vk.callback.server.waiting = 0
        await looks_again(house, vk)
        await house.received(ann, 9)
        assert vk.callback.server.status == "ok"

    async def test_an_address_that_is_not_confirmed_is_said(self, open_house: OpenHouse, vk: VkEmulator):
        house = await open_house(updates="both", confirmation="wrong")
        await house.until(lambda: vk.callback.servers)
        house.clock.passes(60)
        await house.until(lambda: house.channel.health.reason)
        assert house.channel.health.health == "up"  # the long poll works
        assert house.channel.health.reason == RU("vk-down-callback", url=f"{house.url}/hooks/vk")

    async def test_ten_servers_of_others_leave_no_room(self, open_house: OpenHouse, vk: VkEmulator):
        for number in range(10):
            vk.callback.add(f"https://other.example/{number}", "Other", "")
        house = await open_house(updates="both")
        await house.until(lambda: house.channel.health.reason == RU("vk-down-servers"))


class TestToken:
    @pytest.mark.parametrize("error", [5, 27, 28, 1117])
    async def test_a_dead_one_is_said_and_a_good_one_works_again(
        self, open_house: OpenHouse, vk: VkEmulator, error: int
    ):
        house = await open_house()
        vk.group.revoke(error=error)
        vk.long_poll.rotate_key()
        await house.until(lambda: house.channel.health.reason == RU("vk-down-token"))
        assert house.channel.health.health == "down"
        vk.group.tokens[vk.token].dead = False
        await looks_again(house, vk)
        await house.until(lambda: house.channel.health.health == "up")

    async def test_of_another_community(self, tmp_path, vk_clock: FastClock, vk: VkEmulator):
        house = House(tmp_path, vk_clock, vk, community_id=5)
        await house.open()
        try:
            await house.until(lambda: house.channel.health.reason)
            assert house.channel.link_for("x") is None
        finally:
            await house.close()

    async def test_without_a_right(self, tmp_path, vk_clock: FastClock, vk: VkEmulator):
        vk.group.tokens[vk.token].scopes.remove("manage")
        house = House(tmp_path, vk_clock, vk)
        await house.open()
        try:
            await house.until(lambda: house.channel.health.reason == RU("vk-down-access", code="15"))
            assert house.channel.health.health == "down"
        finally:
            await house.close()
