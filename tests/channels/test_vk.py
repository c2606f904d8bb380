"""Customers who write to a community of VKontakte: what comes in, by either way, and each thing once."""

import asyncio
import io
import json
import logging
from typing import Any, ClassVar

import aiohttp
import pytest

from bridge.inbox.join import offer_join
from bridge.model import Delivery, Direction, Kind, Stage
from tests.channels.vk_house import RU, VK, House, OpenHouse, kinds
from tests.emulators.vk import ADMIN, VkEmulator, doc, forwarded, photo, picture, voice

GREETING = RU("messenger-greeting")


@pytest.fixture(params=["longpoll", "callback"])
async def either(open_house: OpenHouse, vk: VkEmulator, request: pytest.FixtureRequest) -> House:
    """A house that hears of events by each of the ways."""
    house = await open_house(updates=request.param)
    if request.param == "callback":
        await vk.confirmed()
    return house


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    return await open_house()


@pytest.fixture
async def both(open_house: OpenHouse, vk: VkEmulator) -> House:
    house = await open_house(updates="both")
    await vk.confirmed()
    return house


async def post(house: House, body: Any, **headers: str) -> tuple[int, str]:
    """What the hook answers."""
    data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{house.url}/hooks/vk", data=data, headers=headers) as got,
    ):
        return got.status, await got.text()


