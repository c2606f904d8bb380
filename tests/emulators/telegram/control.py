"""A small HTTP control under `/emulator/`, for trying by hand and for screenshots.

    GET  /emulator/            the page with all chats
    GET  /emulator/world       people and chats as JSON
    GET  /emulator/messages?chat=KEY
    POST /emulator/say         {"person": 501, "chat": KEY, "text": "…", "topic": "…", "reply_to": 12}
    POST /emulator/press       {"person", "chat", "message", "button"}   -> the toast
    POST /emulator/edit        {"person", "chat", "message", "text"}
    POST /emulator/react       {"person", "chat", "message", "emoji"}
    POST /emulator/switch      {"limits": true, "down": false}

KEY is a group's id, or "bot:9001" for the private chat of the person with that bot ("501:9001" when reading).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from .accounts import Bot
from .chats import Chat
from .emulator import TelegramEmulator
from .errors import NotAllowed, Refusal
from .flood import Limits
from .groups import Group
from .humans import Human
from .page import PAGE, fragment
from .seen import Seen

Action = Callable[[dict[str, Any]], Awaitable[Any]]


class Control:
    def __init__(self, emulator: TelegramEmulator) -> None:
        self.emulator = emulator
        self.world = emulator.world
        router = emulator.server.app.router
        router.add_get("/emulator/", self._page)
        router.add_get("/emulator/fragment", self._fragment)
        router.add_get("/emulator/world", self._world)
        router.add_get("/emulator/messages", self._messages)
        for name in ("say", "press", "edit", "react", "switch"):
            router.add_post(f"/emulator/{name}", self._action(getattr(self, name)))

    # -- looking

    async def _page(self, _: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def _fragment(self, _: web.Request) -> web.Response:
        return web.Response(text=fragment(self._chats()), content_type="text/html")

    async def _world(self, _: web.Request) -> web.Response:
        people = [
            {"id": u.id, "name": u.name} for u in self.world.users.values() if not u.is_bot and u.id != 777000
        ]
        chats = [{"key": str(group.id), "title": group.title} for group in self.world.groups.values()]
        chats += [{"key": f"bot:{bot.id}", "title": f"@{bot.username} лично"} for bot in self.world.bots.values()]
        return web.json_response({"people": people, "chats": chats})

    async def _messages(self, request: web.Request) -> web.Response:
        key = request.query.get("chat", "")
        found = [chat for name, _, chat in self._chats() if name == key]
        if not found:
            return web.json_response({"error": "no such chat"}, status=404)
        return web.json_response([Seen(self.world, post) for post in found[0].visible()])

    def _chats(self) -> list[tuple[str, str, Chat]]:
        groups = [
            (str(chat.id), chat.title, chat) for chat in self.world.groups.values() if chat.migrated_to is None
        ]
        privates = [
            (f"{person}:{bot}", f"{chat.peer.name} ↔ @{chat.bot.username}", chat)
            for (bot, person), chat in self.world.privates.items()
            if chat.posts and chat.peer is not None and chat.bot is not None
        ]
        return groups + privates

    # -- doing

    def _action(self, action: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            try:
                return web.json_response(await action(json.loads(await request.text())))
            except (NotAllowed, Refusal, AssertionError, KeyError, ValueError, TypeError) as error:
                return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)

        return answer

    async def say(self, given: dict[str, Any]) -> Any:
        where = self._where(given)
        topic = given.get("topic")
        if isinstance(topic, str) and topic.isdecimal():
            topic = int(topic)
        reply_to = self._seen({**given, "message": given["reply_to"]}) if given.get("reply_to") else None
        return await self._person(given).says(where, given["text"], topic=topic, reply_to=reply_to)

    async def press(self, given: dict[str, Any]) -> Any:
        answer = await self._person(given).presses(self._seen(given), given["button"])
        return {"text": answer.text, "show_alert": answer.show_alert, "url": answer.url}

    async def edit(self, given: dict[str, Any]) -> Any:
        return await self._person(given).edits(self._seen(given), given["text"])

    async def react(self, given: dict[str, Any]) -> Any:
        await self._person(given).reacts(self._seen(given), given.get("emoji"))
        return {}

    async def switch(self, given: dict[str, Any]) -> Any:
        if "limits" in given:
            self.emulator.limits = Limits.real() if given["limits"] else Limits.off()
        if "down" in given:
            self.emulator.down = bool(given["down"])
        return {"limits": self.emulator.limits != Limits.off(), "down": self.emulator.down}

    def _person(self, given: dict[str, Any]) -> Human:
        return Human(self.world, self.world.users[int(given["person"])])

    def _where(self, given: dict[str, Any]) -> Group | Bot:
        key = str(given["chat"])
        if ":" in key:
            return self.world.bots_by_id[int(key.rpartition(":")[2])]
        chat = self.world.groups[int(key)]
        return Group(self.world, chat, self._person(given))

    def _seen(self, given: dict[str, Any]) -> Seen:
        where = self._where(given)
        chat = where.chat if isinstance(where, Group) else self.world.private(where, self._person(given).user)
        return Seen(self.world, chat.index[(0, int(given["message"]))])
