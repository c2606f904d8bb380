"""Customers who write to a page in Messenger: everything both ways, against the strict emulator."""

import asyncio
import json
import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.contracts import Health
from bridge.inbox.accept import close
from bridge.inbox.join import offer_join
from bridge.model import (
    Attachment,
    ChannelDown,
    ChannelName,
    Delivery,
    Direction,
    ExternalId,
    Kind,
    Profile,
    Refused,
    Sent,
    TryLater,
    Why,
)
from bridge.web.hooks import hmac_sha256_hex
from tests.channels.facebook_side import FB, Side, facebook_side
from tests.emulators.facebook import (
    MP4,
    PNG,
    audio,
    file,
    image,
    like,
    location,
    other,
    reel,
    share,
    sticker,
    video,
)
from tests.some_files import mp4, ogg, picture, webp

MB = 1024 * 1024


@pytest.fixture
async def side(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    async with facebook_side(tmp_path) as side:
        yield side
    secrets = [side.emulator.app.secret, side.emulator.verify_token, *side.emulator.world.tokens]
    assert not [secret for secret in secrets if secret in caplog.text]
    assert "тайные слова" not in caplog.text


@pytest.fixture
async def running(side: Side):
    side.channel()
    await side.start()
    return side


@pytest.fixture
def fb(side: Side):
    return side.emulator


@pytest.fixture
async def ann(running: Side):
    """She has written, and is known."""
    ann = running.emulator.person("Ann Lee", locale="en_US")
    await ann.write("Hello")
    await running.received(ann)
    return ann


def webhook_body(page: str, *items: dict) -> bytes:
    return json.dumps({"object": "page", "entry": [{"id": page, "time": 1, "messaging": list(items)}]}).encode()


class TestSetUp:
    async def test_the_webhook_sets_itself(self, running, fb):
        assert running.channels[FB].health.health is Health.UP
        assert fb.app.callback.url == "https://chat.example.ru/hooks/fb"
        assert {"messages", "message_echoes", "messaging_policy_enforcement"} <= set(fb.app.callback.fields)
        assert set(fb.page.installed[fb.app.id]) == set(fb.app.callback.fields)

    async def test_what_is_as_it_should_be_is_not_touched(self, running, fb):
        setting = len(fb.calls_of("subscriptions")) + len(fb.calls_of("subscribed_apps"))
        assert setting == 4
        running.clock.passes(16 * 60)
        await running.until(lambda: len(fb.calls_of("subscribed_apps")) == 3)
        assert [call.verb for call in fb.calls_of("subscribed_apps")] == ["GET", "POST", "GET"]
        assert [call.verb for call in fb.calls_of("subscriptions")] == ["GET", "POST", "GET"]

    async def test_an_app_that_facebook_dropped_is_put_back(self, running, fb):
        fb.page.installed.clear()
        running.clock.passes(16 * 60)
        await running.until(lambda: fb.app.id in fb.page.installed)

    async def test_what_others_wanted_of_the_webhook_stays(self, side, fb):
        fb.install(fields=["feed", "messages"])
        side.channel()
        await side.start()
        assert {"feed", "message_reads"} <= set(fb.page.installed[fb.app.id])

    async def test_names_of_events_that_differ_are_learned(self, side, fb):
        fb.world.reactions_field = "messaging_reactions"
        side.channel()
        await side.start()
        assert "messaging_reactions" in fb.page.installed[fb.app.id]
        assert "messaging_reactions" in fb.app.callback.fields
        assert side.channels[FB].health.reason == ""

    async def test_without_the_app_only_the_page_is_set(self, side, fb):
        side.channel(app_id=None)
        await side.start()
        assert fb.calls_of("subscriptions") == []
        assert "messages" in fb.page.installed[fb.app.id]

    async def test_a_token_of_another_page(self, side, fb):
        side.channel(page_token=fb.add_page("Cups").token)
        await side.start()
        health = side.channels[FB].health
        assert health.health is Health.DOWN
        assert "другой страницы" in health.reason

    async def test_a_dead_token_is_said_and_mended(self, side, fb):
        fb.token_of().expires_at = 1
        side.channel()
        await side.start()
        assert side.channels[FB].health.health is Health.DOWN
        assert "срок токена вышел" in side.channels[FB].health.reason
        fb.token_of().expires_at = 0
        side.clock.passes(16 * 60)
        await side.until(lambda: side.channels[FB].health.health is Health.UP)

    async def test_a_platform_that_is_away_at_the_start(self, side, fb):
        fb.down = True
        side.channel()
        await side.start()
        assert side.channels[FB].health.reason == "нет связи с Facebook"
        fb.down = False
        side.clock.passes(31)
        await side.until(lambda: side.channels[FB].health.health is Health.UP)
        await side.until(lambda: fb.app.callback is not None)

    async def test_a_webhook_that_facebook_cannot_reach(self, side, fb):
        side.channel()
        fb.webhooks._routed = lambda url: "http://127.0.0.1:9/"  # whatever the test's server says of its port
        await side.start()
        assert side.channels[FB].health.health is Health.UP
        assert "chat.example.ru" in side.channels[FB].health.reason

    async def test_every_call_proves_who_makes_it(self, running, ann, fb):
        fb.app.require_proof = True
        sent = await running.answers(ann, "Да")
        await running.becomes(sent, Delivery.DELIVERED)
        assert {call.token_in for call in fb.calls} == {"header"}
        assert all(call.proof for call in fb.calls if "|" not in call.token)
        assert {call.version for call in fb.calls} == {"v25.0"}


class TestHandshake:
    async def test_whoever_knows_the_word_hears_the_challenge(self, running, fb):
        asked = {"mode": "subscribe", "challenge": "730015522"}
        assert await running.get(verify_token=fb.verify_token, **asked) == (200, "730015522", "text/plain")

    @pytest.mark.parametrize("word", ["", "wrong"])
    async def test_others_do_not(self, running, word):
        status, text, _ = await running.get(mode="subscribe", challenge="730015522", verify_token=word)
        assert status == 403
        assert "730015522" not in text
        assert running.refused == [(FB, "verify")]

    async def test_nor_without_a_mode(self, running, fb):
        assert (await running.get(challenge="1", verify_token=fb.verify_token))[0] == 403


class TestSignature:
    async def test_escaped_bytes_are_what_is_signed(self, running, fb):
        boris = fb.person("Борис")
        await boris.write("Ёж/ёж ä")
        assert (await running.received(boris))[0].content.text.plain == "Ёж/ёж ä"
        assert b"\\u" in fb.webhooks.attempts[-1].body

    async def test_a_wrong_one(self, running, fb):
        fb.app.webhook_secret = "other"
        ann = fb.person("Ann")
        await ann.write("тайные слова")
        await fb.settle()
        assert fb.webhooks.attempts[-1].status == 403
        assert running.refused[0] == (FB, "signature")
        assert await running.all(ann) == []
        assert "app_secret" in running.channels[FB].health.reason

    async def test_strangers_do_not_alarm_anybody(self, running, ann):
        assert (await running.post(b"{}", **{"X-Hub-Signature-256": "sha256=00"}))[0] == 403
        assert (await running.post(b"{}"))[0] == 403
        assert running.channels[FB].health.reason == ""

    async def test_garbage_that_is_well_signed(self, running, fb):
        for body in (b"[]", b"\xff", b'{"object":'):
            signed = {"X-Hub-Signature-256": "sha256=" + hmac_sha256_hex(fb.app.secret, body)}
            assert (await running.post(body, **signed))[0] == 400
        for body in (b'{"object":"user","entry":[]}', b'{"object":"page"}', b'{"object":"page","entry":[1,{}]}'):
            signed = {"X-Hub-Signature-256": "sha256=" + hmac_sha256_hex(fb.app.secret, body)}
            assert await running.post(body, **signed) == (200, "EVENT_RECEIVED")


class TestIn:
    async def test_a_text(self, running, ann):
        (message,) = await running.said(ann)
        assert message.content.text.plain == "Hello"
        customer = await running.customer(ann)
        assert customer.heard_at == message.written_at

    async def test_the_profile_comes_later(self, running, fb):
        fb.token_of().scopes.append("pages_user_locale")
        boris = fb.person("Boris Ivanov", locale="ru_RU")
        await boris.write("Здравствуйте")

        async def named():
            return (await running.customer(boris)).profile.name

        assert await running.until(named) == "Boris Ivanov"
        profile = (await running.customer(boris)).profile
        assert (profile.language, profile.avatar.origin) == ("ru", "remote:fb")

    async def test_a_language_that_is_not_for_us_is_asked_for_once(self, running, fb):
        for name in ("Ann", "Bob"):
            person = fb.person(name)
            await person.write("Hi")

            async def named(person=person):
                return (await running.customer(person)).profile.name

            assert await running.until(named) == name
        asked = [call.params["fields"] for call in fb.calls_of("profile")]
        assert ["locale" in fields for fields in asked] == [True, False, False]

    @pytest.mark.parametrize("error", ["100/2018218", "230"])
    @pytest.mark.parametrize("bare", [True, False])
    async def test_who_hides_stays_a_guest(self, running, fb, error, bare):
        fb.world.profile_bare = bare
        ghost = fb.person("Ghost")
        ghost.hides_profile(error)
        await ghost.write("Boo")

        async def looked_up():
            return (await running.customer(ghost)).looked_up_at

        await running.until(looked_up)
        customer = await running.customer(ghost)
        assert (customer.profile.name, customer.guest_number) == ("", 1)

    async def test_several_pictures_are_one_message_in_order(self, running, ann):
        await ann.write("look", [image(PNG, f"{n}.png") for n in range(4)])
        message = (await running.received(ann, 2))[1]
        assert message.content.text.plain == "look"
        assert [a.name for a in message.content.attachments] == ["0.png", "1.png", "2.png", "3.png"]
        assert {a.kind for a in message.content.attachments} == {Kind.PHOTO}

    @pytest.mark.parametrize(
        ("piece", "kind", "name"),
        [
            (image(PNG, "tea.png"), Kind.PHOTO, "tea.png"),
            (video(MP4, "cup.mp4"), Kind.VIDEO, "cup.mp4"),
            (audio(), Kind.VOICE, "audioclip-1790000000.mp4"),
            (audio(name="song.mp3"), Kind.AUDIO, "song.mp3"),
            (file(name="Счёт № 5.pdf"), Kind.DOCUMENT, "Счёт № 5.pdf"),
            (sticker(), Kind.STICKER, "144884852352448.png"),
            (image(PNG, "cat.gif"), Kind.ANIMATION, "cat.gif"),
        ],
    )
    async def test_files_are_copied(self, running, fb, ann, piece, kind, name):
        await ann.write("", [piece])
        (attachment,) = (await running.received(ann, 2))[1].content.attachments
        assert (attachment.kind, attachment.name) == (kind, name)

        async def copied():
            return await running.store.read(lambda tx: tx.media_of(attachment.file))

        assert (await running.until(copied)).size == len(piece.data)

    async def test_a_place(self, running, ann):
        await ann.write("", [location(55.75, 37.61)])
        (place,) = (await running.received(ann, 2))[1].content.attachments
        assert place.kind is Kind.LOCATION
        assert (place.data["latitude"], place.data["longitude"]) == (55.75, 37.61)

    @pytest.mark.parametrize(
        ("pieces", "text", "shown"),
        [
            ([like()], "", "👍"),
            ([like(2)], "", "👍"),
            ([share("https://x.y/", "X")], "https://x.y/", "https://x.y/\n🔗 Ссылка: X"),
            ([share("https://x.y/", "X")], "", "🔗 Ссылка: X — https://x.y/"),
            ([reel("https://f.b/reel/1", "Cat")], "", "🔗 Видео Reels: Cat — https://f.b/reel/1"),
            ([reel("https://f.b/p/1", type="ig_post")], "", "🔗 Публикация: https://f.b/p/1"),
        ],
    )
    async def test_what_has_no_file_is_text(self, running, ann, pieces, text, shown):
        await ann.write(text, pieces)
        message = (await running.received(ann, 2))[1]
        assert message.content.text.plain == shown
        assert message.content.attachments == ()

    async def test_a_post_that_messenger_does_not_show(self, running, ann):
        await ann.write("", [share()])
        assert "Messenger не передаёт" in (await running.received(ann, 2))[1].content.text.plain

    async def test_what_nobody_knows(self, running, ann, caplog):
        await ann.write("", [other("hologram", {"secret": "тайные слова"})])
        (attachment,) = (await running.received(ann, 2))[1].content.attachments
        assert (attachment.kind, attachment.data) == (Kind.UNKNOWN, {"what": "hologram"})

    async def test_a_quote(self, running, ann, fb):
        sent = await running.answers(ann, "Which one?")
        await running.becomes(sent, Delivery.DELIVERED)
        await ann.write("this one", reply_to=ann.heard[-1])
        assert (await running.received(ann, 2))[1].reply_to == sent.id

    async def test_a_button_is_what_it_says(self, running, ann):
        await ann.posts_back("Price?", "PAYLOAD_7")
        assert (await running.received(ann, 2))[1].content.text.plain == "Price?"

    async def test_twice_told_is_once_heard(self, running, fb, ann):
        await ann.posts_back("Price?", "P")
        await ann.opens_link("promo")
        await running.received(ann, 2)
        await fb.settle()
        before = await running.all(ann)
        fb.webhooks.repeat_last(3)
        await fb.settle()
        assert await running.all(ann) == before

    async def test_a_batch_with_something_bad_in_it(self, running, fb, ann, caplog):
        with fb.batch():
            for n in range(30):
                await ann.write(f"message {n}")
            await fb.push({"sender": {"id": ann.id}, "recipient": {"id": fb.page.id}, "timestamp": 5, "new": {}})
            await fb.push({"message": "тайные слова"})
            await ann.write("the last")
        texts = [message.content.text.plain for message in await running.received(ann, 32)]
        assert texts == ["Hello", *(f"message {n}" for n in range(30)), "the last"]
        assert "not known: new" in caplog.text

    async def test_what_raises_is_set_aside_and_holds_up_nobody(self, running, fb, ann, monkeypatch):
        from bridge.channels.facebook import intake

        real = intake.take_in

        def shaky(tx, incoming, group):
            if incoming.content.text.plain == "тайные слова":
                raise ValueError(incoming.content.text.plain)
            return real(tx, incoming, group)

        monkeypatch.setattr(intake, "take_in", shaky)
        with fb.batch():
            await ann.write("one")
            await ann.write("тайные слова")
            await ann.write("two")
        await running.received(ann, 3)
        ((reason, payload),) = await running.until(running.set_aside)
        assert reason == "ValueError"
        assert "тайные слова" in payload
        assert fb.webhooks.attempts[-1].status == 200

    async def test_a_store_that_fails_is_no_acknowledgement(self, running, fb, ann):
        running.inbox.broken = True
        await ann.write("not lost")
        await fb.settle()
        assert fb.webhooks.attempts[-1].status == 503
        running.inbox.broken = False
        running.clock.passes(60)
        assert [m.content.text.plain for m in await running.received(ann, 2)] == ["Hello", "not lost"]

    async def test_a_batch_is_put_in_order(self, running, fb, ann):
        with fb.batch(reverse=True, each=True):
            for text in ("one", "two", "three"):
                await ann.write(text)
        assert [m.content.text.plain for m in await running.received(ann, 4)][1:] == ["one", "two", "three"]

    async def test_other_things_on_the_page_are_not_for_us(self, running, fb, ann):
        feed = {"id": fb.page.id, "time": 1, "changes": [{"field": "feed", "value": {}}]}
        await fb.push_entries(feed, {"id": "999", "time": 1, "messaging": [{"message": {"mid": "m_x"}}]})
        await fb.settle()
        assert fb.webhooks.attempts[-1].status == 200
        assert len(await running.all(ann)) == 1

    async def test_edits(self, running, fb, ann):
        fb.world.edit_numbers_as_text = True
        message = await ann.write("Helo", [image()])
        (await running.received(ann, 2))
        await ann.edit(message, "Hello there")

        async def edited():
            return (await running.said(ann))[1].content.text.plain == "Hello there"

        await running.until(edited)
        assert len((await running.said(ann))[1].content.attachments) == 1

    async def test_edits_that_overtake_each_other_and_the_message(self, running, fb, ann):
        with fb.batch(separate=True, reverse=True):
            message = await ann.write("a")
            await ann.edit(message, "b")
            await ann.edit(message, "c")
        assert [m.content.text.plain for m in await running.received(ann, 2)] == ["Hello", "c"]
        await fb.settle()
        assert (await running.texts(ann)) == ["Hello", "c"]

    async def test_reactions(self, running, fb, ann):
        sent = await running.answers(ann, "Yes")
        await running.becomes(sent, Delivery.DELIVERED)
        await ann.react(ann.heard[-1], "👍")
        await running.until(lambda: running.notes(ann))
        assert await running.notes(ann) == ["Реакция клиента: 👍"]
        await ann.unreact(ann.heard[-1])

        async def gone():
            return await running.notes(ann) == ["Клиент убрал реакцию."]

        await running.until(gone)
        fb.webhooks.repeat_last(2)  # the old one is news to nobody
        await fb.settle()
        assert await running.notes(ann) == ["Клиент убрал реакцию."]


class TestHowTheyCame:
    async def test_an_advertisement_is_on_the_card(self, running, fb):
        ann = fb.person("Ann")
        await ann.writes_from_ad("How much?", ad_id="8811", ref="r1")
        await running.received(ann)
        assert (await running.conversation(ann)).details == {"Откуда": "r1 (ADS, 8811)"}

    async def test_a_link_into_a_conversation(self, running, ann):
        await ann.opens_link("promo")
        await running.until(lambda: running.notes(ann))
        assert (await running.conversation(ann)).details == {"Откуда": "promo (SHORTLINK)"}
        assert await running.notes(ann) == ["Клиент пришёл по ссылке: promo (SHORTLINK)"]

    async def test_a_link_is_kept_for_the_next_conversation(self, running, fb, ann):
        first = await running.conversation(ann)
        await running.inbox.write(lambda tx: close(tx, first.id))
        await ann.opens_link("promo")
        await ann.write("again")
        await running.received(ann, 2)
        assert (await running.conversation(ann)).details == {"Откуда": "promo (SHORTLINK)"}
        second = await running.conversation(ann)
        await running.inbox.write(lambda tx: close(tx, second.id))
        await ann.write("and again")
        await running.received(ann, 3)
        assert (await running.conversation(ann)).details == {}

    async def test_get_started_greets(self, running, fb):
        fb.page.profile["get_started"] = {"payload": "GET_STARTED"}
        ann = fb.person("Ann")
        await ann.gets_started(ref="promo")
        await running.until(lambda: ann.texts)
        fb.webhooks.repeat_last(1)
        await fb.settle()
        await ann.write("Hi")
        await running.received(ann)
        assert ann.texts == ["Здравствуйте! Напишите ваш вопрос — ответим здесь же."]
        assert (await running.conversation(ann)).details == {"Откуда": "promo (SHORTLINK)"}
        assert await running.texts(ann) == ["Hi"]

    async def test_a_greeting_of_ones_own_or_none(self, side, fb):
        side.channel(greeting="")
        await side.start()
        ann = fb.person("Ann")
        await ann.posts_back("Get started", "GET_STARTED")
        await ann.write("Hi")
        await side.received(ann)
        assert ann.texts == []

    @pytest.mark.parametrize("way", ["started", "message", "link"])
    async def test_a_token_joins(self, running, fb, way):
        shop = ChannelName("shop")

        def guest(tx):
            customer = tx.add_customer(shop, ExternalId("guest"), Profile())
            return customer, offer_join(tx, customer.id, FB)

        customer, token = await running.inbox.write(guest)
        link = running.channels[FB].link_for(token)
        assert link == f"https://m.me/{fb.page.id}?ref={token}"
        ann = fb.person("Ann")
        if way == "started":
            fb.page.profile["get_started"] = {"payload": "GET_STARTED"}
            await ann.gets_started(ref=token)
        elif way == "message":
            await ann.opens_link(token)
            await ann.write("It is me")
        else:
            await ann.write("Hi")
            await ann.opens_link(token)
        await running.until(lambda: ann.texts)
        assert ann.texts == ["Здравствуйте! Продолжаем разговор здесь. Всё, что вы писали на сайте, у нас есть."]
        known = await running.customer(ann)
        assert known.person is not None
        assert (await running.inbox.read(lambda tx: tx.customer(customer.id))).person == known.person
        fb.webhooks.repeat_last(1)
        await fb.settle()
        assert len(ann.texts) == 1


class TestStaff:
    async def test_what_they_write_in_the_inbox_is_shown_and_not_sent(self, running, fb, ann):
        await fb.inbox_writes(ann, "Answered here", [image()])
        out = await running.until(lambda: running.said(ann, Direction.OUT))
        assert (out[0].content.text.plain, out[0].author_name) == ("Answered here", "Facebook")
        assert len(out[0].content.attachments) == 1
        assert ann.texts == ["Answered here"]
        fb.webhooks.repeat_last(3)
        await fb.settle()
        assert len(await running.said(ann, Direction.OUT)) == 1

    async def test_another_app_is_named(self, running, fb, ann):
        bot = fb.add_app("Chat bot")
        await fb.inbox_writes(ann, "I am a bot", app=bot)
        out = await running.until(lambda: running.said(ann, Direction.OUT))
        assert bot.id in out[0].author_name

    @pytest.mark.parametrize("echo_first", [True, False])
    @pytest.mark.parametrize("named", [True, False])
    async def test_our_own_are_not_taken_for_theirs(self, side, fb, echo_first, named):
        side.channel(app_id=fb.app.id if named else None)
        await side.start()
        await fb.connect("https://chat.example.ru/hooks/fb")
        fb.world.echo_first, fb.world.echoes_named = echo_first, named
        ann = fb.person("Ann")
        await ann.write("Hello")
        await side.received(ann)
        sent = await side.answers(ann, "Yes")
        await side.becomes(sent, Delivery.DELIVERED)
        await fb.settle()
        assert [m.id for m in await side.said(ann, Direction.OUT)] == [sent.id]

    async def test_a_thread_that_another_app_has(self, running, fb, ann):
        await fb.inbox_takes(ann)
        await running.until(lambda: running.notes(ann))
        assert "забрало другое приложение" in (await running.notes(ann))[0]
        await ann.write("Anybody?")  # in standby now
        await running.received(ann, 2)
        await fb.inbox_passes(ann)

        async def back():
            return len(await running.notes(ann)) == 2

        await running.until(back)
        assert (await running.notes(ann))[1] == "Диалог снова ведёт Otklik."
        await fb.settle()
        assert ann.texts == []

    async def test_it_is_taken_back_to_answer(self, running, fb, ann):
        await fb.inbox_takes(ann)
        sent = await running.answers(ann, "I am here")
        await running.becomes(sent, Delivery.DELIVERED)
        assert ann.texts == ["I am here"]
        assert len(fb.calls_of("take_thread_control")) == 1

    async def test_unless_it_is_not_given(self, running, fb, ann):
        fb.page.default_app = fb.inbox
        await fb.inbox_takes(ann)
        sent = await running.answers(ann, "I am here")
        failed = await running.becomes(sent, Delivery.FAILED)
        assert failed.failure is Why.REJECTED
        assert any("не отдаёт" in note for note in await running.notes(ann))

    async def test_policy(self, running, fb, ann):
        await fb.enforces_policy("block")
        await running.until(lambda: running.channels[FB].health.health is Health.DOWN)
        await fb.enforces_policy("unblock")
        await running.until(lambda: running.channels[FB].health.health is Health.UP)
        await fb.enforces_policy("warning")
        await running.until(lambda: "правил" in running.channels[FB].health.reason)

    async def test_an_opt_in_is_told(self, running, ann):
        await ann.opts_in("news")
        await running.until(lambda: running.notes(ann))
        assert await running.notes(ann) == ["Клиент согласился получать сообщения страницы (news)."]


class TestOut:
    async def test_delivered_and_seen(self, running, fb, ann):
        ann.online = False
        sent = await running.answers(ann, "Да")
        await running.becomes(sent, Delivery.SENT)
        await ann.comes_online()
        await running.becomes(sent, Delivery.DELIVERED)
        await ann.read()
        await running.becomes(sent, Delivery.SEEN)

    async def test_delivered_up_to_a_time(self, running, fb, ann):
        fb.world.delivery_mids = False
        sent = await running.answers(ann, "Да")
        await running.becomes(sent, Delivery.DELIVERED)

    async def test_a_receipt_that_comes_before_the_answer(self, running, fb, ann):
        gate = fb.faults.hold("messages", before=False)
        fb.world.echo_first = True
        sent = await running.answers(ann, "Да")
        await gate.reached()
        await ann.read()
        await fb.settle()
        gate.release()
        await running.becomes(sent, Delivery.SEEN)

    async def test_order_is_kept_and_long_texts_are_cut(self, running, fb, ann):
        texts = [f"{n}" for n in range(10)] + ["длинно " * 700]
        for text in texts:
            sent = await running.answers(ann, text)
        await running.becomes(sent, Delivery.DELIVERED)
        assert ann.texts[:10] == texts[:10]
        assert " ".join(ann.texts[10:]).split() == texts[10].split()
        assert max(map(len, ann.texts)) <= 2000

    @pytest.mark.parametrize(
        ("data", "kind", "name", "type", "mime"),
        [
            (picture(), Kind.PHOTO, "tea.jpg", "image", "image/jpeg"),
            (webp(), Kind.PHOTO, "tea.webp", "image", "image/png"),
            (webp(), Kind.STICKER, "s.webp", "image", "image/png"),
            (mp4(b"isom", b"vide", b"soun"), Kind.VIDEO, "cup.mp4", "video", "video/mp4"),
            (mp4(b"isom", b"vide"), Kind.VIDEO_NOTE, "note.mp4", "video", "video/mp4"),
            (mp4(b"isom", b"vide"), Kind.ANIMATION, "cat.mp4", "video", "video/mp4"),
            (ogg(), Kind.VOICE, "voice.ogg", "audio", "audio/ogg"),
            (mp4(b"isom", b"soun"), Kind.VOICE, "voice.m4a", "audio", "audio/mp4"),
            (b"%PDF-1.4 x", Kind.DOCUMENT, "Счёт.pdf", "file", "application/pdf"),
            (picture(), Kind.DOCUMENT, "scan.jpg", "file", "image/jpeg"),
        ],
    )
    async def test_files(self, running, fb, ann, data, kind, name, type, mime):
        sent = await running.answers(ann, "", await running.file(data, kind, name))
        await running.becomes(sent, Delivery.DELIVERED)
        (message,) = ann.heard
        (piece,) = message.pieces
        assert (piece.type, piece.file.mime) == (type, mime)
        assert piece.name == (name if mime != "image/png" else name.partition(".")[0] + ".png")

    async def test_a_text_and_pictures_are_messages_in_order(self, running, ann):
        pictures = [await running.file(picture(), Kind.PHOTO, f"{n}.jpg") for n in range(3)]
        sent = await running.answers(ann, "Look:", *pictures)
        await running.becomes(sent, Delivery.DELIVERED)
        assert [m.text or m.pieces[0].name for m in ann.heard] == ["Look:", "0.jpg", "1.jpg", "2.jpg"]

    async def test_places_and_contacts_are_words(self, running, ann):
        place = Attachment(kind=Kind.LOCATION, data={"latitude": 55.75, "longitude": 37.61})
        contact = Attachment(kind=Kind.CONTACT, data={"phone": "+7900", "first_name": "Oleg"})
        sent = await running.answers(ann, "", place, contact)
        await running.becomes(sent, Delivery.DELIVERED)
        assert "55.75,37.61" in ann.texts[0]
        assert "Oleg +7900" in ann.texts[0]

    async def test_a_sticker_that_moves_is_an_emoji(self, running, ann):
        moving = await running.file(b"\x1f\x8b tgs", Kind.STICKER, "s.tgs")
        sent = await running.answers(ann, "", replace(moving, data={"emoji": "🐱"}))
        await running.becomes(sent, Delivery.DELIVERED)
        assert ann.texts == ["🐱"]

    async def test_a_picture_that_is_none_goes_as_a_file(self, running, fb, ann):
        fb.faults.next("messages", "100/2018047")
        sent = await running.answers(ann, "", await running.file(picture(), Kind.PHOTO, "tea.jpg"))
        await running.becomes(sent, Delivery.DELIVERED)
        assert [m.pieces[0].type for m in ann.heard] == ["file"]

    async def test_what_is_not_taken_at_all(self, running, fb, ann):
        fb.faults.next("messages", "100/2018047", times=2)
        sent = await running.answers(ann, "", await running.file(picture(), Kind.PHOTO, "tea.jpg"))
        assert (await running.becomes(sent, Delivery.FAILED)).failure is Why.REJECTED

    async def test_goes_as_an_address_where_that_is_allowed(self, side, fb):
        channel = side.channel(files_by_link=True)
        await side.start()
        ann = fb.person("Ann")
        await ann.write("Hello")
        await side.received(ann)
        fb.faults.next("messages", "100/2018047", times=2)
        sent = await side.answers(ann, "", await side.file(picture(), Kind.PHOTO, "tea.jpg"))
        await side.becomes(sent, Delivery.DELIVERED)
        assert channel.abilities.file_limit == 25 * MB
        assert "📎 tea.jpg: https://chat.example.ru/media/" in ann.texts[0]
        link = ann.texts[0].partition(": ")[2].replace("https://chat.example.ru", f"http://127.0.0.1:{side.port}")
        assert await side.channels[FB]._api._client.get(link)

    async def test_too_big_is_told_with_the_limit(self, running, fb, ann):
        big = await running.file(b"%PDF-1.4" + bytes(25 * MB), Kind.DOCUMENT, "big.pdf")
        before = len(fb.calls)
        sent = await running.answers(ann, "", big)
        failed = await running.becomes(sent, Delivery.FAILED)
        assert (failed.failure, failed.failure_limit) == (Why.TOO_BIG, "25 МБ")
        assert fb.calls_of("messages") == fb.calls[before:][:0]

    async def test_a_quote_and_one_that_is_gone(self, running, fb, ann):
        theirs = (await running.said(ann))[0]
        sent = await running.answers(ann, "this", reply_to=theirs.id)
        await running.becomes(sent, Delivery.DELIVERED)
        assert ann.heard[-1].quoted.text == "Hello"
        await ann.unsend(ann.heard[-1].quoted)
        sent = await running.answers(ann, "that", reply_to=theirs.id)
        await running.becomes(sent, Delivery.DELIVERED)
        assert (ann.heard[-1].text, ann.heard[-1].reply_to) == ("that", None)

    async def test_edits_and_removals_are_refused(self, running, ann):
        channel = running.channels[FB]
        outgoing = running.outgoing(ann)
        assert await channel.edit(outgoing, [ExternalId("m_1")]) == Refused(Why.CANNOT_EDIT)
        assert await channel.unsend(outgoing.customer, [ExternalId("m_1")]) == Refused(Why.CANNOT_UNSEND)

    async def test_seen_once_and_typing_now_and_then(self, running, fb, ann):
        channel = running.channels[FB]
        customer = ExternalId(ann.id)
        for _ in range(3):
            await channel.seen(customer)
            await channel.typing(customer)
        assert ann.marks() == ["mark_seen", "typing_on"]
        assert ann.sees_typing()
        running.clock.passes(16)
        await channel.typing(customer)
        await ann.write("More")
        await running.received(ann, 2)
        await channel.seen(customer)
        assert ann.marks() == ["mark_seen", "typing_on", "typing_on", "mark_seen"]

    async def test_a_blocked_one(self, running, fb, ann):
        await ann.block()
        sent = await running.answers(ann, "Hello?")
        assert (await running.becomes(sent, Delivery.FAILED)).failure is Why.BLOCKED
        assert (await running.customer(ann)).blocked
        await ann.unblock()
        await ann.write("I am back")
        await running.received(ann, 2)
        assert not (await running.customer(ann)).blocked


class TestWindow:
    async def test_within_a_day_it_is_a_response(self, running, fb, ann):
        await running.becomes(await running.answers(ann, "Да"), Delivery.DELIVERED)
        assert ann.heard[-1].messaging_type == "RESPONSE"

    async def test_then_it_is_closed(self, running, fb, ann):
        running.clock.passes(25 * 3600)
        sent = await running.answers(ann, "Да")
        assert (await running.becomes(sent, Delivery.FAILED)).failure is Why.WINDOW_CLOSED
        assert fb.calls_of("messages") == []

    async def test_people_have_a_week_where_the_app_has_the_feature(self, side, fb):
        fb.app.human_agent = True
        side.channel(human_agent=True)
        await side.start()
        assert side.channels[FB].abilities.window == timedelta(days=7)
        ann = fb.person("Ann")
        await ann.write("Hello")
        await side.received(ann)
        side.clock.passes(25 * 3600)
        sent = await side.answers(ann, "Да")
        await side.becomes(sent, Delivery.DELIVERED)
        assert (ann.heard[-1].messaging_type, ann.heard[-1].tag) == ("MESSAGE_TAG", "HUMAN_AGENT")
        assert len(fb.calls_of("messages")) == 1

    async def test_greetings_have_not(self, side, fb):
        fb.app.human_agent = True
        channel = side.channel(human_agent=True)
        await side.start()
        ann = fb.person("Ann")
        await ann.write("Hello")
        await side.received(ann)
        heard_at = side.clock.now()
        side.clock.passes(25 * 3600)
        outgoing = side.outgoing(ann, operator=None, heard_at=heard_at)
        found = await channel.send(outgoing)
        assert isinstance(found, Refused)
        assert found.why is Why.WINDOW_CLOSED

    async def test_a_clock_that_is_wrong_is_helped_by_the_tag(self, side, fb):
        fb.app.human_agent = True
        channel = side.channel(human_agent=True)
        await side.start()
        ann = fb.person("Ann")
        await ann.write("Hello")
        await side.received(ann)
        side.clock.passes(25 * 3600)
        assert isinstance(await channel.send(side.outgoing(ann)), Sent)
        assert [call.ok for call in fb.calls_of("messages")] == [False, True]

    async def test_a_feature_that_the_app_has_not(self, side, fb):
        channel = side.channel(human_agent=True)
        await side.start()
        ann = fb.person("Ann")
        await ann.write("Hello")
        await side.received(ann)
        side.clock.passes(25 * 3600)
        found = await channel.send(side.outgoing(ann, heard_at=side.clock.now() - timedelta(hours=25)))
        assert isinstance(found, Refused)
        assert found.why is Why.WINDOW_CLOSED


class TestTroubles:
    @pytest.mark.parametrize("fault", ["drop_after", "html502_after", "garbage", "empty", "html502", "2", "1200"])
    async def test_nothing_is_sent_twice_and_nothing_is_lost(self, running, fb, ann, fault):
        fb.faults.next("messages", fault)
        sent = await running.answers(ann, "once")
        await running.becomes(sent, Delivery.DELIVERED)
        await fb.settle()
        assert ann.texts == ["once"]
        assert [m.id for m in await running.said(ann, Direction.OUT)] == [sent.id]

    async def test_a_cut_before_anything_was_heard(self, running, fb, ann):
        fb.faults.next("messages", "drop_before")
        sent = await running.answers(ann, "once")
        await running.becomes(sent, Delivery.DELIVERED)
        assert ann.texts == ["once"]

    async def test_a_dead_token_is_asked_about_once_a_minute(self, running, fb, ann):
        fb.token_of().expires_at = 1
        channel = running.channels[FB]
        for _ in range(5):
            assert isinstance(await channel.send(running.outgoing(ann)), ChannelDown)
        assert len(fb.calls_of("messages", ok=False)) == 1
        assert channel.health.health is Health.DOWN
        fb.token_of().expires_at = 0
        running.clock.passes(61)
        assert isinstance(await channel.send(running.outgoing(ann)), Sent)
        assert channel.health.health is Health.UP

    async def test_a_limit_of_all_is_kept_by_all(self, running, fb, ann):
        channel = running.channels[FB]
        fb.faults.next("messages", "80006", regain=7)
        first = await channel.send(running.outgoing(ann))
        assert isinstance(first, TryLater)
        assert first.after == timedelta(minutes=7)
        second = await channel.send(running.outgoing(ann))
        assert isinstance(second, TryLater)
        assert len(fb.calls_of("messages")) == 1
        running.clock.passes(7 * 60)
        assert isinstance(await channel.send(running.outgoing(ann)), Sent)

    async def test_later_is_not_for_ever(self, running, fb, ann):
        channel = running.channels[FB]
        fb.faults.next("messages", "2", times=6)
        found = [await channel.send(running.outgoing(ann, attempt=n + 1)) for n in range(6)]
        assert [type(one) for one in found] == [TryLater] * 5 + [Refused]
        assert [one.after.total_seconds() for one in found[:5]] == [2, 10, 60, 300, 900]

    async def test_who_is_bothered_is_left_alone(self, running, fb, ann):
        fb.faults.next("messages", "613/2018338")
        sent = await running.answers(ann, "Buy!")
        await running.becomes(sent, Delivery.FAILED)
        assert any("настойчиво" in note for note in await running.notes(ann))

    async def test_an_outage_is_told_and_over(self, running, fb, ann):
        channel = running.channels[FB]
        fb.down = True
        for _ in range(5):
            assert isinstance(await channel.send(running.outgoing(ann)), TryLater)
        assert "не отвечает" in channel.health.reason
        fb.down = False
        assert isinstance(await channel.send(running.outgoing(ann)), Sent)
        assert channel.health.reason == ""

    async def test_slowly_when_much_is_used_up(self, running, fb, ann):
        channel = running.channels[FB]
        fb.world.usage = 85
        await channel.send(running.outgoing(ann))
        before = running.clock.monotonic()
        await channel.send(running.outgoing(ann, "more"))
        assert running.clock.monotonic() - before >= 1.0

    async def test_it_stops_in_the_middle_of_a_call(self, running, fb, ann):
        gate = fb.faults.hold("messages", before=False)
        sent = await running.answers(ann, "once")
        await gate.reached()
        stopping = asyncio.create_task(running.stop())
        await asyncio.sleep(0.05)
        gate.release()
        await stopping
        assert (await running.message(sent.id)).delivery in (Delivery.SENT, Delivery.DELIVERED)


class TestSeveral:
    async def test_two_pages_of_one_app_share_its_webhook(self, side, fb):
        cups = fb.add_page("Cups")
        second = ChannelName("cups")
        side.channel()
        side.channel(cups, name=second)
        await side.start()
        assert fb.app.callback.url.endswith("/hooks/fb")
        ann = fb.person("Ann")
        with fb.batch():
            await ann.write("to the teapots")
            await ann.write("to the cups", page=cups)
        await side.received(ann)
        assert await side.texts(ann) == ["to the teapots"]
        await side.received(ann, channel=second, page=cups)
        assert await side.texts(ann, channel=second, page=cups) == ["to the cups"]
        sent = await side.answers(ann, "from the cups", channel=second, page=cups)
        await side.becomes(sent, Delivery.DELIVERED)
        assert {call.token for call in fb.calls_of("messages")} == {cups.token}
        urls = {call.params.get("callback_url") for call in fb.calls_of("subscriptions")} - {None}
        assert urls == {"https://chat.example.ru/hooks/fb"}

    async def test_another_app_cannot_speak_for_a_page(self, side, fb):
        side.channel()
        side.channel(fb.add_page("Cups"), name="cups", app_secret="another secret", app_id=None)
        await side.start()
        body = webhook_body(
            fb.page.id,
            {"sender": {"id": "5"}, "recipient": {"id": fb.page.id}, "message": {"mid": "m_f", "text": "forged"}},
        )
        signed = {"X-Hub-Signature-256": "sha256=" + hmac_sha256_hex("another secret", body)}
        assert (await side.post(body, name="cups", **signed))[0] == 200
        assert await side.inbox.find(FB, ExternalId("5")) is None

    async def test_one_that_is_down_disturbs_no_other(self, side, fb):
        cups = fb.add_page("Cups")
        side.channel()
        side.channel(cups, name="cups", page_token="EAA dead")
        await side.start()
        assert side.channels[ChannelName("cups")].health.health is Health.DOWN
        ann = fb.person("Ann")
        await ann.write("Hello")
        await side.received(ann)
        await side.becomes(await side.answers(ann, "Hi"), Delivery.DELIVERED)
