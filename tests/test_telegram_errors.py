"""Every sentence with which Telegram refuses a call means one thing to us; what fails unknown is tried again."""

import asyncio
import json
from typing import get_args

import aiohttp
import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.exceptions import ClientDecodeError, TelegramNetworkError
from aiogram.methods import GetMe, SendMessage

from bridge.telegram import errors
from bridge.telegram.client import _done
from bridge.telegram.errors import classify

R = errors.Rejected
SENTENCES = [
    (400, "chat_id is empty", R),
    (400, 'parameter "user_id" is required', R),
    (400, "chat not found", errors.ChatGone),
    (403, "the group chat was deleted", errors.ChatGone),
    (403, "bot was kicked from the group chat", errors.ChatGone),
    (403, "bot was kicked from the supergroup chat", errors.ChatGone),
    (403, "bot was kicked from the channel chat", errors.ChatGone),
    (403, "bot is not a member of the group chat", errors.ChatGone),
    (403, "bot is not a member of the supergroup chat", errors.ChatGone),
    (403, "bot is not a member of the channel chat", errors.ChatGone),
    (403, "something new", errors.ChatGone),
    (400, "PEER_ID_INVALID", errors.ChatGone),
    (403, "bot was blocked by the user", errors.Blocked),
    (403, "user is deactivated", errors.Blocked),
    (403, "bot can't initiate conversation with a user", errors.Blocked),
    (403, "bot can't send messages to bots", errors.Blocked),
    (403, "the bot can't send messages to the bot", errors.Blocked),
    (400, "USER_IS_BLOCKED", errors.Blocked),
    (400, "have no rights to send a message", errors.NoRights),
    (400, "not enough rights to send text messages to the chat", errors.NoRights),
    (400, "not enough rights to send video notes to the chat", errors.NoRights),
    (400, "have no write access to the chat", errors.NoRights),
    (400, "CHAT_WRITE_FORBIDDEN", errors.NoRights),
    (400, "CHAT_SEND_PLAIN_FORBIDDEN", errors.NoRights),
    (400, "CHAT_RESTRICTED", errors.NoRights),
    (400, "CHAT_ADMIN_REQUIRED", errors.NoRights),
    (400, "message text is empty", errors.Empty),
    (400, "text must be non-empty", errors.Empty),
    (400, "text is too long", errors.TooLong),
    (400, "message is too long", errors.TooLong),
    (400, "MESSAGE_TOO_LONG", errors.TooLong),
    (400, "message caption is too long", errors.TooLong),
    (400, "entities too long", errors.TooLong),
    (400, 'can\'t parse entities: Unsupported start tag "p" at byte offset 4', errors.CantParse),
    (
        400,
        "message is not modified: specified new message content and reply markup are exactly the same as a current"
        " content and reply markup of the message",
        errors.NotModified,
    ),
    *(
        (400, f"message to {what} not found", errors.PostGone)
        for what in ("edit", "delete", "copy", "forward", "pin", "unpin", "react")
    ),
    (400, "MESSAGE_ID_INVALID", errors.PostGone),
    (400, "message to be replied not found", errors.ReplyGone),
    (400, "reply message not found", errors.ReplyGone),
    (400, "message can't be edited", errors.PostGone),
    (400, "there is no text in the message to edit", errors.PostGone),
    (400, "message can't be deleted", R),
    (400, "message can't be deleted for everyone", R),
    (400, "message identifier is not specified", R),
    (400, "message identifiers are not specified", R),
    (400, "too many message identifiers specified", R),
    (400, "invalid message identifier specified", R),
    (400, "message identifiers must be in a strictly increasing order", R),
    (400, "message thread not found", errors.TopicGone),
    (400, "TOPIC_DELETED", errors.TopicGone),
    (400, "TOPIC_ID_INVALID", errors.TopicGone),
    (400, "TOPIC_CLOSED", errors.TopicClosed),
    (400, "TOPIC_NOT_MODIFIED", errors.NotModified),
    (400, "the chat is not a forum", errors.NotForum),
    (400, "not enough rights to create a topic", errors.NoRights),
    (400, "not enough rights to edit the topic", errors.NoRights),
    (400, "not enough rights to close or open the topic", errors.NoRights),
    (400, "not enough rights to delete the topic", errors.NoRights),
    (400, "BUTTON_DATA_INVALID", R),
    (400, "BUTTON_URL_INVALID", R),
    (400, "BUTTON_TYPE_INVALID", R),
    (400, "reply markup is too long", R),
    (400, "query is too old and response timeout expired or query ID is invalid", errors.QueryTooOld),
    (400, "REACTION_INVALID", errors.ReactionInvalid),
    (400, "not enough rights to manage pinned messages in the chat", errors.NoRights),
    (400, "not enough rights to change chat title", errors.NoRights),
    (400, "not enough rights to set chat description", errors.NoRights),
    (400, "chat description is not modified", errors.NotModified),
    (400, "title must be non-empty", R),
    (400, "user not found", errors.NotMember),
    (400, "member not found", errors.NotMember),
    (400, "PARTICIPANT_ID_INVALID", errors.NotMember),
    (400, "member list is inaccessible", errors.NoRights),
    (400, "QUOTE_TEXT_INVALID", errors.QuoteInvalid),
    (400, "wrong file identifier/HTTP URL specified", errors.FileGone),
    (400, "failed to get HTTP URL content", errors.FileGone),
    (400, "wrong type of the web page content", errors.FileGone),
    (400, "PHOTO_INVALID_DIMENSIONS", errors.PhotoInvalid),
    (400, "IMAGE_PROCESS_FAILED", errors.PhotoInvalid),
    (400, "file is too big", errors.TooBig),
    (400, "invalid file_id", errors.FileGone),
    (400, "wrong file_id or the file is temporarily unavailable", errors.FileGone),
    (400, "file_id not specified", errors.FileGone),
    (400, "message has protected content and can't be forwarded", R),
    (400, "business connection not found", R),
    (400, "something that nobody has seen before", R),
    (400, "Logged out", errors.BadToken),
    (500, "sent message was immediately deleted and can't be returned", R),
    (500, "restart", errors.Transient),
    (502, "Bad Gateway", errors.Transient),
    (413, "Request Entity Too Large", errors.TooBig),
    (401, "Unauthorized", errors.BadToken),
    (401, "Unauthorized: invalid token specified", errors.BadToken),
    (404, "Not Found: method not found", errors.NotFoundMethod),
    (404, "Not Found", errors.Transient),
    (421, "Misdirected Request", errors.Transient),
]
SESSION = AiohttpSession()
BOT = Bot("9001:TEST", session=SESSION)
PREFIXES = {400: "Bad Request: ", 403: "Forbidden: ", 500: "Internal Server Error: "}


