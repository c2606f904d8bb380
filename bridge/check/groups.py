"""One operators' group: is it there, is it of the right kind, may the bot do its work in it?"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from aiogram.methods import SendChatAction, TelegramMethod

from bridge.check.bots import BotAtWork, failed, webhook_is_set
from bridge.check.report import Section
from bridge.config import Config, GroupSettings
from bridge.telegram.errors import ChatGone, Failure, Migrated, TopicGone

ADMINS: Final = ("creator", "administrator")
# The rights of an administrator that the desk works with, and the sentence of each.
RIGHTS: Final[Mapping[str, str]] = {
    "can_pin_messages": "check-right-pin",
    "can_delete_messages": "check-right-delete",
    "can_manage_topics": "check-right-topics",
}
Answer = dict[str, Any]


# Answers are read as they come: a server older than aiogram leaves out fields that its models insist on.
class _Chat(TelegramMethod[Answer]):
    __returning__: ClassVar[Any] = Answer
    __api_method__: ClassVar[str] = "getChat"
    chat_id: int


class _Member(TelegramMethod[Answer]):
    __returning__: ClassVar[Any] = Answer
    __api_method__: ClassVar[str] = "getChatMember"
    chat_id: int
    user_id: int


class _Updates(TelegramMethod[list[Answer]]):
    """Without an offset, which would confirm them."""

    __returning__: ClassVar[Any] = list[Answer]
    __api_method__: ClassVar[str] = "getUpdates"
    timeout: int = 0


async def check_group(section: Section, desk: BotAtWork, group: GroupSettings, config: Config) -> None:
    """1. The chat; 2. its kind; 3. the layout that follows; 4. the bot's rank and rights; 5. reactions."""
    assert group.chat_id is not None  # where there is a desk
    chat = await desk.ask(_Chat(chat_id=group.chat_id))
    if isinstance(chat, Failure):
        await _explain(section, desk, group.chat_id, chat)
        return
    section.good("check-chat", title=str(chat.get("title", "")))
    if chat.get("type") == "group":
        await _check_basic_group(section, desk, group.chat_id)
    elif chat.get("type") != "supergroup":
        section.bad("check-not-a-group")
        return
    forum = bool(chat.get("is_forum"))
    topics = _topics_wanted(group, chat)
    _check_layout(section, group, forum)
    if group.feed_topic is not None and forum:
        await _check_feed_topic(section, desk, group.chat_id, group.feed_topic)
    await _check_rank(section, desk, group.chat_id, topics)
    if "available_reactions" in chat:
        section.warn("check-reactions")


async def check_helper_in_group(section: Section, helper: BotAtWork, group: GroupSettings) -> None:
    """A helper must be an administrator of a supergroup; with topics, one that may manage them."""
    assert group.chat_id is not None  # where there is a desk
    member = await helper.ask(_Member(chat_id=group.chat_id, user_id=helper.id))
    if isinstance(member, ChatGone) or (isinstance(member, dict) and not _present(member)):
        section.bad("check-helper-absent", group=group.title)
        return
    if isinstance(member, Failure):
        failed(section, helper, member)
        return
    chat = await helper.ask(_Chat(chat_id=group.chat_id))
    if isinstance(chat, Failure):
        failed(section, helper, chat)
    elif chat.get("type") == "group":
        section.bad("check-helper-basic", group=group.title)
    elif member.get("status") not in ADMINS:
        section.bad("check-helper-member", group=group.title)
    elif _topics_wanted(group, chat) and member.get("status") != "creator" and not member.get("can_manage_topics"):
        section.bad("check-helper-topics", group=group.title)
    else:
        section.good("check-helper-admin", group=group.title)


def _topics_wanted(group: GroupSettings, chat: Answer) -> bool:
    return bool(chat.get("is_forum")) and group.layout != "replies"


def _present(member: Answer) -> bool:
    if member.get("status") == "restricted":
        return bool(member.get("is_member"))
    return member.get("status") in (*ADMINS, "member")