class TestMessages:
    async def test_a_first_message_opens_a_conversation(self, either: House, vk: VkEmulator):
        ann = vk.person("Ann Lee", ru="Анна Ли", lang_id=3)
        ann.write("Где мой заказ?")
        (message,) = await either.received(ann)
        assert message.content.text.plain == "Где мой заказ?"
        conversation = await either.conversation(ann)
        assert conversation
        assert conversation.stage is Stage.INCOMING

        async def known() -> Any:
            found = await either.customer(ann)
            return found if found and found.profile.name else None

        customer = await either.until_so(known)
        assert customer.profile.name == "Анна Ли"  # in the config's language
        assert (customer.profile.language, customer.profile.link) == ("en", f"https://vk.com/id{ann.id}")
        assert customer.profile.avatar.ref.startswith(vk.url)
        assert len(vk.calls_of("users.get")) == 1

    async def test_messages_keep_their_order(self, house: House, vk: VkEmulator):
        ann, ben = vk.person(), vk.person("Ben Oh")
        for number in range(10):
            ann.write(str(number))
            ben.write(str(number))
        await house.received(ben, 10)
        assert await house.said(ann) == await house.said(ben) == [str(number) for number in range(10)]

    async def test_files_are_copied_at_once(self, either: House, vk: VkEmulator):
        ann = vk.person()
        things = [photo(picture("red")), doc(b"%PDF-1.4 x", "Счёт.pdf"), photo(picture("blue"), original=False)]
        ann.write("вот", attachments=things)
        ann.write(attachments=[voice()])
        album, spoken = await either.received(ann, 2)
        assert kinds(album) == [Kind.PHOTO, Kind.DOCUMENT, Kind.PHOTO]
        assert kinds(spoken) == [Kind.VOICE]
        assert spoken.content.attachments[0].duration == 4

        def copied(tx: Any) -> bool:
            return all(tx.media_of(a.file) for m in (album, spoken) for a in m.content.attachments)

        await either.until_so(lambda: either.store.read(copied))
        vk.world.files.forget()
        assert await either.bytes_of(album.content.attachments[1]) == b"%PDF-1.4 x"
        assert vk.journal.leaks == []

    async def test_a_message_that_came_cut_is_fetched_whole(self, either: House, vk: VkEmulator):
        ann = vk.person()
        ann.write("начало " * 20, attachments=["photo"], cropped=True)
        (message,) = await either.received(ann)
        assert (
            message.content.text.plain == ("начало " * 20).strip() or message.content.text.plain == "начало " * 20
        )
        assert kinds(message) == [Kind.PHOTO]

    async def test_it_waits_until_it_can_be_fetched(self, either: House, vk: VkEmulator):
        ann = vk.person()
        vk.faults.next("messages.getByConversationMessageId", "html502", times=2)
        ann.write("начало и конец длинного сообщения", cropped=True)
        (message,) = await either.received(ann)
        assert message.content.text.plain == "начало и конец длинного сообщения"

    async def test_or_is_taken_as_it_is_in_the_end(self, house: House, vk: VkEmulator):
        ann = vk.person()
        vk.faults.next("messages.getByConversationMessageId", "html502", times=99)
        ann.write("начало и конец длинного сообщения", cropped=True)
        ann.write("дальше")
        first, second = await house.received(ann, 2)
        assert first.content.text.plain.endswith(RU("vk-cropped"))
        assert second.content.text.plain == "дальше"

    async def test_forwarded_messages_have_their_authors(self, house: House, vk: VkEmulator):
        ann, ben = vk.person(), vk.person("Ben Oh", ru="Бен О")
        other = vk.community("Другая")
        ann.write(
            "вот", forwards=[forwarded("цена?", ben.id), forwarded("100 ₽", -other.id, attachments=["photo"])]
        )
        (message,) = await house.received(ann)
        assert message.content.text.plain == (
            "вот\nПересланное от Бен О:\n> цена?\nПересланное от Другая:\n> 100 ₽"
        )
        assert kinds(message) == [Kind.PHOTO]

    async def test_they_come_even_if_nobody_knows_them(self, house: House, vk: VkEmulator):
        vk.faults.next("users.get", "html502", times=1)
        ann = vk.person()
        ann.write("вот", forwards=[forwarded("цена?", 501)])
        (message,) = await house.received(ann)
        assert "Пересланное от vk.com/id501" in message.content.text.plain

    async def test_an_answer_quotes_what_it_answers(self, house: House, vk: VkEmulator):
        ann = vk.person()
        first = ann.write("раз")
        ann.write("два", reply_to=first)
        one, two = await house.received(ann, 2)
        assert two.reply_to == one.id

    async def test_what_we_never_saw_is_quoted_in_words(self, vk: VkEmulator, open_house: OpenHouse):
        ann = vk.person()
        before = ann.write("очень давно")
        house = await open_house()
        ann.write("да", reply_to=before)
        (message,) = await house.received(ann)
        assert message.content.text.plain == "В ответ на: «очень давно»\nда"

    async def test_group_chats_are_left_alone(self, either: House, vk: VkEmulator):
        ann = vk.person()
        body = {"id": 0, "conversation_message_id": 3, "peer_id": 2_000_000_001, "from_id": ann.id, "text": "чат"}
        vk.tell("message_new", {"message": body})
        ann.write("лично")
        await either.received(ann)
        assert await either.said(ann) == ["лично"]
        assert either.set_aside() == []

    async def test_one_bad_event_holds_up_no_other(
        self, either: House, vk: VkEmulator, caplog: pytest.LogCaptureFixture
    ):
        ann = vk.person()
        vk.tell("message_new", {"message": {"peer_id": ann.id, "conversation_message_id": {"x": "СЕКРЕТ"}}})
        vk.tell("message_deny", {"СЕКРЕТ": 1})
        vk.tell("some_news_of_2031", {"x": 1})
        ann.write("жив")
        await either.received(ann)
        await either.until(lambda: len(either.set_aside()) == 1)
        assert "СЕКРЕТ" in either.set_aside()[0][1]
        assert "message_deny" in caplog.text

    async def test_profiles_are_asked_for_until_they_come(self, house: House, vk: VkEmulator):
        vk.faults.next("users.get", 10, times=2)
        ann = vk.person("Ann Lee")
        ann.write("я")

        async def named() -> Any:
            customer = await house.customer(ann)
            return customer and customer.profile.name

        assert await house.until_so(named) == "Ann Lee"

    async def test_an_account_that_is_gone_stays_a_guest(self, house: House, vk: VkEmulator):
        ann = vk.person("Ann Lee")
        ann.write("я")
        ann.deactivated = "deleted"
        await house.received(ann)
        await house.until(lambda: vk.calls_of("users.get"))
        customer = await house.customer(ann)
        assert customer
        assert "DELETED" not in customer.profile.name


