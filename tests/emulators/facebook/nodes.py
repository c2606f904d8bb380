"""What can be read: the page, a person's profile, a message, conversations (§6)."""

from __future__ import annotations

from typing import Any

from .arguments import Field, fields_of
from .asking import Ask
from .errors import bad, refused, unsupported
from .media import Piece
from .things import Message, Page, Thread

EXTRAS = {"locale": "pages_user_locale", "timezone": "pages_user_timezone", "gender": "pages_user_gender"}
NEWEST = 20  # messages of a conversation that have details
DEFAULT_LIMIT = 25


def unknown(name: str, kind: str) -> Exception:
    return bad(f"Tried accessing nonexisting field ({name}) on node type ({kind})")


def node(ask: Ask) -> dict[str, Any]:
    """GET /{id}: whatever the id is of."""
    if ask.token.kind == "USER" and ask.node == "me":
        return {"name": "Page Admin", "id": "10218800112233"}
    if ask.node in ask.world.pages:
        return page_node(ask)
    if ask.token.kind == "APP":
        app = ask.world.apps.get(ask.node)
        if app is None:
            raise unsupported("get", ask.node)
        return {"link": f"https://example.org/{app.id}", "name": app.name, "id": app.id}
    page = ask.token.page
    if page is None:
        raise unsupported("get", ask.node)
    if ask.node in page.threads:
        return profile(ask, page, page.threads[ask.node])
    message = page.find(ask.node)
    if message is not None:
        ask.charge("conversations")
        ask.scope("pages_messaging")
        return message_json(ask, message, fields_of(ask.values.get("fields")))
    thread = next((t for t in page.threads.values() if t.id == ask.node), None)
    if thread is None:
        raise unsupported("get", ask.node)
    ask.charge("conversations")
    ask.scope("pages_messaging")
    return conversation_json(ask, thread, fields_of(ask.values.get("fields")))


def page_node(ask: Ask) -> dict[str, Any]:
    page = ask.page if ask.token.kind == "PAGE" else ask.world.pages[ask.node]
    wanted = list(fields_of(ask.values.get("fields"))) or ["name", "id"]
    known: dict[str, Any] = {
        "id": page.id,
        "name": page.name,
        "username": page.username,
        "link": f"https://www.facebook.com/{page.username or page.id}",
        "category": page.category,
        "tasks": page.tasks,
        "is_published": True,
        "messaging_feature_status": page.features,
        "access_token": page.token,
    }
    for name in wanted:
        if name not in known:
            raise unknown(name, "Page")
    return {name: known[name] for name in dict.fromkeys([*wanted, "id"]) if known[name] != ""}


def profile(ask: Ask, page: Page, thread: Thread) -> dict[str, Any]:
    """Only people who messaged the page; some have no profile for us."""
    ask.scope("pages_messaging")
    person = thread.person
    if person.profile_error is not None:
        bare = ask.world.profile_bare and person.profile_error.subcode == 2018218
        raise refused("2018218" if bare else person.profile_error.key)
    wanted = list(fields_of(ask.values.get("fields"))) or ["first_name", "last_name", "profile_pic"]
    known: dict[str, Any] = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "name": person.name,
        "profile_pic": ask.world.cdn.link(person.photo) if person.photo else None,
        "locale": person.locale,
        "timezone": person.timezone,
        "gender": person.gender,
        "id": thread.psid,
    }
    found: dict[str, Any] = {}
    for name in [*wanted, "id"]:
        if name not in known:
            raise unknown(name, "User")
        if name in EXTRAS and EXTRAS[name] not in ask.token.scopes:
            if ask.world.profile_extras == "refuse":
                raise refused("230", f"(#230) Requires {EXTRAS[name]} permission to manage the object.")
            continue
        if known[name] not in (None, ""):
            found[name] = known[name]
    return found


# -- conversations


def conversations(ask: Ask) -> dict[str, Any]:
    """GET /{page}/conversations: the newest first."""
    page = ask.page
    ask.scope("pages_messaging")
    ask.charge("conversations")
    ask.only("platform", "user_id", "fields", "limit", "after", "before", "folder")
    if ask.values.get("platform", "messenger") not in ("messenger", "MESSENGER"):
        raise bad("emulator: only platform=messenger")
    threads = [t for t in page.threads.values() if t.messages]
    if "user_id" in ask.values:
        threads = [t for t in threads if t.psid == str(ask.values["user_id"])]
    threads.sort(key=lambda thread: thread.messages[-1].at, reverse=True)
    fields = fields_of(ask.values.get("fields"))
    return paged(ask, [conversation_json(ask, thread, fields) for thread in threads])