async def _explain(section: Section, desk: BotAtWork, chat_id: int, failure: Failure) -> None:
    """Why the chat cannot be had, with the right number where it can be found."""
    if isinstance(failure, Migrated):
        section.bad("check-migrated", chat_id=str(failure.chat_id))
        return
    if not isinstance(failure, ChatGone):
        failed(section, desk, failure)
        return
    digits = str(abs(chat_id))
    for likely in (int(f"-100{digits}"), -abs(chat_id)):
        if likely == chat_id:
            continue
        chat = await desk.ask(_Chat(chat_id=likely))
        if isinstance(chat, dict):
            section.bad("check-chat-id", title=str(chat.get("title", "")), chat_id=str(likely))
            return
    if any(words in failure.reason.lower() for words in ("kicked", "not a member")):
        section.bad("check-not-in-chat")
        return
    section.bad("check-no-chat", chat_id=str(chat_id))
    for seen, title in (await seen_chats(desk)).items():
        section.note("check-seen-chat", chat_id=str(seen), title=title)


async def seen_chats(desk: BotAtWork) -> dict[int, str]:
    """The groups in the updates that wait for the bot: one that was just added to a group has seen it."""
    if desk.webhook or await webhook_is_set(desk):
        return {}
    updates = await desk.ask(_Updates())
    seen: dict[int, str] = {}
    for update in updates if isinstance(updates, list) else []:
        for event in update.values():
            chat = event.get("chat") if isinstance(event, dict) else None
            if isinstance(chat, dict) and chat.get("type") in ("group", "supergroup"):
                seen[int(chat["id"])] = str(chat.get("title", ""))
    return seen


async def _check_basic_group(section: Section, desk: BotAtWork, chat_id: int) -> None:
    """A basic group; one that has become a supergroup tells its new number only to who writes to it."""
    wrote = await desk.ask(SendChatAction(chat_id=chat_id, action="typing"))
    if isinstance(wrote, Migrated):
        section.bad("check-migrated", chat_id=str(wrote.chat_id))
    else:
        section.bad("check-basic-group")


def _check_layout(section: Section, group: GroupSettings, forum: bool) -> None:
    if group.layout == "topics" and not forum:
        section.bad("check-no-topics")
    elif group.feed_topic is not None and not forum:
        section.bad("check-feed-topic-no-topics")
    elif group.layout == "replies" and forum:
        section.note("check-layout-replies-in-forum")
    else:
        section.good("check-layout-topics" if forum else "check-layout-replies")


async def _check_feed_topic(section: Section, desk: BotAtWork, chat_id: int, topic: int) -> None:
    action = SendChatAction(chat_id=chat_id, message_thread_id=topic, action="typing")
    answer = await desk.ask(action)
    if isinstance(answer, TopicGone):
        section.bad("check-no-feed-topic", topic=str(topic))
    elif isinstance(answer, Failure):
        failed(section, desk, answer)
    else:
        section.good("check-feed-topic", topic=str(topic))


async def _check_rank(section: Section, desk: BotAtWork, chat_id: int, topics: bool) -> None:
    """An administrator sees every message and every reaction, whatever its privacy mode."""
    member = await desk.ask(_Member(chat_id=chat_id, user_id=desk.id))
    if isinstance(member, Failure):
        failed(section, desk, member)
        return
    if not _present(member):
        section.bad("check-not-in-chat")
        return
    if member.get("status") not in ADMINS:
        me = await desk.client.me()
        if not isinstance(me, Failure) and me.can_read_all_group_messages:
            section.bad("check-not-admin")
        else:
            section.bad("check-not-admin-private")
        return
    section.good("check-admin")
    wanted = [right for right in RIGHTS if topics or right != "can_manage_topics"]
    owner = member.get("status") == "creator"
    missing = [section.say(RIGHTS[right]) for right in wanted if not (owner or member.get(right))]
    if missing:
        section.bad("check-rights-missing", rights=", ".join(missing))
    else:
        section.good("check-rights")
