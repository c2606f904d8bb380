"""The Bot API emulator keeps the rules of the real server. "§n": the fact sheet on the Bot API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.emulators.common.clock import HandClock
from tests.emulators.common.serving import Listener
from tests.emulators.telegram import PNG, Attachment, Bot, Group, Human, Limits, NotAllowed, TelegramEmulator
from tests.emulators.telegram.control import Control
from tests.emulators.telegram.html import parse
from tests.emulators.telegram.text import cut
from tests.emulators.telegram_main import FORUM, TOKEN, demo


class Refused(Exception):
    def __init__(self, body: dict[str, Any], headers: Any) -> None:
        super().__init__(body.get("description"))
        self.code = body.get("error_code")
        self.text = str(body.get("description"))
        self.parameters = body.get("parameters", {})
        self.headers = headers


class Raw:
    """A bare client: what it is given, it posts as JSON."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        self.session = session
        self.base = f"{url}/bot{token}"

    async def __call__(self, method: str, **params: Any) -> Any:
        async with self.session.post(f"{self.base}/{method}", json=params) as response:
            body = await response.json()
            if not body["ok"]:
                assert response.status == body["error_code"]
                raise Refused(body, response.headers)
            return body["result"]

    async def refused(self, method: str, **params: Any) -> str:
        with pytest.raises(Refused) as caught:
            await self(method, **params)
        return f"{caught.value.code} {caught.value.text}"

    async def updates(self, **params: Any) -> list[dict[str, Any]]:
        """All that waits, confirmed."""
        found = await self("getUpdates", **params)
        if found:
            await self("getUpdates", offset=found[-1]["update_id"] + 1, limit=1)
        return found


class Scene:
    """A forum with an operator and the desk's bot, an administrator."""

    def __init__(self, emulator: TelegramEmulator, clock: HandClock, session: aiohttp.ClientSession) -> None:
        self.emulator = emulator
        self.clock = clock
        self.session = session
        self.bot = emulator.add_bot()
        self.olga = emulator.person("Ольга", username="olga_op")
        self.forum = emulator.group("Продажи", forum=True).add(self.olga).add(self.bot, admin=True)
        self.api = self.client(self.bot)

    def client(self, bot: Bot) -> Raw:
        return Raw(self.session, self.emulator.url, bot.token)

    def plain(self, *, kind: str = "supergroup", admin: bool = True) -> Group:
        return self.emulator.group("Отдел", kind=kind).add(self.olga).add(self.bot, admin=admin)

    async def customer(self, name: str = "Пётр") -> Human:
        person = self.emulator.person(name)
        await person.starts(self.bot)
        return person


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    clock = HandClock()
    async with aiohttp.ClientSession() as session, TelegramEmulator(clock) as emulator:
        yield Scene(emulator, clock, session)


