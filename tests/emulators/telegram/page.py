"""The page that shows the emulator's chats in a browser. Everything that people wrote is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from .chats import Chat
from .posts import Post
from .text import units

TAGS = {
    "bold": ("<b>", "</b>"),
    "italic": ("<i>", "</i>"),
    "underline": ("<u>", "</u>"),
    "strikethrough": ("<s>", "</s>"),
    "spoiler": ("<span class=spoiler>", "</span>"),
    "code": ("<code>", "</code>"),
    "pre": ("<pre>", "</pre>"),
    "blockquote": ("<blockquote>", "</blockquote>"),
    "expandable_blockquote": ("<blockquote>", "</blockquote>"),
    "date_time": ("<span class=moment>", "</span>"),
}
SERVICE_WORDS = {
    "forum_topic_created": "создана тема",
    "forum_topic_edited": "тема изменена",
    "forum_topic_closed": "тема закрыта",
    "forum_topic_reopened": "тема открыта снова",
    "pinned_message": "закреплено сообщение",
    "new_chat_members": "новый участник",
    "left_chat_member": "участник вышел",
    "new_chat_title": "новое название",
}

PAGE = """<!doctype html><html lang=ru><meta charset=utf-8><title>Telegram emulator</title>
<meta name=viewport content="width=device-width">
<style>
body{font:14px/1.4 system-ui,sans-serif;margin:0;background:#dfe7ee;color:#17212b}
header{position:sticky;top:0;z-index:1;background:#517da2;color:#fff;padding:8px 12px;
display:flex;gap:8px;flex-wrap:wrap}
header *{font:inherit}header input{flex:1;min-width:160px}
main{display:flex;flex-wrap:wrap;gap:12px;padding:12px;align-items:flex-start}
section{background:#eef3f7;border-radius:10px;padding:10px;width:420px;max-width:100%}
h2{font-size:15px;margin:0 0 6px}h3{font-size:13px;margin:10px 0 4px;color:#517da2}
.m{background:#fff;border-radius:10px;padding:6px 10px;margin:6px 0;max-width:92%;width:fit-content;
box-shadow:0 1px 1px #0002}
.own{background:#eeffde;margin-left:auto}.service{background:none;box-shadow:none;color:#6d7883;margin:2px auto}
.hint{border:1px dashed #888}.who{font-weight:600;color:#3a6d99}
.id{color:#9aa5ae;font-size:11px;float:right;margin-left:8px}
.t{white-space:pre-wrap;overflow-wrap:anywhere}.reply{border-left:3px solid #517da2;padding-left:6px;color:#6d7883;
white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.k{display:flex;gap:4px;margin-top:4px}.k button{flex:1;border:0;border-radius:6px;padding:6px;background:#e3edf6;
font:inherit;cursor:pointer}.k .success{background:#4fae4e;color:#fff}.k .danger{background:#e05d5d;color:#fff}
.k .primary{background:#3e8ed0;color:#fff}.spoiler{background:#ccc}.moment{border-bottom:1px dotted}
blockquote{border-left:3px solid #517da2;margin:2px 0;padding-left:6px}pre{margin:0}
#toast{position:fixed;bottom:16px;left:50%;transform:translateX(-50%);background:#17212be0;color:#fff;
padding:8px 14px;border-radius:8px;display:none;max-width:80%}
</style>
<header><form id=say style="display:contents">
<select name=person></select><select name=chat></select><input name=topic placeholder="тема" style="flex:0 1 90px">
<input name=reply_to placeholder="ответ на №" style="flex:0 1 90px">
<input name=text placeholder="сообщение" autocomplete=off><button>Сказать</button></form></header>
<main id=chats></main><div id=toast></div>
<script>
const form=document.getElementById("say"),toast=document.getElementById("toast");let last="";
const show=t=>{toast.textContent=t;toast.style.display="block";clearTimeout(show.t);
show.t=setTimeout(()=>toast.style.display="none",4000)};
async function post(what,body){const r=await fetch("/emulator/"+what,{method:"POST",body:JSON.stringify(body)});
const j=await r.json();if(j.error)show(j.error);else if(what=="press"&&j.text)show(j.text);draw();return j}
async function draw(){const t=await(await fetch("/emulator/fragment")).text();
if(t!==last){last=t;document.getElementById("chats").innerHTML=t}}
form.onsubmit=e=>{e.preventDefault();const f=Object.fromEntries(new FormData(form));
for(const k of["topic","reply_to"])if(!f[k])delete f[k];post("say",f);form.text.value=""};
document.getElementById("chats").onclick=e=>{const b=e.target.closest("[data-button]");if(b)post("press",
{person:form.person.value,chat:b.dataset.chat,message:b.dataset.message,button:b.dataset.button});
const m=e.target.closest("[data-reply]");if(m&&!b){form.reply_to.value=m.dataset.reply;
form.chat.value=m.dataset.chat;form.text.focus()}};
(async()=>{const w=await(await fetch("/emulator/world")).json();
for(const p of w.people)form.person.add(new Option(p.name,p.id));
for(const c of w.chats)form.chat.add(new Option(c.title,c.key));draw();setInterval(draw,1000)})();
</script>"""


def rich(text: str, entities: list[dict[str, Any]]) -> str:
    """The text with its entities as HTML."""
    opens: dict[int, list[str]] = {}
    closes: dict[int, list[str]] = {}
    for entity in entities:
        start, end = entity["offset"], entity["offset"] + entity["length"]
        if entity["type"] in ("text_link", "url") and str(entity.get("url", "http")).startswith("http"):
            opening, closing = f'<a rel=noreferrer href="{escape(str(entity.get("url", "")))}">', "</a>"
        elif entity["type"] in TAGS:
            opening, closing = TAGS[entity["type"]]
        else:
            continue
        opens.setdefault(start, []).append(opening)
        closes.setdefault(end, []).insert(0, closing)
    out: list[str] = []
    position = 0
    for character in text:
        out += closes.pop(position, [])
        out += opens.pop(position, [])
        out.append(escape(character))
        position += units(character)
    for rest in closes.values():
        out += rest
    return "".join(out)


def fragment(chats: Iterable[tuple[str, str, Chat]]) -> str:
    """All chats with their messages: (key, title, chat)."""
    return "".join(f"<section><h2>{escape(title)}</h2>{_chat(key, chat)}</section>" for key, title, chat in chats)


def _chat(key: str, chat: Chat) -> str:
    if not chat.forum:
        return "".join(_post(key, post) for post in chat.visible())
    parts = []
    places: list[Any] = [None, *(topic for topic in chat.topics.values() if not topic.deleted)]
    for topic in places:
        name = "General" if topic is None else f"{topic.name} (№{topic.id}{', закрыта' if topic.closed else ''})"
        shown = "".join(_post(key, post) for post in chat.visible() if post.topic is topic)
        parts.append(f"<h3>{escape(name)}</h3>{shown}")
    return "".join(parts)


def _post(key: str, post: Post) -> str:
    number = post.number
    if post.service is not None:
        return f'<div class="m service">{escape(SERVICE_WORDS.get(post.service, post.service))}</div>'
    kinds = ["m"]
    if post.author.is_bot:
        kinds.append("own")
    if post.receiver is not None:
        kinds.append("hint")
    lines = [f"<span class=id>№{number}</span><span class=who>{escape(post.author.name)}</span>"]
    if post.mask is not None:
        lines.append(f" <small>({escape(post.mask)})</small>")
    if post.receiver is not None:
        lines.append(f" <small>видит только {escape(post.receiver.name)}</small>")
    if post.reply_to is not None:
        lines.append(f"<div class=reply>{escape(post.reply_to.text[:80] or '…')}</div>")
    if post.media is not None:
        lines.append(f"<div>[{escape(post.media.kind)}, {post.media.file.size} Б]</div>")
    lines += [f"<div>[{kind}]</div>" for kind in ("location", "contact", "poll", "dice") if kind in post.content]
    lines.append(f"<div class=t>{rich(post.text, post.entities)}</div>")
    for row in post.keyboard or []:
        lines.append(f"<div class=k>{''.join(_button(key, number, button) for button in row)}</div>")
    emoji = "".join(str(r.get("emoji", "★")) for given in post.reactions.values() for r in given)
    if emoji:
        lines.append(f"<div>{escape(emoji)}</div>")
    if post in post.chat.pinned:
        lines.append("<small>📌</small>")
    body = "".join(lines)
    return f'<div class="{" ".join(kinds)}" data-reply="{number}" data-chat="{escape(key)}">{body}</div>'


def _button(key: str, number: int, button: dict[str, Any]) -> str:
    label, style = escape(button["text"]), escape(str(button.get("style", "")))
    if "callback_data" not in button:
        return f"<button disabled>{label}</button>"
    data = escape(str(button["callback_data"]))
    where = f'data-chat="{escape(key)}" data-message="{number}"'
    return f'<button class="{style}" {where} data-button="{data}">{label}</button>'