class TestOnce:
    async def test_by_long_poll_and_callback_at_once(self, both: House, vk: VkEmulator):
        ann = vk.person()
        vk.callback.duplicates = 5
        ann.write("раз")
        ann.write("два")
        await both.received(ann, 2)
        await vk.callback.again(2)
        await both.until(lambda: len(vk.callback.server.sent) >= 5)
        assert sorted(await both.said(ann)) == ["два", "раз"]

    async def test_events_without_a_message_too(self, both: House, vk: VkEmulator):
        ann = vk.person()
        ann.write("раз")
        await both.received(ann)
        ann.deny()
        await both.until_so(lambda: both.notes(ann))
        ann.allow()

        async def two() -> bool:
            return len(await both.notes(ann)) == 2

        await both.until_so(two)
        await vk.callback.again(2)  # the refusal once more, much later
        customer = await both.customer(ann)
        assert customer
        assert not customer.blocked
        assert await both.notes(ann) == [RU("event-blocked"), RU("event-unblocked")]

    async def test_a_retried_callback_is_an_event_like_any_other(self, open_house: OpenHouse, vk: VkEmulator):
        house = await open_house(updates="callback")
        await vk.confirmed()
        ann = vk.person()
        house.inbox.broken = True
        ann.write("раз")
        await house.until(lambda: [one.status for one in vk.callback.server.sent if one.attempt == 0][-1:] == [503])
        house.inbox.broken = False
        await house.received(ann)
        assert await house.said(ann) == ["раз"]
        assert vk.callback.server.sent[-1].attempt > 0
        assert vk.callback.server.sent[-1].ok

    async def test_the_long_poll_moves_on_after_the_commit_only(self, house: House, vk: VkEmulator):
        ann = vk.person()
        house.inbox.broken = True
        ann.write("раз")
        await house.until(lambda: house.channel.health.reason == RU("vk-down-storage"))
        house.inbox.broken = False
        await house.received(ann)
        assert await house.said(ann) == ["раз"]
        await house.until(lambda: house.channel.health.health == "up")

    async def test_a_restart_goes_on_where_it_was(self, house: House, vk: VkEmulator):
        ann = vk.person()
        ann.write("раз")
        await house.received(ann)
        await house.close()
        ann.write("два")
        house.channels.clear()
        await house.open()
        await house.received(ann, 2)
        assert await house.said(ann) == ["раз", "два"]