def button(text: str = "Принять", **action: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": text, **(action or {"callback_data": "a:17"})}]]}


# -- §1, §2: transport and errors


async def test_arguments_come_by_query_form_multipart_and_json(scene: Scene):
    url = f"{scene.api.base}/sendMessage"
    chat = str(scene.forum.id)
    form = aiohttp.FormData({"chat_id": chat, "text": "multipart"}, default_to_multipart=True)
    await scene.session.get(url, params={"chat_id": chat, "text": "query"})
    await scene.session.post(url, data={"chat_id": chat, "text": "form", "reply_markup": json.dumps(button())})
    await scene.session.post(url, data=form)
    await scene.api("SENDmessage", chat_id=chat, text="json", reply_markup=json.dumps(button()))
    assert scene.forum.texts() == ["query", "form", "multipart", "json"]
    assert [m.buttons for m in scene.forum.messages()] == [[], [["Принять"]], [], [["Принять"]]]


async def test_unknown_methods_tokens_and_parameters_are_refused(scene: Scene):
    assert await scene.api.refused("sendMesage", chat_id=1) == "404 Not Found: method not found"
    assert await Raw(scene.session, scene.emulator.url, "9001:DEAD").refused("getMe") == "401 Unauthorized"
    bad = await Raw(scene.session, scene.emulator.url, "abc").refused("getMe")
    assert bad == "401 Unauthorized: invalid token specified"
    refusal = await scene.api.refused("sendMessage", chat_id=scene.forum.id, text="a", parsemode="HTML")
    assert "unknown parameter parsemode" in refusal
    scene.emulator.world.strict_parameters = False
    assert (await scene.api("sendMessage", chat_id=scene.forum.id, text="a", parsemode="HTML"))["text"] == "a"


async def test_chats_that_a_bot_may_not_write_to(scene: Scene):
    async def say(chat: Any) -> str:
        return await scene.api.refused("sendMessage", chat_id=chat, text="a")

    stranger = scene.emulator.person("Чужой")
    assert await say("") == "400 Bad Request: chat_id is empty"
    assert await say(stranger.id) == "400 Bad Request: chat not found"
    assert await say(-1009999999999) == "400 Bad Request: chat not found"
    assert await say("@nobody") == "400 Bad Request: chat not found"
    assert await say(scene.olga.id) == "403 Forbidden: bot can't initiate conversation with a user"
    assert "bots" in await say(scene.emulator.add_bot("9002:H", "helper_bot").id)
    petr = await scene.customer()
    await petr.blocks(scene.bot)
    assert await say(petr.id) == "403 Forbidden: bot was blocked by the user"
    await petr.unblocks(scene.bot)
    petr.user.deactivated = True
    assert await say(petr.id) == "403 Forbidden: user is deactivated"
    plain, basic = scene.plain(), scene.plain(kind="group")
    plain.kick(scene.bot)
    basic.remove(scene.bot)
    assert await say(plain.id) == "403 Forbidden: bot was kicked from the supergroup chat"
    assert await say(basic.id) == "403 Forbidden: bot is not a member of the group chat"
    scene.forum.delete()
    assert await say(scene.forum.id) == "403 Forbidden: the group chat was deleted"


async def test_a_member_without_rights_is_told_which_it_lacks(scene: Scene):
    group = scene.plain(admin=False).chat
    group.permissions.update(can_send_messages=False, can_send_photos=False)
    refusal = await scene.api.refused("sendMessage", chat_id=group.id, text="a")
    assert refusal == "400 Bad Request: not enough rights to send text messages to the chat"


# -- §3: updates


async def test_an_offset_confirms_and_a_negative_one_forgets(scene: Scene):
    await scene.api.updates()
    for text in ("1", "2", "3", "4"):
        await scene.olga.says(scene.forum, text)
    first = await scene.api("getUpdates", limit=2)
    assert [u["message"]["text"] for u in first] == ["1", "2"]
    again = await scene.api("getUpdates")
    assert [u["message"]["text"] for u in again] == ["1", "2", "3", "4"]
    assert [u["update_id"] for u in again] == list(range(again[0]["update_id"], again[0]["update_id"] + 4))
    assert len(await scene.api("getUpdates", offset=first[-1]["update_id"] + 1)) == 2
    assert [u["message"]["text"] for u in await scene.api("getUpdates", offset=-1)] == ["4"]
    assert len(await scene.api("getUpdates")) == 1


async def test_a_long_poll_wakes_and_a_second_one_throws_the_first_out(scene: Scene):
    await scene.api.updates()
    first = asyncio.create_task(scene.api("getUpdates", timeout=50))
    await scene.emulator.wait_until(lambda: scene.bot.queue.polled)
    second = asyncio.create_task(scene.api("getUpdates", timeout=50))
    with pytest.raises(Refused, match="terminated by other getUpdates request") as caught:
        await first
    assert caught.value.code == 409
    await scene.emulator.wait_until(lambda: scene.bot.queue.polled)
    await scene.olga.says(scene.forum, "проснись")
    assert [u["message"]["text"] for u in await second] == ["проснись"]


async def test_allowed_updates_stick_and_defaults_leave_out_reactions(scene: Scene):
    card = await scene.olga.says(scene.forum, "а")
    await scene.api.updates()
    await scene.olga.reacts(card, "👍")
    assert await scene.api.updates(allowed_updates=["message_reaction", "nonsense"]) == []
    await scene.olga.reacts(card, "🔥")
    await scene.olga.says(scene.forum, "не придёт")
    [update] = await scene.api.updates()
    assert update["message_reaction"]["old_reaction"] == [{"type": "emoji", "emoji": "👍"}]
    assert update["message_reaction"]["new_reaction"] == [{"type": "emoji", "emoji": "🔥"}]
    assert "message_thread_id" not in update["message_reaction"]
    await scene.api.updates(allowed_updates=[])
    await scene.olga.says(scene.forum, "придёт")
    assert len(await scene.api.updates()) == 1


async def test_presses_expire_in_the_queue_long_before_messages(scene: Scene):
    await scene.api("sendMessage", chat_id=scene.forum.id, text="card", reply_markup=button())
    await scene.api.updates()
    await scene.olga.says(scene.forum, "а")
    press = scene.olga.begins_to_press(scene.forum.messages()[0], "Принять")
    scene.clock.passed += 151
    assert [list(u)[1] for u in await scene.api("getUpdates")] == ["message"]
    scene.clock.passed += 86400
    assert await scene.api("getUpdates") == []
    assert scene.emulator.unanswered == [press]


async def test_what_a_bot_hears_of_itself(scene: Scene):
    await scene.api.updates()
    topic = await scene.api("createForumTopic", chat_id=scene.forum.id, name="Гость")
    sent = await scene.api("sendMessage", chat_id=scene.forum.id, text="обычное")
    await scene.api("pinChatMessage", chat_id=scene.forum.id, message_id=sent["message_id"])
    await scene.api("setChatTitle", chat_id=scene.forum.id, title="Новый")
    kinds = [
        u["message"].keys() & {"text", "forum_topic_created", "pinned_message", "new_chat_title"}
        for u in await scene.api.updates()
    ]
    assert kinds == [{"forum_topic_created"}, {"pinned_message"}, {"new_chat_title"}]
    assert topic["message_thread_id"] < sent["message_id"]


async def test_an_edit_is_told_only_when_something_changed_and_a_deletion_never(scene: Scene):
    message = await scene.olga.says(scene.forum, "опечтка")
    await scene.api.updates()
    await scene.olga.edits(message, "опечтка")
    await scene.olga.edits(message, "опечатка")
    await scene.olga.deletes(message)
    [update] = await scene.api.updates()
    assert update["edited_message"]["text"] == "опечатка"
    assert update["edited_message"]["message_id"] == message.id
    assert update["edited_message"]["edit_date"] >= update["edited_message"]["date"]
    assert scene.forum.texts() == []


async def test_poison_and_repeated_updates(scene: Scene):
    await scene.api.updates()
    scene.bot.push_raw_update({"message": {"nonsense": 1}})
    await scene.olga.says(scene.forum, "а")
    found = await scene.api.updates()
    assert found[0]["message"] == {"nonsense": 1}
    scene.bot.redeliver_last()
    assert await scene.api("getUpdates", offset=found[-1]["update_id"] + 1) == [found[-1]]


# -- §4: webhook


async def test_a_webhook_repeats_until_it_is_taken_and_keeps_the_order(scene: Scene):
    got: list[tuple[str, str | None]] = []
    answers = [500, 500, 200, 200]

    async def hook(request: web.Request) -> web.Response:
        update = await request.json()
        got.append((update["message"]["text"], request.headers.get("X-Telegram-Bot-Api-Secret-Token")))
        return web.Response(status=answers[len(got) - 1])

    app = web.Application()
    app.router.add_post("/hooks/tg", hook)
    listener = Listener(app)
    address = await listener.start()
    await scene.api.updates()
    public = "https://chat.example.ru"
    scene.emulator.world.routes[public] = address
    await scene.api("setWebhook", url=f"{public}/hooks/tg", secret_token="s3cret", max_connections=5)
    started = scene.clock.passed
    await scene.olga.says(scene.forum, "1")
    await scene.olga.says(scene.forum, "2")
    await scene.emulator.wait_until(lambda: not scene.bot.queue.pending)
    assert got == [("1", "s3cret"), ("1", "s3cret"), ("1", "s3cret"), ("2", "s3cret")]
    assert scene.clock.passed - started == 1 + 2
    info = await scene.api("getWebhookInfo")
    assert (info["pending_update_count"], info["max_connections"]) == (0, 5)
    assert "500" in info["last_error_message"]
    assert "can't use getUpdates method while webhook is active" in await scene.api.refused("getUpdates")
    await scene.api("deleteWebhook")
    await scene.olga.says(scene.forum, "3")
    assert len(await scene.api.updates()) == 1
    await listener.stop()


async def test_webhook_addresses_and_secrets_are_checked(scene: Scene):
    async def refused(url: str, **more: str) -> str:
        return await scene.api.refused("setWebhook", url=url, **more)

    assert "An HTTPS URL must be provided" in await refused("http://chat.example.ru/")
    assert "only on ports 80, 88, 443 or 8443" in await refused("https://chat.example.ru:8080/")
    assert "unallowed characters" in await refused("https://chat.example.ru/", secret_token="a b")
    assert "too long" in await refused("https://chat.example.ru/", secret_token="a" * 257)


async def test_set_webhook_ends_a_poll(scene: Scene):
    await scene.api.updates()
    poll = asyncio.create_task(scene.api("getUpdates", timeout=50))
    await scene.emulator.wait_until(lambda: scene.bot.queue.polled)
    await scene.api("setWebhook", url="https://chat.example.ru/")
    with pytest.raises(Refused, match="terminated by setWebhook request"):
        await poll


# -- §5: flood


async def test_a_group_takes_twenty_units_a_minute_from_each_bot(scene: Scene):
    scene.emulator.limits = Limits.real()
    helper = scene.emulator.add_bot("9002:HELPER", "helper_bot", "Helper")
    scene.forum.add(helper, admin=True)
    sent = await scene.api("sendMessage", chat_id=scene.forum.id, text="0")
    topic = (await scene.api("createForumTopic", chat_id=scene.forum.id, name="Гость"))["message_thread_id"]
    for number in range(9):
        scene.clock.passed += 1
        await scene.api("editMessageText", chat_id=scene.forum.id, message_id=sent["message_id"], text=f"№{number}")
        await scene.api("sendMessage", chat_id=scene.forum.id, message_thread_id=topic, text=f"{number}")
    scene.clock.passed += 1
    with pytest.raises(Refused) as caught:
        await scene.api("sendMessage", chat_id=scene.forum.id, text="лишнее")
    assert caught.value.code == 429
    assert caught.value.parameters == {"retry_after": 50}
    assert caught.value.headers["Retry-After"] == "50"
    assert caught.value.text == "Too Many Requests: retry after 50"
    await scene.client(helper)("sendMessage", chat_id=scene.forum.id, text="у второго свой счёт")
    await scene.api("setMessageReaction", chat_id=scene.forum.id, message_id=sent["message_id"], reaction=[])
    scene.clock.passed += 50
    await scene.api("sendMessage", chat_id=scene.forum.id, text="можно")
    assert scene.emulator.units(scene.forum) == 20
    assert scene.emulator.units(scene.forum, bot=helper) == 1


async def test_calls_during_a_pause_make_it_longer(scene: Scene):
    scene.emulator.limits = Limits.real(group=(1, 60.0))
    await scene.api("sendMessage", chat_id=scene.forum.id, text="1")
    waits = []
    for _ in range(3):
        with pytest.raises(Refused) as caught:
            await scene.api("sendMessage", chat_id=scene.forum.id, text="2")
        waits.append(caught.value.parameters["retry_after"])
    assert waits == [60, 63, 66]


async def test_an_album_costs_as_much_as_its_pictures(scene: Scene):
    scene.emulator.limits = Limits.real(group=(5, 60.0))
    photo = await scene.api("getUserProfilePhotos", user_id=scene.olga.id)
    assert photo["total_count"] == 0
    post = await scene.olga.says(scene.forum, photo=True)
    file_id = (await scene.api.updates())[-1]["message"]["photo"][-1]["file_id"]
    media = [{"type": "photo", "media": file_id}] * 4
    await scene.api("sendMediaGroup", chat_id=scene.forum.id, media=media)
    assert "429" in await scene.api.refused("sendMediaGroup", chat_id=scene.forum.id, media=media[:2])
    assert post.reactions == {}


async def test_a_private_chat_takes_one_a_second_after_a_burst(scene: Scene):
    scene.emulator.limits = Limits.real(stubborn=0.0)
    petr = await scene.customer()
    for text in "123":
        await scene.api("sendMessage", chat_id=petr.id, text=text)
    assert "429" in await scene.api.refused("sendMessage", chat_id=petr.id, text="4")
    scene.clock.passed += 1
    await scene.api("sendMessage", chat_id=petr.id, text="4")
    assert petr.hears(scene.bot) == ["1", "2", "3", "4"]


async def test_chat_actions_have_their_own_bucket(scene: Scene):
    scene.emulator.limits = Limits.real()
    for _ in range(20):
        await scene.api("sendChatAction", chat_id=scene.forum.id, action="typing")
    assert "429" in await scene.api.refused("sendChatAction", chat_id=scene.forum.id, action="typing")
    await scene.api("sendMessage", chat_id=scene.forum.id, text="а")
    assert scene.forum.actions[0] == (scene.bot.id, "typing", None)


async def test_what_the_server_refuses_by_itself_costs_nothing(scene: Scene):
    scene.emulator.limits = Limits.real(group=(1, 60.0))
    await scene.api.refused("sendMessage", chat_id=scene.forum.id, text="<b>", parse_mode="HTML")
    await scene.api("sendMessage", chat_id=scene.forum.id, text="ok")


# -- §7, §8: messages and texts


async def test_texts_are_trimmed_and_offsets_count_utf16(scene: Scene):
    sent = await scene.api(
        "sendMessage",
        chat_id=scene.forum.id,
        text="  😀 <b>жирный</b> /start@desk_bot https://a.ru. @olga_op  ",
        parse_mode="html",
    )
    assert sent["text"] == "😀 жирный /start@desk_bot https://a.ru. @olga_op"
    found = {e["type"]: cut(sent["text"], e["offset"], e["length"]) for e in sent["entities"]}
    assert found == {
        "bold": "жирный",
        "bot_command": "/start@desk_bot",
        "url": "https://a.ru",
        "mention": "@olga_op",
    }
    assert next(e["offset"] for e in sent["entities"] if e["type"] == "bold") == 3


async def test_lengths_are_taken_after_parsing(scene: Scene):
    async def refused(method: str = "sendMessage", **more: Any) -> str:
        return await scene.api.refused(method, chat_id=scene.forum.id, **more)

    full = await scene.api("sendMessage", chat_id=scene.forum.id, text=f"<b>{'я' * 4096}</b>", parse_mode="HTML")
    assert len(full["text"]) == 4096
    assert await refused(text="я" * 4097) == "400 Bad Request: message is too long"
    assert await refused(text="я" * 16385) == "400 Bad Request: text is too long"
    assert await refused(text="") == "400 Bad Request: message text is empty"
    assert await refused(text=" \n ") == "400 Bad Request: text must be non-empty"
    edit = {"message_id": full["message_id"], "text": "я" * 4097}
    assert await refused("editMessageText", **edit) == "400 Bad Request: MESSAGE_TOO_LONG"
    caption = {"photo": "x", "caption": "я" * 1025}
    assert await refused("sendPhoto", **caption) == "400 Bad Request: message caption is too long"
    assert await refused(text="a", parse_mode="TeX") == "400 Bad Request: unsupported parse_mode"


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("a <p>b</p>", 'Unsupported start tag "p" at byte offset 2'),
        ("я <3", "Unclosed start tag at byte offset 3"),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("a <b", "Unclosed start tag at byte offset 2"),
        ('<a href="x', 'Unclosed start tag "a" at byte offset 0'),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("<i>я</b>", 'Unmatched end tag at byte offset 5, expected "</i>", found "</b>"'),
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b>a</b", "Unclosed end tag at byte offset 4"),
        ("<span>a</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<a =x>b</a>", 'Empty attribute name in the tag "a" at byte offset 3'),
        ("<a href=x/y>b</a>", "Unexpected end of name token at byte offset 8"),
    ],
)
async def test_html_mistakes_in_the_servers_words(scene: Scene, source: str, error: str):
    refusal = await scene.api.refused("sendMessage", chat_id=scene.forum.id, text=source, parse_mode="HTML")
    assert refusal == f"400 Bad Request: can't parse entities: {error}"


