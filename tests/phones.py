"""Customers' phones to play with by hand: one page with a VKontakte, a Viber and a Messenger customer.

For `python -m tests.demo --messengers`; the platforms are the tests' emulators.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from aiohttp import web

from bridge.clock import Clock
from bridge.model import Kind
from tests.alike.ends import CannotDo, End, Someone
from tests.alike.facebook import FacebookEnd
from tests.alike.viber import ViberEnd
from tests.alike.vk import VkEnd

THINGS = {"📷": Kind.PHOTO, "🎤": Kind.VOICE, "📎": Kind.DOCUMENT, "🖼": Kind.STICKER, "📍": Kind.LOCATION}

PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Phones</title><style>
body{font:15px/1.4 system-ui,sans-serif;margin:0;padding:16px;background:#eceff3;color:#1b1f24}
main{display:flex;flex-wrap:wrap;gap:16px}section{flex:1 1 260px;background:#fff;border-radius:14px;padding:12px;
display:flex;flex-direction:column;min-height:70vh}h2{margin:0 0 8px;font-size:16px}
ol{flex:1;list-style:none;margin:0;padding:0;display:flex;flex-direction:column;gap:6px}
li{padding:6px 10px;border-radius:12px;background:#eef1f5;align-self:flex-start;white-space:pre-wrap;max-width:85%}
li.me{align-self:flex-end;background:#d7e8ff}small{opacity:.6}form{display:flex;gap:6px;margin-top:8px}
input{flex:1;min-width:0;padding:8px;border:1px solid #c6ccd4;border-radius:8px}button{padding:6px 9px}
</style><main></main><script>
const main=document.querySelector("main");
async function act(kind,body){await fetch(`act/${kind}`,{method:"POST",body:JSON.stringify(body)});look()}
async function look(){const phones=await(await fetch("state")).json();
for(const phone of phones){let box=document.getElementById(phone.kind);
if(!box){box=document.createElement("section");box.id=phone.kind;box.innerHTML=`<h2></h2><ol></ol>
<form><input placeholder="…"><button>➤</button></form><form></form>`;
box.querySelector("form").onsubmit=e=>{e.preventDefault();const i=box.querySelector("input");
act(phone.kind,{text:i.value});i.value=""};
for(const thing of phone.things){const b=document.createElement("button");b.type="button";b.textContent=thing;
b.onclick=()=>act(phone.kind,{thing});box.lastElementChild.append(b)}main.append(box)}
box.querySelector("h2").textContent=phone.title;
box.querySelector("ol").innerHTML=phone.said.join("")}}
look();setInterval(look,700)</script>"""


@dataclass
class Phone:
    """One customer, and both sides of what was said."""

    end: End
    someone: Someone
    said: list[tuple[bool, str]] = field(default_factory=list)
    got: int = 0

    @property
    def things(self) -> list[str]:
        return [mark for mark, kind in THINGS.items() if kind in self.end.abilities.receives] + ["✏️", "🚫", "👀"]

    def look(self) -> dict[str, Any]:
        """As the page shows it."""
        now = self.someone.got
        self.said += [
            (False, " ".join((got.text, *(f"[{kind}]" for kind in got.kinds)))) for got in now[self.got :]
        ]
        self.got = len(now)
        lines = [f"<li class='{'me' if mine else ''}'>{html.escape(text)}</li>" for mine, text in self.said]
        title = f"{self.end.mark} {self.end.title} · {self.someone.name}"
        return {"kind": self.end.kind, "title": title, "things": self.things, "said": lines}

    async def act(self, text: str = "", thing: str = "") -> None:
        """What the page's buttons do."""
        self.look()
        if text:
            self.last = await self.someone.writes(text)
        elif thing == "✏️":
            await self.someone.edits(self.last, "Исправлено: иначе")
        elif thing == "🚫":
            await self.someone.blocks()
        elif thing == "👀":
            await self.someone.reads()
        else:
            self.last = await self.someone.sends(THINGS[thing])
        self.said.append((True, text or thing))


class Phones:
    """The three platforms, and the page."""

    def __init__(self, port: int) -> None:
        """`port`: where Otklik listens."""
        self.town = SimpleNamespace(clock=Clock(), port=port, otklik=None, scale=1.0)
        self.ends: list[End] = [kind(self.town) for kind in (VkEnd, ViberEnd, FacebookEnd)]  # type: ignore[arg-type]
        self.phones: dict[str, Phone] = {}

    async def start(self) -> None:
        """Start the platforms; their channels' configuration can be asked for then."""
        for end in self.ends:
            await end.start()

    @property
    def config(self) -> str:
        return "\n".join(end.config for end in self.ends)

    async def serve(self, otklik: Any, port: int) -> None:
        """Give everybody a phone, and show them on a page."""
        self.town.otklik = otklik
        for end, name in zip(self.ends, ("Анна", "Борис", "Vera"), strict=True):
            self.phones[end.kind] = Phone(end, await end.person(name))
        app = web.Application()
        app.router.add_get("/", self._page)
        app.router.add_get("/state", self._state)
        app.router.add_post("/act/{kind}", self._act)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()

    async def stop(self) -> None:
        await self._runner.cleanup()
        for end in self.ends:
            await end.stop()

    async def _page(self, _: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def _state(self, _: web.Request) -> web.Response:
        return web.json_response([phone.look() for phone in self.phones.values()])

    async def _act(self, request: web.Request) -> web.Response:
        phone = self.phones[request.match_info["kind"]]
        try:
            await phone.act(**await request.json())
        except CannotDo:
            phone.said.append((True, "(nobody can do that there)"))
        return web.Response()