class TestLongPoll:
    async def test_a_new_key_goes_on_with_the_old_place(self, house: House, vk: VkEmulator):
        ann = vk.person()
        ann.write("раз")
        await house.received(ann)
        vk.long_poll.rotate_key()
        ann.write("два")
        await house.received(ann, 2)

    @pytest.mark.parametrize("how", ["forget_history", "lose_session"])
    async def test_what_was_lost_is_looked_up(self, house: House, vk: VkEmulator, how: str):
        ann, ben = vk.person(), vk.person("Ben Oh")
        ann.write("раз")
        await house.received(ann)
        vk.down = True
        ann.write("два")
        ann.write("три", attachments=["photo"])
        ben.write("я тоже")
        vk.admin_writes(ann, "смотрим")
        getattr(vk.long_poll, how)()
        vk.down = False
        await house.received(ann, 3)
        await house.received(ben)
        assert await house.said(ann) == ["раз", "два", "три"]
        await house.until_so(lambda: house.said(ann, Direction.OUT))
        assert await house.said(ann, Direction.OUT) == ["смотрим"]
        ann.write("четыре")
        await house.received(ann, 4)

    async def test_the_search_is_done_even_if_it_is_interrupted(self, house: House, vk: VkEmulator):
        ann = vk.person()
        ann.write("раз")
        await house.received(ann)
        vk.down = True
        ann.write("два")
        vk.long_poll.lose_session()
        vk.faults.next("messages.getHistory", "html502", times=2)
        vk.down = False
        await house.received(ann, 2)

    async def test_nothing_old_is_fetched_for_one_who_never_had_an_event(
        self, open_house: OpenHouse, vk: VkEmulator
    ):
        ann = vk.person()
        ann.write("до нас")
        house = await open_house()
        vk.long_poll.lose_session()
        ann.write("при нас")
        await asyncio.sleep(0.1)
        ann.write("ещё")
        await house.until_so(lambda: house.said(ann))
        assert "до нас" not in await house.said(ann)

    @pytest.mark.parametrize("failed", [1, 2, 3, 4, 99])
    async def test_no_failure_stops_it_or_becomes_a_hot_loop(self, house: House, vk: VkEmulator, failed: int):
        before = len(vk.journal.polls)
        vk.faults.next("longpoll", failed=failed, times=4)
        ann = vk.person()
        ann.write("раз")
        await house.received(ann)
        assert len(vk.journal.polls) - before < 12

    @pytest.mark.parametrize("fault", ["html502", "garbage", "cut_before", "cut_halfway", "drip"])
    async def test_a_broken_answer_is_asked_for_again(self, house: House, vk: VkEmulator, fault: str):
        vk.faults.next("longpoll", fault, times=3)
        ann = vk.person()
        ann.write("раз")
        ann.write("два")
        await house.received(ann, 2)
        assert await house.said(ann) == ["раз", "два"]

    async def test_when_vk_is_down_the_channel_says_so_and_comes_back(self, house: House, vk: VkEmulator):
        vk.down = True
        await house.until(lambda: house.channel.health.reason == RU("vk-down-network"))
        vk.down = False
        await house.until(lambda: house.channel.health.health == "up")


class TestEdits:
    async def test_new_words(self, either: House, vk: VkEmulator):
        ann = vk.person()
        written = ann.write("заказ 1", attachments=["photo", "photo"])
        (before,) = await either.received(ann)
        ann.edit(written, "заказ 2")

        async def changed() -> Any:
            (found,) = await either.messages(ann, Direction.IN)
            return found if found.edited_at else None

        after = await either.until_so(changed)
        assert after.content.text.plain == "заказ 2"
        assert after.content.attachments == before.content.attachments

    async def test_other_attachments(self, either: House, vk: VkEmulator):
        ann = vk.person()
        written = ann.write("вот", attachments=["photo", "photo"])
        await either.received(ann)
        ann.edit(written, attachments=[doc()])

        async def changed() -> bool:
            (found,) = await either.messages(ann, Direction.IN)
            return kinds(found) == [Kind.DOCUMENT]

        await either.until_so(changed)

    async def test_a_preview_that_was_hung_on_is_no_edit(self, either: House, vk: VkEmulator):
        ann = vk.person()
        written = ann.write("вот https://example.org/page", attachments=["photo"])
        await either.received(ann)
        ann.loads_preview(written)
        ann.write("дальше")
        first, _ = await either.received(ann, 2)
        assert first.edited_at is None
        assert len(first.content.attachments) == 1

    async def test_the_newest_version_stays_whatever_order_they_come_in(
        self, open_house: OpenHouse, vk: VkEmulator
    ):
        house = await open_house(updates="callback")
        await vk.confirmed()
        ann = vk.person()
        vk.callback.hold()
        written = ann.write("1")
        ann.edit(written, "2")
        ann.edit(written, "3")
        await vk.callback.release(reverse=True)
        (message,) = await house.received(ann)
        assert message.content.text.plain == "3"
        await vk.callback.again(3)
        assert await house.said(ann) == ["3"]

    async def test_an_edit_of_what_was_long_before_us_is_nothing(self, open_house: OpenHouse, vk: VkEmulator):
        ann = vk.person()
        old = ann.write("до нас")
        house = await open_house()
        house.clock.passes(2 * 3600)
        ann.edit(old, "до вас")
        ann.write("теперь")
        await house.received(ann)
        assert await house.said(ann) == ["теперь"]