def test_html_becomes_entities():
    text, entities = parse(
        '&lt;&amp;&#1103;&nbsp;<pre><code class="language-py">x</code></pre><a href="https://a.ru?a=1&amp;b=2">s</a>'
        '<blockquote expandable>q<i>w</i></blockquote><tg-time unix="5" format="r">t</tg-time><b></b>'
    )
    assert text == "<&я&nbsp;xsqwt"
    assert entities == [
        {"type": "pre", "offset": 9, "length": 1, "language": "py"},
        {"type": "text_link", "offset": 10, "length": 1, "url": "https://a.ru?a=1&b=2"},
        {"type": "expandable_blockquote", "offset": 11, "length": 2},
        {"type": "italic", "offset": 12, "length": 1},
        {"type": "date_time", "offset": 13, "length": 1, "unix_time": 5, "date_time_format": "r"},
    ]


async def test_broken_explicit_entities_are_dropped(scene: Scene):
    entities = [
        {"type": "bold", "offset": 0, "length": 2},
        {"type": "bold", "offset": 1, "length": 1},  # inside a surrogate pair
        {"type": "bold", "offset": 2, "length": 50},
        {"type": "url", "offset": 2, "length": 1},
        {"type": "text_link", "offset": 2, "length": 1, "url": "https://a.ru"},
    ]
    sent = await scene.api("sendMessage", chat_id=scene.forum.id, text="😀<b>", entities=entities)
    assert [e["type"] for e in sent["entities"]] == ["bold", "text_link"]


async def test_a_mention_by_id_needs_acquaintance(scene: Scene):
    stranger = scene.emulator.person("Чужой")
    text = f'<a href="tg://user?id={scene.olga.id}">О</a><a href="tg://user?id={stranger.id}">Ч</a>'
    sent = await scene.api("sendMessage", chat_id=scene.forum.id, text=text, parse_mode="HTML")
    [mention] = sent["entities"]
    assert (mention["type"], mention["user"]["id"]) == ("text_mention", scene.olga.id)


async def test_message_ids_are_common_in_supergroups_and_own_elsewhere(scene: Scene):
    helper = scene.emulator.add_bot("9002:H", "helper_bot", "Helper", can_read_all_group_messages=True)
    scene.forum.add(helper, admin=True)
    basic = scene.plain(kind="group").add(helper, admin=True)
    petr = await scene.customer()
    await petr.says(scene.bot, "ещё")
    other = scene.client(helper)
    await scene.api.updates(), await other.updates()
    await scene.olga.says(scene.forum, "а")
    await scene.olga.says(basic, "б")
    mine, theirs = await scene.api.updates(), await other.updates()
    assert mine[0]["message"]["message_id"] == theirs[0]["message"]["message_id"]
    assert mine[1]["message"]["message_id"] != theirs[1]["message"]["message_id"]
    reply = {"message_id": theirs[1]["message"]["message_id"]}
    answer = await other("sendMessage", chat_id=basic.id, text="в", reply_parameters=reply)
    assert answer["reply_to_message"]["text"] == "б"


