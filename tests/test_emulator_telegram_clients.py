"""Two clients that were not tuned to the emulator agree that it speaks the Bot API: PTB and aiogram."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import telegram
from aiogram import Bot as AiogramBot
from aiogram import Dispatcher, types
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, RetryAfter
from telegram.ext import Application, CallbackQueryHandler, MessageHandler, MessageReactionHandler, filters

from tests.emulators.telegram import PNG, Attachment, Bot, Group, Human, TelegramEmulator


class Office:
    def __init__(self, emulator: TelegramEmulator) -> None:
        self.emulator = emulator
        self.bot: Bot = emulator.add_bot()
        self.olga: Human = emulator.person("Ольга", username="olga_op", avatar=True)
        self.forum: Group = emulator.group("Продажи", forum=True).add(self.olga).add(self.bot, admin=True)

    @property
    def ptb_urls(self) -> dict[str, str]:
        return {"base_url": f"{self.emulator.url}/bot", "base_file_url": f"{self.emulator.url}/file/bot"}


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with TelegramEmulator() as emulator:
        yield Office(emulator)


@pytest.fixture
async def ptb(office: Office, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[telegram.Bot]:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # else PTB warns that durations will become timedeltas
    async with telegram.Bot(office.bot.token, **office.ptb_urls) as bot:
        yield bot


@pytest.fixture
async def aio(office: Office) -> AsyncIterator[AiogramBot]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(office.emulator.url))
    async with AiogramBot(office.bot.token, session=session) as bot:
        yield bot


# -- python-telegram-bot


async def test_ptb_works_with_cards_and_topics(office: Office, ptb: telegram.Bot):
    chat = office.forum.id
    me = await ptb.get_me()
    assert (me.id, me.username, me.can_join_groups) == (9001, "desk_bot", True)
    topic = await ptb.create_forum_topic(chat, "Гость №17", icon_color=7322096)
    keyboard = telegram.InlineKeyboardMarkup([[telegram.InlineKeyboardButton("Принять", callback_data="a:17")]])
    card = await ptb.send_message(
        chat,
        "<b>Гость</b> спрашивает &lt;цену&gt;",
        parse_mode="HTML",
        message_thread_id=topic.message_thread_id,
        reply_markup=keyboard,
        link_preview_options=telegram.LinkPreviewOptions(is_disabled=True),
    )
    assert card.text_html == "<b>Гость</b> спрашивает &lt;цену&gt;"
    assert card.is_topic_message
    assert card.reply_to_message.forum_topic_created.name == "Гость №17"
    edited = await card.edit_text("Взято")
    assert edited.reply_markup is None
    with pytest.raises(BadRequest, match="Message is not modified"):
        await card.edit_text("Взято")
    answer = await ptb.send_message(
        chat, "ответ", reply_parameters=telegram.ReplyParameters(card.message_id, quote="Взято")
    )
    assert answer.quote.text == "Взято"
    await ptb.set_message_reaction(chat, card.message_id, "👌")
    await ptb.pin_chat_message(chat, card.message_id)
    assert (await ptb.get_chat(chat)).pinned_message.message_id == card.message_id
    await ptb.edit_forum_topic(chat, topic.message_thread_id, name="Анна")
    await ptb.close_forum_topic(chat, topic.message_thread_id)
    await ptb.reopen_forum_topic(chat, topic.message_thread_id)
    await ptb.delete_message(chat, answer.message_id)
    await ptb.delete_messages(chat, [card.message_id])
    await ptb.delete_forum_topic(chat, topic.message_thread_id)
    assert len(await ptb.get_forum_topic_icon_stickers()) > 0
    assert office.forum.topics() == []


async def test_ptb_reads_members_and_settings(office: Office, ptb: telegram.Bot):
    chat = office.forum.id
    office.forum.add(office.emulator.person("Иван"))
    info = await ptb.get_chat(chat)
    assert (info.is_forum, info.type, info.permissions.can_send_messages) == (True, "supergroup", True)
    member = await ptb.get_chat_member(chat, ptb.id)
    assert (member.status, member.can_manage_topics) == ("administrator", True)
    assert (await ptb.get_chat_member(chat, office.olga.id)).status == "member"
    assert [m.status for m in await ptb.get_chat_administrators(chat)] == ["creator", "administrator"]
    assert await ptb.get_chat_member_count(chat) == 4
    assert await ptb.set_my_commands([("help", "Помощь")], language_code="ru")
    assert (await ptb.get_my_commands(language_code="ru"))[0].command == "help"
    photos = await ptb.get_user_profile_photos(office.olga.id)
    assert await (await photos.photos[0][-1].get_file()).download_as_bytearray() == PNG
    await ptb.set_chat_title(chat, "Новые продажи")
    await ptb.set_chat_description(chat, "о группе")
    await ptb.send_chat_action(chat, "typing")
    assert await ptb.set_webhook("https://chat.example.ru/hook", secret_token="s", allowed_updates=["message"])
    hook = await ptb.get_webhook_info()
    assert (hook.url, hook.allowed_updates) == ("https://chat.example.ru/hook", ("message",))
    await ptb.delete_webhook()


async def test_ptb_sends_and_fetches_files(office: Office, ptb: telegram.Bot):
    chat = office.forum.id
    photo = await ptb.send_photo(chat, PNG, caption="чек")
    assert (photo.caption, photo.photo[-1].width) == ("чек", 1)
    document = await ptb.send_document(chat, io.BytesIO(b"%PDF"), filename="счёт.pdf")
    assert document.document.file_name == "счёт.pdf"
    again = await ptb.send_document(chat, document.document.file_id)
    file = await again.document.get_file()
    assert bytes(await file.download_as_bytearray()) == b"%PDF"
    assert (await ptb.send_voice(chat, b"OggS")).voice.mime_type == "audio/ogg"
    assert (await ptb.send_video(chat, b"film", filename="a.mp4")).video.width
    assert (await ptb.send_video_note(chat, b"film")).video_note.length == 240
    assert (await ptb.send_animation(chat, b"gif")).document
    assert (await ptb.send_audio(chat, b"ID3", title="Песня")).audio.title == "Песня"
    assert (await ptb.send_sticker(chat, b"RIFFxxxxWEBP")).sticker.type == "regular"
    assert (await ptb.send_location(chat, 55.7, 37.6)).location.latitude == 55.7
    assert (await ptb.send_venue(chat, 55.7, 37.6, "Склад", "ул. 1")).venue.title == "Склад"
    assert (await ptb.send_contact(chat, "+7900", "Анна")).contact.first_name == "Анна"
    assert (await ptb.send_poll(chat, "Да?", ["да", "нет"])).poll.options[1].text == "нет"
    assert 1 <= (await ptb.send_dice(chat)).dice.value <= 6
    album = await ptb.send_media_group(
        chat, [telegram.InputMediaPhoto(PNG), telegram.InputMediaVideo(b"film")], caption="два"
    )
    assert album[0].media_group_id == album[1].media_group_id
    assert album[0].caption == "два"
    copied = await ptb.copy_message(chat, chat, photo.message_id)
    assert office.forum.message(copied.message_id).text == "чек"
    forwarded = await ptb.forward_message(chat, chat, photo.message_id)
    assert forwarded.forward_origin.sender_user.id == ptb.id


async def test_ptb_gets_every_kind_of_message_from_people(office: Office, ptb: telegram.Bot):
    await ptb.get_updates()
    await office.olga.says(office.forum, "привет", entities=[{"type": "bold", "offset": 0, "length": 6}])
    for kind in ("photo", "video", "document", "voice", "video_note", "audio", "animation", "sticker"):
        await office.olga.says(office.forum, **{kind: True})
    await office.olga.says(office.forum, location=(55.7, 37.6))
    await office.olga.says(office.forum, contact=office.olga)
    await office.olga.says(office.forum, poll=("Да?", ["да", "нет"]))
    await office.olga.says(office.forum, dice=6)
    await office.olga.says(office.forum, "переслано", forward_from="Скрытый")
    updates = [u for u in await ptb.get_updates() if u.message and u.message.from_user.id == office.olga.id]
    kinds = [telegram.helpers.effective_message_type(u.message) for u in updates]
    expected = "text photo video document voice video_note audio animation sticker location contact poll dice text"
    assert kinds == expected.split()
    assert updates[-1].message.forward_origin.sender_user_name == "Скрытый"


async def test_ptb_names_the_errors(office: Office, ptb: telegram.Bot):
    chat = office.forum.id
    basic = office.emulator.group("Старая", kind="group").add(office.bot, admin=True)
    grown = basic.upgrade()
    with pytest.raises(ChatMigrated) as migrated:
        await ptb.send_message(basic.id, "a")
    assert migrated.value.new_chat_id == grown.id
    office.emulator.fail_next("sendMessage", error=429, retry_after=5)
    with pytest.raises(RetryAfter) as again:
        await ptb.send_message(chat, "a")
    assert again.value.retry_after == timedelta(seconds=5)
    office.forum.kick(office.bot)
    with pytest.raises(Forbidden, match="kicked"):
        await ptb.get_chat(chat)
    with pytest.raises(InvalidToken):
        async with telegram.Bot("9001:WRONG", **office.ptb_urls):
            pass


async def test_a_ptb_application_polls_messages_presses_and_reactions(office: Office):
    heard: list[Any] = []

    async def on_message(update: telegram.Update, _: Any) -> None:
        heard.append(update.message.text)
        await update.message.reply_text(f"вы сказали: {update.message.text}")

    async def on_press(update: telegram.Update, _: Any) -> None:
        await update.callback_query.answer("готово", show_alert=True)
        await update.callback_query.edit_message_text(f"нажал {update.effective_user.first_name}")

    async def on_reaction(update: telegram.Update, _: Any) -> None:
        heard.append(update.message_reaction.new_reaction[0].emoji)

    builder = Application.builder().token(office.bot.token)
    application = (
        builder.base_url(office.ptb_urls["base_url"]).base_file_url(office.ptb_urls["base_file_url"]).build()
    )
    application.add_handler(MessageHandler(filters.TEXT, on_message))
    application.add_handler(CallbackQueryHandler(on_press))
    application.add_handler(MessageReactionHandler(on_reaction))
    async with application:
        await application.start()
        await application.updater.start_polling(timeout=5, allowed_updates=telegram.Update.ALL_TYPES)
        petr = office.emulator.person("Пётр")
        await petr.starts(office.bot, "promo")
        said = await office.olga.says(office.forum, "раз")
        await office.emulator.wait_until(lambda: office.forum.find("вы сказали: раз"))
        await office.emulator.wait_until(lambda: petr.hears(office.bot) == ["вы сказали: /start promo"])
        await office.olga.reacts(said, "👍")
        button = telegram.InlineKeyboardButton("Принять", callback_data="a:17")
        await application.bot.send_message(
            office.forum.id, "карточка", reply_markup=telegram.InlineKeyboardMarkup([[button]])
        )
        answer = await office.olga.presses(office.forum.last(), "Принять")
        assert (answer.text, answer.show_alert) == ("готово", True)
        await office.emulator.wait_until(lambda: office.forum.find("нажал Ольга"))
        await office.emulator.wait_until(lambda: "👍" in heard)
        office.bot.queue.interrupt("")  # ends the long poll that hangs
        await application.updater.stop()
        await application.stop()
    assert heard == ["/start promo", "раз", "👍"]
    assert office.emulator.unanswered == []


async def test_two_ptb_readers_conflict(office: Office, ptb: telegram.Bot):
    await ptb.get_updates(offset=999_999_999)
    async with telegram.Bot(office.bot.token, **office.ptb_urls) as rival:
        first = asyncio.create_task(ptb.get_updates(timeout=20))
        await office.emulator.wait_until(lambda: office.bot.queue.polled)
        second = asyncio.create_task(rival.get_updates(timeout=20))
        with pytest.raises(Conflict):
            await first
        await office.olga.says(office.forum, "а")
        assert (await second)[0].message.text == "а"


# -- aiogram


async def test_aiogram_works_with_cards_topics_and_hints(office: Office, aio: AiogramBot):
    chat = office.forum.id
    topic = await aio.create_forum_topic(chat, "Гость №17")
    card = await aio.send_message(
        chat,
        "card",
        message_thread_id=topic.message_thread_id,
        reply_markup=types.InlineKeyboardMarkup(
            inline_keyboard=[[types.InlineKeyboardButton(text="Принять", callback_data="a:17", style="success")]]
        ),
    )
    assert card.reply_markup.inline_keyboard[0][0].style == "success"
    assert card.reply_to_message.forum_topic_created.name == "Гость №17"
    member = await aio.get_chat_member(chat, aio.id)
    assert (member.status, member.can_send_welcome_messages) == ("administrator", False)
    assert (await aio.get_chat(chat)).is_forum
    hint = await aio.send_message(
        chat, "hint", ephemeral_message_parameters=types.EphemeralMessageParameters(receiver_user_id=office.olga.id)
    )
    assert (hint.message_id, hint.receiver_user.id) == (0, office.olga.id)
    assert await aio.delete_ephemeral_message(chat, office.olga.id, hint.ephemeral_message_id)
    await aio.set_message_reaction(chat, card.message_id, reaction=[types.ReactionTypeEmoji(emoji="👌")])
    await aio.set_message_reaction(chat, card.message_id, reaction=[])
    moment = types.MessageEntity(type="date_time", offset=0, length=5, unix_time=1788000000, date_time_format="r")
    waits = await aio.send_message(chat, "ждёт 7 минут", entities=[moment])
    assert waits.entities[0].unix_time == 1788000000
    assert len((await aio.get_user_profile_photos(office.olga.id)).photos) == 1


async def test_aiogram_reads_every_update(office: Office, aio: AiogramBot):
    kinds = ["message", "edited_message", "callback_query", "message_reaction", "my_chat_member", "chat_member"]
    await aio.get_updates(allowed_updates=kinds)
    said = await office.olga.says(office.forum, "а")
    await office.olga.edits(said, "б")
    await office.olga.reacts(said, "👍")
    await office.olga.album(office.forum, [True, ("video", True)], caption="два")
    await office.olga.says(office.forum, sticker=Attachment(emoji="🙂"))
    await office.olga.says(office.forum, "пересылаю", forward_from=office.olga)
    office.forum.add(office.emulator.person("Иван"), admin=True)
    basic = office.emulator.group("Старая", kind="group").add(office.bot)
    basic.turn_topics(True)
    petr = office.emulator.person("Пётр")
    await petr.starts(office.bot)
    await petr.blocks(office.bot)
    updates = [u for u in await aio.get_updates() if u.event_type != "my_chat_member"]
    assert {u.event_type for u in updates} == {"message", "edited_message", "message_reaction", "chat_member"}
    album = [u.message for u in updates if u.message and u.message.media_group_id]
    assert [m.content_type for m in album] == ["photo", "video"]
    migrated = [u.message.migrate_to_chat_id for u in updates if u.message and u.message.migrate_to_chat_id]
    assert migrated == [basic.chat.migrated_to.id]


async def test_aiogram_names_the_errors(office: Office, aio: AiogramBot):
    chat, emulator = office.forum.id, office.emulator
    cases: list[tuple[Any, type[Exception]]] = [
        ({"error": 500}, TelegramServerError),
        ({"error": "html502"}, ClientDecodeError),
        ({"error": "garbage"}, ClientDecodeError),
        ({"error": "drop_before"}, TelegramNetworkError),
        ({"error": "drop_after"}, TelegramNetworkError),
        ({"error": (403, "Forbidden: bot was blocked by the user")}, TelegramForbiddenError),
        ({"error": (400, "Bad Request: migrated"), "migrate_to": -1001}, TelegramMigrateToChat),
        ({"error": 409}, TelegramConflictError),
        ({"error": 401}, TelegramUnauthorizedError),
        ({"error": 429, "retry_after": 9}, TelegramRetryAfter),
    ]
    for fault, expected in cases:
        emulator.fail_next("sendMessage", **fault)
        with pytest.raises(expected) as caught:
            await aio.send_message(chat, "a")
    assert caught.value.retry_after == 9
    assert office.forum.texts() == ["a"]  # that of drop_after
    with pytest.raises(TelegramRetryAfter):
        await aio.send_message(chat, "слишком рано")
    with pytest.raises(TelegramBadRequest, match="message to delete not found"):
        await aio.delete_message(chat, 999)


async def test_an_aiogram_dispatcher_polls(office: Office, aio: AiogramBot):
    dispatcher = Dispatcher()

    @dispatcher.message()
    async def on_message(message: types.Message) -> None:
        await message.reply("слышу")

    @dispatcher.callback_query()
    async def on_press(query: types.CallbackQuery) -> None:
        await query.answer("взято")

    polling = asyncio.create_task(
        dispatcher.start_polling(aio, handle_signals=False, close_bot_session=False, polling_timeout=5)
    )
    await office.olga.says(office.forum, "есть кто?")
    await office.emulator.wait_until(lambda: office.forum.find("слышу"))
    button = types.InlineKeyboardButton(text="Принять", callback_data="a:17")
    await aio.send_message(
        office.forum.id, "card", reply_markup=types.InlineKeyboardMarkup(inline_keyboard=[[button]])
    )
    assert (await office.olga.presses(office.forum.last(), "a:17")).text == "взято"
    stopping = asyncio.create_task(dispatcher.stop_polling())
    await asyncio.sleep(0)
    office.bot.queue.interrupt("")
    await stopping
    await polling
    assert office.emulator.unanswered == []


async def test_a_broken_update_breaks_aiograms_whole_batch(office: Office, aio: AiogramBot):
    await office.olga.says(office.forum, "а")
    office.bot.push_raw_update({"message": {"message_id": "not a number"}})
    with pytest.raises(ClientDecodeError):
        await aio.get_updates()
    office.emulator.version = (10, 0)
    office.bot.queue.drop_all()
    with pytest.raises(ClientDecodeError):
        await aio.get_chat_member(office.forum.id, aio.id)