class TestStaff:
    async def test_what_an_admin_writes_in_vk_is_shown_and_not_sent(self, either: House, vk: VkEmulator):
        vk.person("Vera Ray", ru="Вера Рэй", id=ADMIN)
        ann = vk.person()
        ann.write("раз")
        await either.received(ann)
        vk.admin_writes(ann, "Сейчас посмотрю", attachments=["photo"])
        await either.until_so(lambda: either.said(ann, Direction.OUT))
        (shown,) = await either.messages(ann, Direction.OUT)
        assert (shown.content.text.plain, shown.author_name) == ("Сейчас посмотрю", "ВКонтакте: Вера Рэй")
        assert (shown.author, shown.delivery) == (None, Delivery.SENT)
        assert kinds(shown) == [Kind.PHOTO]
        assert vk.calls_of("messages.send") == []

    async def test_an_edit_of_theirs_too(self, house: House, vk: VkEmulator):
        ann = vk.person()
        ann.write("раз")
        await house.received(ann)
        theirs = vk.admin_writes(ann, "да")
        await house.until_so(lambda: house.said(ann, Direction.OUT))
        vk.admin_edits(theirs, "нет")

        async def changed() -> bool:
            return await house.said(ann, Direction.OUT) == ["нет"]

        await house.until_so(changed)

    async def test_another_program_is_called_so(self, house: House, vk: VkEmulator):
        ann = vk.person()
        ann.write("раз")
        await house.received(ann)
        form = {"access_token": vk.token, "v": "5.199", "peer_ids": ann.id, "random_id": 7, "message": "рассылка"}
        async with aiohttp.ClientSession() as session:
            await (await session.post(f"{vk.url}/method/messages.send", data=form)).read()
        await house.until_so(lambda: house.said(ann, Direction.OUT))
        (shown,) = await house.messages(ann, Direction.OUT)
        assert shown.author_name == RU("vk-program")

    @pytest.mark.parametrize("before", [True, False])
    async def test_our_own_answers_are_never_taken_for_theirs(self, both: House, vk: VkEmulator, before: bool):
        """Whether VKontakte tells of them before it answers our call, or after."""
        ann = vk.person()
        ann.write("раз")
        await both.received(ann)
        gate = vk.faults.hold("messages.send", before=False)
        id = await both.answers(ann, "ответ")
        await gate.reached()
        if before:
            await both.until(lambda: any(d.event["type"] == "message_reply" for d in vk.callback.server.sent))
            ann.write("два")  # when this has come, the event before it has too
            await both.received(ann, 2)
        gate.release()
        await both.settled(id)
        ann.write("три")
        await both.received(ann, 3 if before else 2)
        assert await both.said(ann, Direction.OUT) == ["ответ"]
        assert ann.texts == ["ответ"]

    async def test_an_answer_whose_call_was_lost_is_ours_too(self, house: House, vk: VkEmulator):
        ann = vk.person()
        ann.write("раз")
        await house.received(ann)
        vk.faults.next("messages.send", "cut_after", times=2)
        id = await house.answers(ann, "ответ")
        assert (await house.settled(id)).delivery is Delivery.SENT
        ann.write("два")
        await house.received(ann, 2)
        assert ann.texts == ["ответ"]
        assert await house.said(ann, Direction.OUT) == ["ответ"]