async def test_edits_of_posts(scene: Scene):
    async def edit(**more: Any) -> Any:
        return await scene.api("editMessageText", chat_id=scene.forum.id, **more)

    async def refused(**more: Any) -> str:
        return await scene.api.refused("editMessageText", chat_id=scene.forum.id, **more)

    card = await scene.api("sendMessage", chat_id=scene.forum.id, text="card", reply_markup=button())
    number = card["message_id"]
    same = await refused(message_id=number, text=" card ", reply_markup=button())
    assert same.startswith("400 Bad Request: message is not modified: specified new message content and reply")
    assert scene.forum.last().buttons == [["Принять"]]
    edited = await edit(message_id=number, text="card")
    assert "reply_markup" not in edited
    assert edited["edit_date"]
    human = await scene.olga.says(scene.forum, "моё")
    assert await refused(message_id=human.id, text="a") == "400 Bad Request: message can't be edited"
    assert await refused(message_id=9999, text="a") == "400 Bad Request: message to edit not found"
    await scene.api("deleteMessage", chat_id=scene.forum.id, message_id=number)
    assert await refused(message_id=number, text="a") == "400 Bad Request: message to edit not found"
    assert await refused(text="a") == "400 Bad Request: message identifier is not specified"
    place = await scene.api("sendLocation", chat_id=scene.forum.id, latitude=55.7, longitude=37.6)
    assert "there is no text in the message to edit" in await refused(message_id=place["message_id"], text="a")


async def test_deleting_knows_rights_and_age(scene: Scene):
    async def delete(number: int) -> str:
        return await scene.api.refused("deleteMessage", chat_id=scene.forum.id, message_id=number)

    old = await scene.api("sendMessage", chat_id=scene.forum.id, text="старое")
    topic = await scene.api("createForumTopic", chat_id=scene.forum.id, name="Гость")
    assert await delete(9999) == "400 Bad Request: message to delete not found"
    assert await delete(topic["message_thread_id"]) == "400 Bad Request: message can't be deleted"
    scene.clock.passed += 48 * 3600 + 1
    assert await delete(old["message_id"]) == "400 Bad Request: message can't be deleted for everyone"
    human = await scene.olga.says(scene.forum, "чужое")
    scene.forum.promote(scene.bot, can_delete_messages=False)
    assert await delete(human.id) == "400 Bad Request: message can't be deleted"
    scene.forum.promote(scene.bot)
    own = await scene.api("sendMessage", chat_id=scene.forum.id, text="новое")
    await scene.api("deleteMessages", chat_id=scene.forum.id, message_ids=[human.id, own["message_id"], 9999])
    assert scene.forum.texts() == ["старое"]
    assert "too many" in await scene.api.refused(
        "deleteMessages", chat_id=scene.forum.id, message_ids=list(range(1, 102))
    )


async def test_copies_and_forwards(scene: Scene):
    petr = await scene.customer()
    photo = await petr.says(scene.bot, photo=True, caption="чек")
    source = {"from_chat_id": petr.id, "chat_id": scene.forum.id}
    copied = await scene.api(
        "copyMessage", message_id=photo.id, caption="<i>от клиента</i>", parse_mode="HTML", **source
    )
    assert copied.keys() == {"message_id"}
    assert scene.forum.last().text == "от клиента"
    forwarded = await scene.api("forwardMessage", message_id=photo.id, **source)
    assert forwarded["forward_origin"]["sender_user"]["id"] == petr.id
    assert forwarded["caption"] == "чек"
    album = await petr.album(scene.bot, [True, True], caption="два")
    ids = [seen.id for seen in album]
    done = await scene.api("copyMessages", message_ids=[*ids, ids[-1] + 50], **source)
    last = scene.forum.messages()[-2:]
    assert [m["message_id"] for m in done] == [seen.id for seen in last]
    assert last[0]["media_group_id"] == last[1]["media_group_id"] != album[0]["media_group_id"]
    refused = await scene.api.refused("copyMessages", message_ids=ids[::-1], **source)
    assert "strictly increasing" in refused
    assert "message to copy not found" in await scene.api.refused("copyMessage", message_id=999, **source)


# -- §9: files


async def test_a_file_travels_by_bytes_and_its_ids_belong_to_one_bot(scene: Scene):
    helper = scene.emulator.add_bot("9002:H", "helper_bot", "Helper")
    scene.forum.add(helper, admin=True)
    other = scene.client(helper)
    await scene.api.updates(), await other.updates()
    await scene.olga.says(scene.forum, document=Attachment(b"%PDF-1.7", name="счёт.pdf", mime="application/pdf"))
    mine, theirs = await scene.api.updates(), await other.updates()
    document = mine[0]["message"]["document"]
    foreign = theirs[0]["message"]["document"]
    assert document["file_unique_id"] == foreign["file_unique_id"]
    assert document["file_id"] != foreign["file_id"]
    assert (document["file_name"], document["mime_type"], document["file_size"]) == (
        "счёт.pdf",
        "application/pdf",
        8,
    )
    refusal = await scene.api.refused("sendDocument", chat_id=scene.forum.id, document=foreign["file_id"])
    assert refusal == "400 Bad Request: wrong file identifier/HTTP URL specified"
    sent = await scene.api("sendDocument", chat_id=scene.forum.id, document=document["file_id"])
    assert sent["document"]["file_unique_id"] == document["file_unique_id"]
    assert "invalid file_id" in await scene.api.refused("getFile", file_id="nonsense")
    path = (await scene.api("getFile", file_id=document["file_id"]))["file_path"]
    url = f"{scene.emulator.url}/file/bot{scene.bot.token}/{path}"
    async with scene.session.get(url) as answer:
        assert await answer.read() == b"%PDF-1.7"
    scene.emulator.world.link_lifetime = 3600.0
    scene.clock.passed += 3601
    async with scene.session.get(url) as answer:
        assert answer.status == 404


async def test_big_files_can_not_be_downloaded_from_the_cloud(scene: Scene):
    await scene.api.updates()
    await scene.olga.says(scene.forum, video=Attachment(size=20 * 1024 * 1024 + 1))
    file_id = (await scene.api.updates())[0]["message"]["video"]["file_id"]
    assert await scene.api.refused("getFile", file_id=file_id) == "400 Bad Request: file is too big"
    scene.emulator.world.local = True
    assert (await scene.api("getFile", file_id=file_id))["file_size"] == 20 * 1024 * 1024 + 1


async def test_uploads_are_looked_at(scene: Scene):
    async def upload(method: str, field: str, data: bytes) -> dict[str, Any]:
        form = aiohttp.FormData({"chat_id": str(scene.forum.id), field: "attach://f"})
        form.add_field("f", data, filename="файл.bin")
        async with scene.session.post(f"{scene.api.base}/{method}", data=form) as answer:
            return await answer.json()

    picture = await upload("sendPhoto", "photo", PNG)
    assert picture["result"]["photo"][-1]["width"] == 1
    assert scene.forum.last().file_bytes == PNG
    assert (await upload("sendPhoto", "photo", b"no picture"))["description"] == "Bad Request: IMAGE_PROCESS_FAILED"
    thin = PNG[:16] + (20).to_bytes(4, "big") + (1).to_bytes(4, "big") + PNG[24:]
    assert (await upload("sendPhoto", "photo", thin))["ok"]
    thinner = thin.replace((20).to_bytes(4, "big"), (21).to_bytes(4, "big"))
    assert (await upload("sendPhoto", "photo", thinner))["description"] == "Bad Request: PHOTO_INVALID_DIMENSIONS"
    assert "document" in (await upload("sendVoice", "voice", b"no sound"))["result"]
    assert "voice" in (await upload("sendVoice", "voice", b"OggS..."))["result"]