def answered(status: int, body: object, method: object = None) -> errors.Failure:
    """What the answer of a server means, read by aiogram as it would be."""
    content = body if isinstance(body, str) else json.dumps(body)
    with pytest.raises(Exception) as caught:
        SESSION.check_response(BOT, method or GetMe(), status, content)
    return classify(caught.value)


def refused(code: int, description: str, **parameters: object) -> errors.Failure:
    body = {"ok": False, "error_code": code, "description": description}
    return answered(code, {**body, "parameters": parameters} if parameters else body)


@pytest.mark.parametrize(("code", "sentence", "failure"), SENTENCES, ids=lambda value: str(value)[:40])
def test_a_sentence_means_one_thing_whatever_its_case(code, sentence, failure):
    full = PREFIXES.get(code, "") + sentence
    assert type(refused(code, full)) is failure
    assert type(refused(code, full.upper() if code != 401 else full)) is failure


def test_every_failure_can_be_told_apart():
    said = {failure for _, _, failure in SENTENCES}
    assert set(get_args(errors.Failure)) - said == {errors.RetryAfter, errors.Migrated, errors.Conflict}


def test_a_flood_limit_says_how_long():
    assert refused(429, "Too Many Requests: retry after 7", retry_after=7) == errors.RetryAfter(7)
    assert refused(429, "Too Many Requests: retry after 8") == errors.RetryAfter(8)


def test_a_flood_limit_inside_the_failure_of_an_album():
    sentence = 'Bad Request: failed to send message #2 with the error message "Too Many Requests: retry after 11"'
    assert refused(400, sentence) == errors.RetryAfter(11)


def test_another_failure_inside_that_of_an_album():
    sentence = 'Bad Request: failed to send message #1 with the error message "PHOTO_INVALID_DIMENSIONS"'
    assert refused(400, sentence) == errors.PhotoInvalid()


def test_a_group_that_moved_says_where():
    sentence = "Bad Request: group chat was upgraded to a supergroup chat"
    assert refused(400, sentence, migrate_to_chat_id=-100777) == errors.Migrated(-100777)
    assert type(refused(400, sentence)) is errors.ChatGone


def test_who_else_takes_the_updates():
    other = refused(409, "Conflict: terminated by other getUpdates request; make sure that only one bot runs")
    hook = refused(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first")
    assert isinstance(other, errors.Conflict) and not other.webhook
    assert isinstance(hook, errors.Conflict) and hook.webhook


def test_pages_of_what_stands_before_the_server():
    page = "<html><head><title>{}</title></head><body>nginx</body></html>"
    assert type(answered(502, page.format("502 Bad Gateway"))) is errors.Transient
    assert answered(413, page.format("413 Request Entity Too Large")) == errors.TooBig()
    assert type(answered(200, {"ok": True, "result": {"id": "not a bot"}})) is errors.Transient


@pytest.mark.parametrize(
    "error",
    [
        TelegramNetworkError(GetMe(), "Request timeout error"),
        aiohttp.ServerDisconnectedError(),
        ConnectionResetError(),
        TimeoutError(),
        asyncio.IncompleteReadError(b"", 1),
        RuntimeError("whatever"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_the_network_is_worth_another_try(error):
    assert type(classify(error)) is errors.Transient


TOKEN = "123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc"


@pytest.mark.parametrize(
    "failure",
    [
        classify(TelegramNetworkError(GetMe(), f"InvalidURL: https://api.telegram.org/bot{TOKEN}/getMe")),
        classify(TelegramNetworkError(GetMe(), f"something about bot{TOKEN}")),
        refused(
            400, "Bad Request: inline keyboard button URL 'https://secret.example/x' is invalid: Wrong HTTP URL"
        ),
        refused(400, "Bad Request: can't do this with \"customer's words\""),
        classify(ClientDecodeError("x", ValueError("customer's words"), {"text": "customer's words"})),
    ],
)
def test_details_hold_neither_tokens_nor_words(failure):
    for secret in ("AAEhBOweik6ad9r", "secret.example", "customer's words"):
        assert secret not in repr(failure)


async def test_a_message_that_was_sent_is_not_taken_for_lost_when_the_answer_is_odd():
    # A server of another version: the message is made, but a part of it does not parse.
    body = {
        "ok": True,
        "result": {
            "message_id": 5,
            "date": 1788000000,
            "chat": {"id": 77, "type": "private"},
            "forward_origin": {"type": "something new"},
        },
    }
    method = SendMessage(chat_id=77, text="x")
    with pytest.raises(ClientDecodeError) as caught:
        SESSION.check_response(BOT, method, 200, json.dumps(body))
    done = _done(method, caught.value)
    assert done is not None and (done.message_id, done.chat.id) == (5, 77)