class TestWhatElseIsTold:
    async def test_blocking_and_unblocking(self, either: House, vk: VkEmulator):
        ann = vk.person()
        ann.write("раз")
        await either.received(ann)
        ann.deny()

        async def blocked() -> bool:
            customer = await either.customer(ann)
            return bool(customer and customer.blocked)

        await either.until_so(blocked)
        ann.allow()

        async def unblocked() -> bool:
            return not await blocked()

        await either.until_so(unblocked)
        vk.blocks(ann)
        await either.until_so(blocked)
        vk.unblocks(ann)
        await either.until_so(unblocked)
        assert await either.notes(ann) == [
            RU("event-blocked"),
            RU("event-unblocked"),
            RU("vk-event-banned"),
            RU("vk-event-unbanned"),
        ]

    async def test_strangers_who_allow_or_refuse_are_no_customers(self, house: House, vk: VkEmulator):
        ann, ben = vk.person(), vk.person("Ben Oh")
        ann.allow()
        ann.deny()
        ann.type()
        ben.write("раз")
        await house.received(ben)
        assert await house.customer(ann) is None

    async def test_typing(self, either: House, vk: VkEmulator):
        ann = vk.person()
        ann.type()
        await either.until(lambda: either.typed == [str(ann.id)])

    async def test_reading(self, either: House, vk: VkEmulator):
        ann = vk.person()
        ann.write("раз")
        first = await either.answers(ann, "1")
        second = await either.answers(ann, "2")
        await either.settled(second)
        vk.admin_writes(ann, "и ещё")
        ann.read()

        async def seen() -> bool:
            found = await either.messages(ann, Direction.OUT)
            return [m.delivery for m in found if m.id in (first, second)] == [Delivery.SEEN] * 2

        await either.until_so(seen)

    async def test_reading_that_is_told_before_our_call_is_answered(self, house: House, vk: VkEmulator):
        ann = vk.person()
        ann.write("раз")
        await house.received(ann)
        gate = vk.faults.hold("messages.send", before=False)
        id = await house.answers(ann, "ответ")
        await gate.reached()
        ann.write("два")  # has read it by that
        await house.received(ann, 2)
        gate.release()
        assert (await house.settled(id)).delivery is Delivery.SEEN

    async def test_reactions(self, either: House, vk: VkEmulator):
        ann = vk.person()
        mine = ann.write("раз")
        await either.settled(await either.answers(ann, "ответ"))
        ann.react(ann.heard[0], 4)
        await either.until_so(lambda: either.notes(ann))
        assert await either.notes(ann) == [RU("event-reaction", emoji="👍")]
        (line,) = await either.messages(ann, Direction.NOTE)
        (answer,) = await either.messages(ann, Direction.OUT)
        assert line.reply_to == answer.id
        ann.react(ann.heard[0], None)

        async def gone() -> bool:
            return await either.notes(ann) == [RU("event-reaction-removed")]

        await either.until_so(gone)
        vk.admin_reacts(mine, 2)
        ann.react(ann.heard[0], 50)

        async def unknown() -> bool:
            return await either.notes(ann) == [RU("event-reaction", emoji="реакция № 50")]

        await either.until_so(unknown)

    async def test_a_button_of_another_program(self, either: House, vk: VkEmulator):
        ann = vk.person()
        ann.write("раз")
        await either.received(ann)
        keyboard = {
            "inline": True,
            "buttons": [
                [{"action": {"type": "callback", "label": "Да", "payload": '{"k":1}'}, "color": "primary"}]
            ],
        }
        form = {"access_token": vk.token, "v": "5.199", "peer_ids": ann.id, "random_id": 7, "message": "Да?"}
        async with aiohttp.ClientSession() as session:
            data = {**form, "keyboard": json.dumps(keyboard)}
            await (await session.post(f"{vk.url}/method/messages.send", data=data)).read()
        press: Any = ann.presses(ann.heard[0], "Да")
        await either.until(lambda: press.answered)
        assert (await either.said(ann))[-1] == 'Нажата кнопка: {"k": 1}'

    async def test_a_button_that_writes_is_a_message(self, house: House, vk: VkEmulator):
        ann = vk.person()
        ann.write("Где заказ", payload={"cmd": "order"})
        await house.received(ann)
        assert await house.said(ann) == ["Где заказ"]