async def test_albums_keep_to_their_kinds_and_numbers(scene: Scene):
    async def refused(*kinds: str) -> str:
        media = [{"type": kind, "media": "x"} for kind in kinds]
        return await scene.api.refused("sendMediaGroup", chat_id=scene.forum.id, media=media)

    assert "can't be mixed with other media types" in await refused("photo", "document")
    assert "too many messages to send as an album" in await refused(*["photo"] * 11)
    assert "there are no messages to send" in await refused()
    failed = await refused("photo", "video")
    assert failed == (
        "400 Bad Request: failed to send message #1 with the error message "
        '"wrong file identifier/HTTP URL specified"'
    )


# -- §10: buttons and presses


@pytest.mark.parametrize(
    ("markup", "error"),
    [
        (button(callback_data="я" * 33), "BUTTON_DATA_INVALID"),
        ({"inline_keyboard": [[{"text": "a"}]]}, "Text buttons are unallowed in the inline keyboard"),
        (button(web_app={"url": "https://a.ru"}), "BUTTON_TYPE_INVALID"),
        (button(callback_data="a", url="https://a.ru"), "exactly one action"),
        (button(url="http://localhost/x"), "inline keyboard button URL 'http://localhost/x' is invalid"),
        (button(callback_data="a", style="pink"), "invalid button style specified"),
        (button(callback_data="a", colour="red"), "unknown field"),
        (
            {"inline_keyboard": [[{"text": "т" * 60, "callback_data": "d" * 64}] * 8] * 12},
            "reply markup is too long",
        ),
        ("{broken", "can't parse"),
    ],
)
async def test_keyboards_that_are_refused(scene: Scene, markup: Any, error: str):
    refusal = await scene.api.refused("sendMessage", chat_id=scene.forum.id, text="a", reply_markup=markup)
    assert error in refusal


async def test_mini_apps_open_over_https_and_in_private_chats_only(scene: Scene):
    person = await scene.customer()
    fine = {"type": "web_app", "text": "Стол", "web_app": {"url": "https://a.ru/desk"}}
    for method, given in (
        ("setChatMenuButton", {"menu_button": {**fine, "web_app": {"url": "http://a.ru/desk"}}}),
        ("sendMessage", {"text": "a", "reply_markup": button(web_app={"url": "http://a.ru/desk"})}),
    ):
        refusal = await scene.api.refused(method, chat_id=person.id, **given)
        assert "Only HTTPS links are allowed" in refusal
    assert "chat not found" in await scene.api.refused(
        "setChatMenuButton", chat_id=scene.forum.id, menu_button=fine
    )
    assert await scene.api("setChatMenuButton", chat_id=person.id, menu_button=fine)
    assert await scene.api("getChatMenuButton", chat_id=person.id) == fine
    assert (await scene.api("getChatMenuButton"))["type"] == "commands"


async def test_a_press_waits_for_its_only_answer(scene: Scene):
    await scene.api("sendMessage", chat_id=scene.forum.id, text="card", reply_markup=button(callback_data="я" * 32))
    await scene.api.updates()
    press = scene.olga.begins_to_press(scene.forum.last(), "Принять")
    [update] = await scene.api.updates()
    query = update["callback_query"]
    assert (query["from"]["id"], query["data"], query["message"]["text"]) == (scene.olga.id, "я" * 32, "card")
    assert scene.emulator.unanswered == [press]
    await scene.api("answerCallbackQuery", callback_query_id=query["id"], text="Взято", show_alert=True)
    answer = await press.wait()
    assert (answer.text, answer.show_alert, scene.emulator.unanswered) == ("Взято", True, [])
    late = "400 Bad Request: query is too old and response timeout expired or query ID is invalid"
    assert await scene.api.refused("answerCallbackQuery", callback_query_id=query["id"]) == late
    second = scene.olga.begins_to_press(scene.forum.last(), "я" * 32)
    scene.clock.passed += 301
    assert await scene.api.refused("answerCallbackQuery", callback_query_id=second.id) == late
    with pytest.raises(NotAllowed, match="no button"):
        scene.olga.begins_to_press(scene.forum.last(), "Другая")
    assert scene.olga.forges_press(scene.forum.last(), "forged").data == "forged"


# -- §11: topics


async def test_topics_come_with_their_first_message_and_implicit_replies(scene: Scene):
    await scene.api.updates()
    made = await scene.api("createForumTopic", chat_id=scene.forum.id, name="я" * 200, icon_color=13338331)
    thread = made["message_thread_id"]
    assert (made["name"], made["icon_color"]) == ("я" * 128, 13338331)
    await scene.olga.says(scene.forum, "в теме", topic=thread)
    await scene.olga.says(scene.forum, "снаружи")
    first, inside, outside = (u["message"] for u in await scene.api.updates())
    assert first["message_id"] == thread == first["message_thread_id"]
    assert "reply_to_message" not in first
    assert inside["is_topic_message"]
    assert inside["reply_to_message"]["message_id"] == thread
    assert inside["reply_to_message"]["forum_topic_created"]["icon_color"] == 13338331
    assert outside.keys().isdisjoint({"message_thread_id", "is_topic_message", "reply_to_message"})


async def test_replies_outside_topics_carry_the_root_of_their_chain(scene: Scene):
    await scene.api.updates()
    root = await scene.olga.says(scene.forum, "1")
    second = await scene.olga.says(scene.forum, "2", reply_to=root)
    await scene.olga.says(scene.forum, "3", reply_to=second)
    last = (await scene.api.updates())[-1]["message"]
    assert last["message_thread_id"] == root.id
    assert "is_topic_message" not in last
    assert last["reply_to_message"]["message_id"] == second.id
    assert "reply_to_message" not in last["reply_to_message"]
    refusal = await scene.api.refused("sendMessage", chat_id=scene.forum.id, message_thread_id=root.id, text="a")
    assert refusal == "400 Bad Request: message thread not found"
    plain = scene.plain()
    assert (await scene.api("sendMessage", chat_id=plain.id, message_thread_id=77, text="a"))["text"] == "a"


async def test_topic_rules(scene: Scene):
    async def call(method: str, **more: Any) -> Any:
        return await scene.api(method, chat_id=scene.forum.id, **more)

    async def refused(method: str, **more: Any) -> str:
        return (await scene.api.refused(method, chat_id=scene.forum.id, **more)).removeprefix("400 Bad Request: ")

    assert await refused("createForumTopic", name=" ") == "name must be non-empty"
    assert await refused("createForumTopic", name="a", icon_color=1) == "invalid icon color specified"
    thread = (await call("createForumTopic", name="Гость"))["message_thread_id"]
    topic = {"message_thread_id": thread}
    assert await refused("sendMessage", message_thread_id=1, text="a") == "message thread not found"
    assert await refused("editForumTopic", name="Гость", **topic) == "TOPIC_NOT_MODIFIED"
    assert await call("editForumTopic", **topic)
    await call("editForumTopic", name="Анна", **topic)
    await call("closeForumTopic", **topic)
    assert await refused("closeForumTopic", **topic) == "TOPIC_NOT_MODIFIED"
    await call("sendMessage", text="с правом можно", **topic)
    with pytest.raises(NotAllowed, match="closed"):
        await scene.olga.says(scene.forum, "а", topic=thread)
    foreign = await scene.olga.creates_topic(scene.forum, "Болтовня")
    await scene.olga.closes_topic(scene.forum, foreign.id)
    scene.forum.promote(scene.bot, can_manage_topics=False)
    assert await refused("sendMessage", message_thread_id=foreign.id, text="a") == "TOPIC_CLOSED"
    assert "not enough rights to close or open" in await refused("reopenForumTopic", message_thread_id=foreign.id)
    assert await refused("createForumTopic", name="a") == "not enough rights to create a topic"
    await call("reopenForumTopic", **topic)  # its own
    await scene.olga.deletes_topic(scene.forum, thread)
    assert await refused("sendMessage", text="a", **topic) == "message thread not found"
    plain = scene.plain()
    assert "the chat is not a forum" in await scene.api.refused("createForumTopic", chat_id=plain.id, name="a")