def thread_messages(ask: Ask) -> dict[str, Any]:
    """GET /{t_…}/messages."""
    page = ask.token.page
    thread = next((t for t in page.threads.values() if t.id == ask.node), None) if page else None
    if thread is None:
        raise unsupported("get", ask.node)
    ask.scope("pages_messaging")
    ask.charge("conversations")
    ask.only("fields", "limit", "after", "before")
    return paged(ask, _messages(ask, thread, fields_of(ask.values.get("fields"))))


def paged(ask: Ask, rows: list[Any], limit: int | None = None) -> dict[str, Any]:
    """`after` is a cursor; `paging.next` is there while there is more."""
    after = ask.values.get("after") if limit is None else None
    start = _number(str(after).removeprefix("c")) if after else 0
    count = _number(ask.values.get("limit", DEFAULT_LIMIT)) if limit is None else limit
    shown = rows[start : start + count]
    paging: dict[str, Any] = {"cursors": {"before": f"c{start}", "after": f"c{start + len(shown)}"}}
    if start + count < len(rows):
        query = "&".join(f"{k}={v}" for k, v in ask.values.items() if k != "after")
        paging["next"] = f"{ask.world.cdn.base}{ask.call.path}?{query}&after=c{start + len(shown)}"
    return {"data": shown, "paging": paging} if shown else {"data": []}


def _number(text: Any) -> int:
    if not str(text).isdecimal():
        raise bad("Param limit or after is not a number that was given")
    return int(text)


def conversation_json(ask: Ask, thread: Thread, fields: dict[str, Field]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    wanted = fields or {"link": Field("link"), "updated_time": Field("updated_time")}
    for name, one in wanted.items():
        if name == "messages":
            shown[name] = paged(ask, _messages(ask, thread, one.inside), one.limit or DEFAULT_LIMIT)
        elif name in ("participants", "senders"):
            shown[name] = {"data": [_person(thread), _page(thread.page)]}
        elif name == "updated_time":
            shown[name] = ask.world.time.text(thread.messages[-1].at) if thread.messages else ""
        elif name == "link":
            shown[name] = f"/{thread.page.id}/inbox/{thread.id.removeprefix('t_')}/"
        elif name == "message_count":
            shown[name] = len(thread.messages)
        elif name != "id":
            raise unknown(name, "UnifiedThread")
    return {**shown, "id": thread.id}


def _messages(ask: Ask, thread: Thread, fields: dict[str, Field]) -> list[dict[str, Any]]:
    """The newest first; only the newest twenty have details."""
    newest = [message for message in reversed(thread.messages) if not message.deleted]
    bare = {"created_time": Field("created_time")}
    return [
        message_json(ask, message, (fields or bare) if number < NEWEST else bare)
        for number, message in enumerate(newest)
    ]


def message_json(ask: Ask, message: Message, fields: dict[str, Field]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    sides = [_page(message.thread.page), _person(message.thread)]
    author, reader = sides if message.from_page else sides[::-1]
    for name in fields or ["created_time"]:
        if name == "created_time":
            shown[name] = ask.world.time.text(message.at)
        elif name == "from":
            shown[name] = author
        elif name == "to":
            shown[name] = {"data": [reader]}
        elif name == "message":
            shown[name] = message.text
        elif name == "attachments":
            files = [_attachment(ask, piece) for piece in message.pieces if piece.file and piece.type != "sticker"]
            if files:
                shown[name] = {"data": files}
        elif name == "sticker":
            stickers = [ask.world.cdn.link(p.file) for p in message.pieces if p.file and p.type == "sticker"]
            if stickers:
                shown[name] = stickers[0]
        elif name == "tags":
            shown[name] = {"data": [{"name": "inbox"}, {"name": "source:chat"}]}
        elif name not in ("id", "shares", "reply_to", "reactions"):
            raise unknown(name, "UnifiedMessage")
    return {**shown, "id": message.mid}


def _attachment(ask: Ask, piece: Piece) -> dict[str, Any]:
    file = piece.file
    assert file is not None
    url = ask.world.cdn.link(file)
    shown: dict[str, Any] = {"id": file.id, "mime_type": file.mime, "name": file.name, "size": file.size}
    if piece.type == "image":
        shown["image_data"] = {"width": 1, "height": 1, "url": url, "preview_url": url, "image_type": 1}
    elif piece.type == "video":
        shown["video_data"] = {"width": 640, "height": 360, "length": 3, "video_type": 1, "url": url}
    else:
        shown["file_url"] = url
    return shown


def _person(thread: Thread) -> dict[str, Any]:
    return {"name": thread.person.name, "email": f"{thread.psid}@facebook.com", "id": thread.psid}


def _page(page: Page) -> dict[str, Any]:
    return {"name": page.name, "email": f"{page.id}@facebook.com", "id": page.id}