class TestStart:
    async def test_start_is_greeted_and_asks_nothing(self, either: House, vk: VkEmulator):
        ann = vk.person()
        ann.starts()
        await either.until(lambda: ann.texts == [GREETING])
        assert await either.conversation(ann) is None
        await vk.callback.again(1) if vk.callback.servers else None
        ann.write("вопрос")
        await either.received(ann)
        assert await either.said(ann) == ["вопрос"]
        assert ann.texts == [GREETING]

    async def test_the_greeting_takes_away_the_buttons_of_a_former_program(self, house: House, vk: VkEmulator):
        ann = vk.person()
        ann.starts()
        await house.until(lambda: ann.heard)
        assert ann.heard[0].keyboard == {"one_time": False, "inline": False, "buttons": []}

    async def test_where_bots_are_not_allowed_it_comes_without(self, house: House, vk: VkEmulator):
        vk.group.bots_enabled = False
        ann = vk.person()
        ann.starts()
        await house.until(lambda: ann.texts == [GREETING])

    async def test_the_config_may_say_its_own_or_nothing(self, open_house: OpenHouse, vk: VkEmulator):
        house = await open_house(greeting="Привет!")
        ann = vk.person()
        ann.starts()
        await house.until(lambda: ann.texts == ["Привет!"])
        await house.close()
        house.settings["greeting"] = ""
        house.channels.clear()
        await house.open()
        ben = vk.person("Ben Oh")
        ben.starts()
        ben.write("вопрос")
        await house.received(ben)
        assert ben.texts == []

    async def test_the_link_that_led_here_is_on_the_card(self, house: House, vk: VkEmulator):
        ann, ben = vk.person(), vk.person("Ben Oh")
        ann.starts(ref="spring")
        ann.write("вопрос")
        ben.write("вопрос", ref="promo", ref_source="ads")
        await house.received(ann)
        await house.received(ben)
        of_ann, of_ben = await house.conversation(ann), await house.conversation(ben)
        assert of_ann
        assert of_ben
        assert of_ann.details == {RU("detail-referral"): "spring"}
        assert of_ben.details == {RU("detail-referral"): "promo (ads)"}

    @pytest.mark.parametrize("starts", [True, False])
    async def test_a_one_time_link_carries_the_conversation_over(self, house: House, vk: VkEmulator, starts: bool):
        link = house.channel.link_for("TOKEN")
        assert link == f"https://vk.me/{vk.group.screen_name}?ref=TOKEN"
        ben, ann = vk.person("Ben Oh"), vk.person()
        ben.write("с другого адреса")
        await house.received(ben)
        customer = await house.customer(ben)
        assert customer
        token = await house.store.write(lambda tx: offer_join(tx, customer.id, VK))
        if starts:
            ann.starts(ref=token)
        else:
            ann.write("это я", ref=token)
        await house.until(lambda: RU("join-welcome") in ann.texts)
        conversation = await house.until_so(lambda: house.conversation(ann))
        assert not conversation.details
        assert RU("join-moved", channel="ВК") in ben.texts

    async def test_a_used_link_says_so_once(self, house: House, vk: VkEmulator):
        ann = vk.person()
        ann.starts(ref="j-used")
        await house.until(lambda: ann.texts == [RU("join-too-old")])
        ann.write("вопрос", ref="j-used")
        await house.received(ann)
        assert ann.texts == [RU("join-too-old")]