async def test_general_can_be_closed_and_hidden(scene: Scene):
    await scene.api.updates()
    await scene.api("closeGeneralForumTopic", chat_id=scene.forum.id)
    await scene.api("sendMessage", chat_id=scene.forum.id, text="с правом можно")
    await scene.api("hideGeneralForumTopic", chat_id=scene.forum.id)
    assert "TOPIC_CLOSED" in await scene.api.refused("sendMessage", chat_id=scene.forum.id, text="a")
    await scene.api("unhideGeneralForumTopic", chat_id=scene.forum.id)
    await scene.api("sendMessage", chat_id=scene.forum.id, text="опять")
    kinds = [
        u["message"].keys() & {"forum_topic_closed", "general_forum_topic_hidden", "general_forum_topic_unhidden"}
        for u in await scene.api.updates()
    ]
    assert kinds == [{"forum_topic_closed"}, {"general_forum_topic_hidden"}, {"general_forum_topic_unhidden"}]


# -- §12: replies


async def test_replies_and_quotes_of_a_bot(scene: Scene):
    async def say(**reply: Any) -> Any:
        return await scene.api("sendMessage", chat_id=scene.forum.id, text="ответ", reply_parameters=reply)

    async def refused(**reply: Any) -> str:
        return await scene.api.refused("sendMessage", chat_id=scene.forum.id, text="ответ", reply_parameters=reply)

    said = await scene.olga.says(scene.forum, "😀 есть ли в наличии?")
    quoted = await say(message_id=said.id, quote="в наличии")
    assert quoted["quote"] == {"text": "в наличии", "position": 11, "is_manual": True}
    assert "QUOTE_TEXT_INVALID" in await refused(message_id=said.id, quote="нет такого")
    assert "message to be replied not found" in await refused(message_id=9999)
    assert "reply_to_message" not in await say(message_id=9999, allow_sending_without_reply=True)
    topic = await scene.olga.creates_topic(scene.forum, "Гость")
    inside = await scene.olga.says(scene.forum, "в теме", topic=topic.id)
    assert (await say(message_id=inside.id))["message_thread_id"] == topic.id
    other = await scene.olga.creates_topic(scene.forum, "Другая")
    across = await scene.api.refused(
        "sendMessage",
        chat_id=scene.forum.id,
        text="a",
        message_thread_id=other.id,
        reply_parameters={"message_id": inside.id, "allow_sending_without_reply": True},
    )
    assert "message to be replied not found" in across


async def test_replies_and_quotes_of_people(scene: Scene):
    plain = scene.plain()
    await scene.api.updates()
    first = await scene.olga.says(scene.forum, "есть в наличии")
    await scene.olga.says(scene.forum, "да", reply_to=first, quote="в наличии")
    await scene.olga.says(plain, "оттуда", reply_to=first)
    await scene.olga.deletes(first)
    await scene.olga.says(scene.forum, "сирота", reply_to=first)
    _, quoting, external, orphan = (u["message"] for u in await scene.api.updates())
    assert quoting["quote"] == {"text": "в наличии", "position": 5, "is_manual": True}
    assert external["external_reply"]["message_id"] == first.id
    assert "reply_to_message" not in external
    assert "reply_to_message" not in orphan


# -- §13: reactions, pins, chat info


async def test_a_bot_reacts_once_and_only_with_what_is_allowed(scene: Scene):
    said = await scene.olga.says(scene.forum, "а")

    async def react(*emoji: str) -> Any:
        reaction = [{"type": "emoji", "emoji": e} for e in emoji]
        return await scene.api("setMessageReaction", chat_id=scene.forum.id, message_id=said.id, reaction=reaction)

    await react("✍")
    await react("👌")
    assert said.reactions == {scene.bot.id: ["👌"]}
    for wrong in (("✅",), ("👍", "👎")):
        with pytest.raises(Refused, match="REACTION_INVALID"):
            await react(*wrong)
    scene.forum.allow_reactions(["👀"])
    with pytest.raises(Refused, match="REACTION_INVALID"):
        await react("👍")
    await react()
    assert said.reactions == {}
    info = await scene.api("getChat", chat_id=scene.forum.id)
    assert info["available_reactions"] == [{"type": "emoji", "emoji": "👀"}]


async def test_pins_post_a_message_once_and_need_the_right(scene: Scene):
    sent = await scene.api("sendMessage", chat_id=scene.forum.id, text="доска")
    pin = {"chat_id": scene.forum.id, "message_id": sent["message_id"]}
    await scene.api("pinChatMessage", **pin)
    await scene.api("pinChatMessage", **pin)
    service = [m for m in scene.forum.messages(service=True) if "pinned_message" in m]
    assert [m["pinned_message"]["text"] for m in service] == ["доска"]
    assert (await scene.api("getChat", chat_id=scene.forum.id))["pinned_message"]["message_id"] == sent[
        "message_id"
    ]
    refusal = await scene.api.refused("pinChatMessage", chat_id=scene.forum.id, message_id=service[0].id)
    assert "service messages can't be pinned" in refusal
    scene.forum.promote(scene.bot, can_pin_messages=False)
    refusal = await scene.api.refused("unpinChatMessage", **pin)
    assert refusal == "400 Bad Request: not enough rights to manage pinned messages in the chat"


async def test_commands_are_kept_by_scope_and_language(scene: Scene):
    commands = [{"command": "help", "description": "Помощь"}]
    scope = {"type": "chat", "chat_id": scene.forum.id}
    await scene.api("setMyCommands", commands=commands, scope=scope, language_code="ru")
    assert await scene.api("getMyCommands", scope=scope, language_code="ru") == commands
    assert await scene.api("getMyCommands") == []
    bad = [{"command": "Help", "description": "x"}]
    assert "BOT_COMMAND_INVALID" in await scene.api.refused("setMyCommands", commands=bad)


# -- §14: members, privacy, anonymity, migration


async def test_privacy_mode_hides_plain_texts_from_plain_members(scene: Scene):
    group = scene.plain(admin=False)
    helper = scene.emulator.add_bot("9002:H", "helper_bot", "Helper")
    group.add(helper)
    mine = await scene.api("sendMessage", chat_id=group.id, text="вопрос")
    await scene.api.updates()
    await scene.olga.says(group, "просто разговор")
    await scene.olga.says(group, "/help@desk_bot")
    await scene.olga.says(group, "/help@helper_bot")
    await scene.olga.says(group, "/help")
    await scene.olga.says(group, "ответ", reply_to=group.message(mine["message_id"]))
    assert [u["message"]["text"] for u in await scene.api.updates()] == ["/help@desk_bot", "/help", "ответ"]
    group.promote(scene.bot)
    await scene.api.updates()
    await scene.olga.says(group, "просто разговор")
    assert len(await scene.api.updates()) == 1


async def test_bots_neither_see_nor_reach_other_bots_posts(scene: Scene):
    helper = scene.emulator.add_bot("9002:H", "helper_bot", "Helper", can_read_all_group_messages=True)
    scene.forum.add(helper, admin=True)
    other = scene.client(helper)
    await other.updates()
    post = await scene.api("sendMessage", chat_id=scene.forum.id, text="от первого")
    number = {"chat_id": scene.forum.id, "message_id": post["message_id"]}
    assert await other.updates() == []
    assert "message to edit not found" in await other.refused("editMessageText", text="a", **number)
    assert "message to delete not found" in await other.refused("deleteMessage", **number)
    assert "message to react not found" in await other.refused("setMessageReaction", reaction=[], **number)
    assert "message to pin not found" in await other.refused("pinChatMessage", **number)
    reply = {"message_id": post["message_id"]}
    refusal = await other.refused("sendMessage", chat_id=scene.forum.id, text="a", reply_parameters=reply)
    assert "message to be replied not found" in refusal
    await scene.olga.says(scene.forum, "вижу", reply_to=scene.forum.last())
    assert (await other.updates())[0]["message"]["reply_to_message"]["text"] == "от первого"


async def test_members_are_told_and_asked_about(scene: Scene):
    ivan = scene.emulator.person("Иван")
    await scene.api.updates(allowed_updates=["chat_member", "my_chat_member"])
    await ivan.joins(scene.forum)
    scene.forum.restrict(ivan, can_send_messages=False)
    scene.forum.kick(ivan)
    scene.forum.demote(scene.bot)
    changes = await scene.api.updates()
    statuses = [(u.get("chat_member") or u["my_chat_member"])["new_chat_member"]["status"] for u in changes]
    assert statuses == ["member", "restricted", "kicked", "member"]
    refusal = await scene.api.refused("getChatMember", chat_id=scene.forum.id, user_id=scene.olga.id)
    assert refusal == "400 Bad Request: member list is inaccessible"
    assert (await scene.api("getChatMember", chat_id=scene.forum.id, user_id=scene.bot.id))["status"] == "member"
    scene.forum.promote(scene.bot)
    assert (await scene.api("getChatMember", chat_id=scene.forum.id, user_id=ivan.id))["status"] == "kicked"
    assert await scene.api("getChatMemberCount", chat_id=scene.forum.id) == 3


async def test_administrators_are_listed_without_other_bots_and_anonymous_ones(scene: Scene):
    scene.forum.add(scene.emulator.add_bot("9002:H", "helper_bot"), admin=True)
    scene.forum.add(scene.emulator.person("Тень"), admin=True, anonymous=True)

    async def names(**more: Any) -> list[str]:
        found = await scene.api("getChatAdministrators", chat_id=scene.forum.id, **more)
        return [member["user"]["first_name"] for member in found]

    assert await names() == ["Хозяйка", "Desk"]
    assert await names(return_bots=True) == ["Хозяйка", "Desk", "Desk"]


async def test_masks_of_anonymous_administrators_and_channels(scene: Scene):
    scene.forum.add(scene.olga, admin=True, anonymous=True, title="старшая смены")
    await scene.api.updates()
    await scene.olga.says(scene.forum, "тайно")
    await scene.olga.says(scene.forum, "от канала", as_channel="Новости")
    anonymous, channel = (u["message"] for u in await scene.api.updates())
    assert (anonymous["from"]["id"], anonymous["sender_chat"]["id"]) == (1087968824, scene.forum.id)
    assert anonymous["author_signature"] == "старшая смены"
    assert (channel["from"]["id"], channel["sender_chat"]["title"]) == (136817688, "Новости")
    assert scene.forum.last().author == "Ольга"


async def test_a_basic_group_becomes_a_supergroup(scene: Scene):
    basic = scene.plain(kind="group")
    await scene.api.updates()
    grown = basic.turn_topics(True)
    assert grown.chat.forum
    with pytest.raises(Refused, match="group chat was upgraded to a supergroup chat") as caught:
        await scene.api("sendMessage", chat_id=basic.id, text="a")
    assert caught.value.parameters == {"migrate_to_chat_id": grown.id}
    old, new = (u["message"] for u in await scene.api.updates())
    assert (old["chat"]["id"], old["migrate_to_chat_id"]) == (basic.id, grown.id)
    assert (new["chat"]["id"], new["migrate_from_chat_id"]) == (grown.id, basic.id)
    await scene.api("createForumTopic", chat_id=grown.id, name="Гость")