class TestHook:
    EVENT: ClassVar = {
        "type": "message_typing_state",
        "event_id": "e",
        "v": "5.199",
        "object": {"from_id": 7, "state": "typing"},
    }

    @pytest.fixture
    async def house(self, open_house: OpenHouse, vk: VkEmulator) -> House:
        house = await open_house(updates="callback", secret="s3cret")
        await vk.confirmed()
        return house

    async def test_who_knows_the_secret_is_answered_ok(self, house: House, vk: VkEmulator):
        event = {**self.EVENT, "group_id": vk.group.id, "secret": "s3cret"}
        assert await post(house, event, **{"X-Retry-Counter": "3"}) == (200, "ok")
        assert house.typed == ["7"]

    @pytest.mark.parametrize(
        "wrong",
        [{"secret": "other"}, {"secret": None}, {"secret": 5}, {"group_id": 1}, {"group_id": None}, {"secret": ""}],
    )
    async def test_others_are_sent_away(self, house: House, vk: VkEmulator, wrong: dict[str, Any]):
        event = {**self.EVENT, "group_id": vk.group.id, "secret": "s3cret", **wrong}
        assert (await post(house, event))[0] == 403
        assert house.refused == [("vk", "signature")]
        assert house.typed == []

    async def test_without_a_secret_too(self, house: House, vk: VkEmulator):
        assert (await post(house, {**self.EVENT, "group_id": vk.group.id}))[0] == 403

    async def test_what_is_no_event_is_refused(self, house: House):
        assert (await post(house, b"[]"))[0] == 400
        assert (await post(house, b"\xff"))[0] == 400
        assert (await post(house, b"x" * 1_048_577))[0] == 413

    async def test_the_confirmation_is_asked_for(self, house: House, vk: VkEmulator):
        asked = {"type": "confirmation", "group_id": vk.group.id}
        assert await post(house, asked) == (200, vk.group.confirmation_code)
        assert (await post(house, {**asked, "group_id": 5}))[0] == 403
        assert (await post(house, {**asked, "secret": "other"}))[0] == 403
        vk.faults.next("groups.getCallbackConfirmationCode", "html502")
        assert (await post(house, asked))[0] == 503

    async def test_or_the_config_says_it(self, open_house: OpenHouse, vk: VkEmulator):
        house = await open_house(updates="callback", confirmation=vk.group.confirmation_code)
        assert await post(house, {"type": "confirmation", "group_id": vk.group.id}) == (
            200,
            vk.group.confirmation_code,
        )
        assert vk.calls_of("groups.getCallbackConfirmationCode") == []


class TestSeveral:
    async def test_two_communities_at_once(self, open_house: OpenHouse, vk: VkEmulator):
        other = vk.community("Other")
        house = await open_house(vk.group, other, updates="both")
        await house.until(lambda: all(one.callback.servers for one in (vk.group, other)))
        ann = vk.person()
        ann.write("первой")
        ann.write("второй", to=other)
        await house.received(ann)
        second = next(name for name in house.channels if name != VK)
        await house.received(ann, channel=second)
        assert await house.said(ann) == ["первой"]
        assert await house.said(ann, channel=second) == ["второй"]
        vk.group.revoke()
        id = await house.answers(ann, "ответ")
        await house.until(lambda: house.channel.health.reason == RU("vk-down-token"))
        assert house.channels[second].health.health == "up"
        assert (await house.store.read(lambda tx: tx.message(id))).delivery is Delivery.QUEUED

    async def test_a_token_is_in_no_log(
        self, open_house: OpenHouse, vk: VkEmulator, caplog: pytest.LogCaptureFixture
    ):
        caplog.set_level(logging.DEBUG)
        house = await open_house(updates="both", secret="s3cretWord")
        ann = vk.person()
        ann.write("СЛОВА")
        await house.answers(ann, "ОТВЕТ")
        await house.until(lambda: ann.texts)
        vk.group.revoke()
        await house.answers(ann, "ещё")
        await house.until(lambda: house.channel.health.health == "down")
        assert vk.token not in caplog.text
        assert "s3cretWord" not in caplog.text
        assert "СЛОВА" not in caplog.text
        assert "ОТВЕТ" not in caplog.text
        assert vk.journal.leaks == []
        assert all(call.bearer for call in vk.calls)