async def test_blocking_is_told_in_private(scene: Scene):
    petr = await scene.customer()
    [start] = [u for u in await scene.api.updates() if "message" in u and "text" in u["message"]]
    assert start["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    await petr.blocks(scene.bot)
    await petr.unblocks(scene.bot)
    states = [u["my_chat_member"]["new_chat_member"]["status"] for u in await scene.api.updates()]
    assert states == ["kicked", "member"]


# -- §18: ephemeral messages


async def test_a_hint_is_seen_by_one_person_only(scene: Scene):
    ivan = scene.emulator.person("Иван")
    scene.forum.add(ivan)
    hint = {"receiver_user_id": scene.olga.id}
    sent = await scene.api(
        "sendMessage", chat_id=scene.forum.id, text="Уже принял Иван", ephemeral_message_parameters=hint
    )
    assert sent["message_id"] == 0
    assert [m.text for m in scene.olga.hints(scene.forum)] == ["Уже принял Иван"]
    assert ivan.hints(scene.forum) == scene.forum.messages() == scene.forum.messages(viewer=ivan) == []
    where = {"chat_id": scene.forum.id, "ephemeral_message_id": sent["ephemeral_message_id"]}
    await scene.api("editEphemeralMessageText", text="Взял Иван", receiver_user_id=scene.olga.id, **where)
    assert scene.olga.hints(scene.forum)[0].text == "Взял Иван"
    refusal = await scene.api.refused("deleteEphemeralMessage", receiver_user_id=ivan.id, **where)
    assert "message to delete not found" in refusal
    await scene.api("deleteEphemeralMessage", receiver_user_id=scene.olga.id, **where)
    assert scene.olga.hints(scene.forum) == []


async def test_without_admin_a_hint_needs_a_fresh_press(scene: Scene):
    group = scene.plain(admin=False)
    await scene.api("sendMessage", chat_id=group.id, text="card", reply_markup=button())
    press = scene.olga.begins_to_press(group.last(), "Принять")
    hint = {"receiver_user_id": scene.olga.id}
    say = {"chat_id": group.id, "text": "a"}
    assert "not enough rights" in await scene.api.refused("sendMessage", ephemeral_message_parameters=hint, **say)
    fresh = {**hint, "callback_query_id": press.id}
    await scene.api("sendMessage", ephemeral_message_parameters=fresh, **say)
    scene.clock.passed += 16
    assert "not enough rights" in await scene.api.refused("sendMessage", ephemeral_message_parameters=fresh, **say)


async def test_an_older_server_shows_the_hint_to_all(scene: Scene):
    scene.emulator.version = (9, 0)
    hint = {"receiver_user_id": scene.olga.id}
    sent = await scene.api("sendMessage", chat_id=scene.forum.id, text="а", ephemeral_message_parameters=hint)
    assert sent["message_id"] > 0
    assert scene.forum.texts() == ["а"]
    refusal = await scene.api.refused("deleteEphemeralMessage", chat_id=scene.forum.id)
    assert refusal == "404 Not Found: method not found"
    member = await scene.api("getChatMember", chat_id=scene.forum.id, user_id=scene.bot.id)
    assert "can_send_welcome_messages" not in member


# -- §20: faults and the log


async def test_faults_on_demand(scene: Scene):
    emulator, chat = scene.emulator, scene.forum.id
    emulator.fail_next("sendMessage", error=429, retry_after=7, chat=scene.forum)
    with pytest.raises(Refused, match="retry after 7") as caught:
        await scene.api("sendMessage", chat_id=chat, text="a")
    assert caught.value.headers["Retry-After"] == "7"
    scene.clock.passed += 7
    emulator.fail_next("sendMessage", error=(403, "Forbidden: bot was kicked from the group chat"), skip=1, times=2)
    codes = []
    for number in range(4):
        try:
            codes.append((await scene.api("sendMessage", chat_id=chat, text=str(number)))["text"])
        except Refused as refusal:
            codes.append(refusal.code)
    assert codes == ["0", 403, 403, "3"]
    emulator.fail_next("sendMessage", error="html502")
    async with scene.session.post(f"{scene.api.base}/sendMessage", json={"chat_id": chat, "text": "a"}) as answer:
        assert (answer.status, answer.content_type) == (502, "text/html")
    emulator.fail_next("sendMessage", error="drop_before")
    with pytest.raises(aiohttp.ClientError):
        await scene.api("sendMessage", chat_id=chat, text="не дошло")
    emulator.fail_next("sendMessage", error="drop_after")
    with pytest.raises(aiohttp.ClientError):
        await scene.api("sendMessage", chat_id=chat, text="дошло")
    assert scene.forum.texts() == ["0", "3", "дошло"]


async def test_a_held_call_waits_at_the_gate(scene: Scene):
    gate = scene.emulator.hold_next("sendMessage", before=False)
    call = asyncio.create_task(scene.api("sendMessage", chat_id=scene.forum.id, text="a"))
    await gate.reached()
    assert scene.forum.texts() == ["a"]
    assert not call.done()
    gate.release()
    assert (await call)["text"] == "a"


async def test_an_outage_cuts_polls_and_calls(scene: Scene):
    await scene.api.updates()
    poll = asyncio.create_task(scene.api("getUpdates", timeout=50))
    await scene.emulator.wait_until(lambda: scene.bot.queue.polled)
    scene.emulator.down = True
    with pytest.raises(aiohttp.ClientError):
        await poll
    with pytest.raises(aiohttp.ClientError):
        await scene.api("getMe")
    scene.emulator.down = False
    assert (await scene.api("getMe"))["id"] == 9001


async def test_the_log_tells_what_was_asked(scene: Scene):
    await scene.api("sendMessage", chat_id=str(scene.forum.id), text="a", reply_markup=json.dumps(button()))
    await scene.api.refused("sendMessage", chat_id=scene.forum.id, text="")
    await scene.api.updates()
    good, bad = scene.emulator.calls_of("sendMessage", chat=scene.forum.id)
    assert (good.ok, good.bot, good.units, good.params["reply_markup"]) == (True, 9001, 1, button())
    assert (bad.code, bad.error) == (400, "Bad Request: message text is empty")
    assert all(call.method != "getUpdates" for call in scene.emulator.calls)


async def test_waiting_says_what_was_going_on(scene: Scene):
    await scene.api("sendMessage", chat_id=scene.forum.id, text="a")
    with pytest.raises(AssertionError, match="sendMessage bot=9001"):
        await scene.emulator.wait_until(lambda: False, timeout=0.01)


# -- by hand


async def test_the_control_page_shows_chats_and_lets_people_act():
    async with aiohttp.ClientSession() as session:
        emulator = TelegramEmulator()
        Control(emulator)
        await demo(emulator)
        await emulator.start()
        api = Raw(session, emulator.url, TOKEN)

        async def post(what: str, **body: Any) -> Any:
            async with session.post(f"{emulator.url}/emulator/{what}", json=body) as answer:
                return await answer.json()

        async def get(what: str) -> str:
            async with session.get(f"{emulator.url}/emulator/{what}") as answer:
                assert answer.status == 200
                return await answer.text()

        said = await post("say", person=77, chat=str(FORUM), text="<script>alert(1)</script>")
        await post("say", person=501, chat="bot:9001", text="добрый день")
        card = await api("sendMessage", chat_id=FORUM, text="<b>card</b>", parse_mode="HTML", reply_markup=button())
        pressing = asyncio.create_task(
            post("press", person=77, chat=str(FORUM), message=card["message_id"], button="Принять")
        )
        await emulator.wait_until(lambda: emulator.unanswered)
        await api("answerCallbackQuery", callback_query_id=emulator.unanswered[0].id, text="взято")
        assert (await pressing)["text"] == "взято"
        await post("react", person=77, chat=str(FORUM), message=card["message_id"], emoji="👍")
        await post("edit", person=77, chat=str(FORUM), message=said["message_id"], text="<i>исправил</i>")
        shown = await get("fragment")
        assert "&lt;i&gt;исправил&lt;/i&gt;" in shown
        assert "<b>card</b>" in shown
        assert "👍" in shown
        assert "добрый день" in shown
        assert "<script>" not in shown
        assert {chat["key"] for chat in json.loads(await get("world"))["chats"]} >= {str(FORUM), "bot:9001"}
        assert json.loads(await get(f"messages?chat={FORUM}"))[-1]["text"] == "card"
        assert (await post("switch", limits=True))["limits"]
        assert "error" in await post("say", person=501, chat=str(FORUM), text="я не участник")
        assert "Telegram emulator" in await get("")
        await emulator.stop()


# -- odds and ends


async def test_private_chats_can_have_topics(scene: Scene):
    petr = await scene.customer()
    await petr.says(scene.bot, "до тем")
    private = scene.emulator.private(petr, scene.bot).turn_topics()
    await scene.api.updates()
    topic = await petr.creates_topic(private, "Заказ 12")
    await petr.says(private, "где он?", topic=topic.id)
    made, asked = (u["message"] for u in await scene.api.updates())
    assert made["message_id"] == topic.id == asked["message_thread_id"] == asked["reply_to_message"]["message_id"]
    assert asked["is_topic_message"]
    answer = await scene.api("sendMessage", chat_id=petr.id, message_thread_id=topic.id, text="едет")
    assert answer["message_thread_id"] == topic.id
    anna = await scene.customer("Анна")
    refusal = await scene.api.refused("sendMessage", chat_id=anna.id, message_thread_id=topic.id, text="a")
    assert refusal == "400 Bad Request: message thread not found"


async def test_posts_of_the_linked_channel_and_empty_edits_come_too(scene: Scene):
    await scene.api.updates()
    said = await scene.olga.says(scene.forum, "https://a.ru")
    await scene.olga.loads_preview(said)
    scene.forum.linked_channel_posts("Скидки!")
    _, edited, post = await scene.api.updates()
    assert edited["edited_message"]["text"] == "https://a.ru"
    assert post["message"]["from"]["id"] == 777000
    assert post["message"]["is_automatic_forward"]


async def test_two_people_never_share_an_id(scene: Scene):
    scene.emulator.person("Явный", id=scene.olga.id + 1)
    assert scene.emulator.person("Следующий").id == scene.olga.id + 2
    with pytest.raises(ValueError, match="there already"):
        scene.emulator.person("Двойник", id=scene.olga.id)


async def test_public_groups_answer_to_their_name(scene: Scene):
    public = scene.emulator.group("Открытая", public="shop_chat")
    assert (await scene.api("getChat", chat_id="@shop_chat"))["id"] == public.id
    refusal = await scene.api.refused("sendMessage", chat_id="@shop_chat", text="a")
    assert refusal == "403 Forbidden: bot is not a member of the supergroup chat"
    public.add(scene.bot)
    await scene.api("sendMessage", chat_id="@Shop_Chat", text="a")
    assert public.texts() == ["a"]


async def test_fast_repeats_of_one_offset_shrink_the_batch_when_asked(scene: Scene):
    for text in "123":
        await scene.olga.says(scene.forum, text)
    scene.emulator.world.poll_brakes = True
    first = await scene.api("getUpdates")
    assert len(first) > 1
    assert len(await scene.api("getUpdates")) == 1
    scene.clock.passed += 1
    assert await scene.api("getUpdates") == first


async def test_a_bot_answers_a_message_of_another_chat_only_if_it_is_there(scene: Scene):
    said = await scene.olga.says(scene.forum, "оттуда")
    plain = scene.plain()

    async def say(number: int) -> Any:
        reply = {"chat_id": scene.forum.id, "message_id": number, "allow_sending_without_reply": True}
        return await scene.api("sendMessage", chat_id=plain.id, text="а", reply_parameters=reply)

    answer = await say(said.id)
    assert (answer["external_reply"]["chat"]["id"], answer["external_reply"]["message_id"]) == (
        scene.forum.id,
        said.id,
    )
    with pytest.raises(Refused, match="message to be replied not found"):
        await say(9999)
