"""The tables of docs/channels.md, made from the channels' abilities: `python -m tests.ability_table`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from bridge.channels.facebook.abilities import abilities as facebook
from bridge.channels.site.abilities import ABILITIES as SITE
from bridge.channels.telegram.abilities import abilities as telegram
from bridge.channels.viber.abilities import ABILITIES as VIBER
from bridge.channels.vk.abilities import ABILITIES as VK
from bridge.contracts import Abilities, Shows, Tells
from bridge.model import Kind

DOCS: Final = Path(__file__).parent.parent / "docs"
FILES: Final = {"en": DOCS / "channels.md", "ru": DOCS / "channels.ru.md"}
PLACE: Final = re.compile(r"(?<=<!-- abilities -->\n).*?(?=<!-- /abilities -->)", re.S)
MEGABYTE: Final = 1024 * 1024

CHANNELS: Final[Mapping[str, Abilities]] = {
    "site": SITE,
    "Telegram": telegram("telegram:1"),
    "VKontakte": VK,
    "Viber": VIBER,
    "Facebook": facebook(human_agent=False),
}
KINDS: Final = [kind for kind in Kind if kind is not Kind.UNKNOWN]

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "to": "**To customers**",
        "from": "**From customers**",
        "yes": "yes",
        "no": "—",
        "text": "in words",
        "limit": "text in one message, signs",
        "caption": "words under a file, signs",
        "file": "file, up to",
        "album": "album, up to",
        "edits": "edit an answer",
        "unsends": "take an answer back",
        "window": "time for an answer",
        "hours": "{} h",
        "megabytes": "{} MB",
        "any": "any time",
        "unlimited": "no limit",
    },
    "ru": {
        "to": "**Клиентам**",
        "from": "**От клиентов**",
        "yes": "да",
        "no": "—",
        "text": "словами",
        "limit": "текст в одном сообщении, знаков",
        "caption": "слова под файлом, знаков",
        "file": "файл, не больше",
        "album": "альбом, не больше",
        "edits": "изменить ответ",
        "unsends": "отозвать ответ",
        "window": "время для ответа",
        "hours": "{} ч",
        "megabytes": "{} МБ",
        "any": "любое",
        "unlimited": "без предела",
        "VKontakte": "ВКонтакте",
        "site": "сайт",
    },
}
NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "photo": {"en": "photo", "ru": "фото"},
    "video": {"en": "video", "ru": "видео"},
    "animation": {"en": "animation (GIF)", "ru": "анимация (GIF)"},
    "audio": {"en": "music, sound", "ru": "музыка, звук"},
    "voice": {"en": "voice message", "ru": "голосовое"},
    "video_note": {"en": "round video", "ru": "видеосообщение"},
    "document": {"en": "document", "ru": "документ"},
    "sticker": {"en": "sticker", "ru": "стикер"},
    "location": {"en": "place", "ru": "место"},
    "venue": {"en": "place with a name", "ru": "место с названием"},
    "contact": {"en": "contact", "ru": "контакт"},
    "poll": {"en": "poll", "ru": "опрос"},
    "dice": {"en": "die", "ru": "кубик"},
    "shows typing": {"en": "sees that somebody types", "ru": "видит, что ему пишут"},
    "shows seen": {"en": "sees that it was read", "ru": "видит, что прочитали"},
    "shows name": {"en": "sees who answers", "ru": "видит, кто отвечает"},
    "shows avatar": {"en": "sees the operator's picture", "ru": "видит фото сотрудника"},
    "shows quotes": {"en": "sees which message is answered", "ru": "видит, на что ответили"},
    "shows formatting": {"en": "formatting of texts", "ru": "оформление текста"},
    "edits": {"en": "edits are shown", "ru": "правки видны"},
    "delivered": {"en": "told: delivered", "ru": "известно: доставлено"},
    "seen": {"en": "told: seen", "ru": "известно: прочитано"},
    "typing": {"en": "told: is typing", "ru": "известно: печатает"},
    "reactions": {"en": "reactions are shown", "ru": "реакции видны"},
    "blocked": {"en": "told: blocked us", "ru": "известно: заблокировал"},
    "staff": {"en": "answers made in the platform itself are shown", "ru": "видны ответы из самой платформы"},
    "referral": {"en": "where they came from", "ru": "откуда пришёл"},
    "failed": {"en": "told later that it did not arrive", "ru": "сообщают позже, что не дошло"},
}
Row = tuple[str, Callable[[Abilities], str]]


def table(language: str) -> str:
    """What each channel can do, as a Markdown table."""
    words = WORDS[language]
    heads = [words.get(name, name) for name in CHANNELS]
    lines = ["| | " + " | ".join(heads) + " |", "|---|" + "---|" * len(heads)]
    for title, cell in rows(language):
        cells = [cell(abilities) for abilities in CHANNELS.values()]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def rows(language: str) -> list[Row]:
    """Each row's title, and how its cells follow from the abilities."""
    words = WORDS[language]

    def said(yes: bool) -> str:
        return words["yes"] if yes else words["no"]

    def bytes_of(size: int | None) -> str:
        return words["unlimited"] if size is None else words["megabytes"].format(size // MEGABYTE)

    def out(kind: Kind) -> Callable[[Abilities], str]:
        def cell(abilities: Abilities) -> str:
            if kind in abilities.kinds:
                limit = abilities.kind_limits.get(kind)
                return f"{words['yes']} ({bytes_of(limit)})" if limit else words["yes"]
            return words["text"] if kind in abilities.as_text else words["no"]

        return cell

    def window(abilities: Abilities) -> str:
        hours = abilities.window and round(abilities.window.total_seconds() / 3600)
        return words["hours"].format(hours) if hours else words["any"]

    def signs(limit: int) -> str:
        return f"{limit:,}".replace(",", " ") if limit else words["no"]

    def name(of: str) -> str:
        return NAMES[of][language]

    return [
        (words["to"], lambda _: ""),
        (words["limit"], lambda a: signs(a.text_limit)),
        (words["caption"], lambda a: signs(a.caption_limit)),
        (words["file"], lambda a: bytes_of(a.file_limit)),
        (words["album"], lambda a: str(a.album_limit) if a.album_limit > 1 else words["no"]),
        *((name(kind.value), out(kind)) for kind in KINDS),
        (words["edits"], lambda a: said(a.edits)),
        (words["unsends"], lambda a: said(a.unsends)),
        *((name(f"shows {what.value}"), lambda a, what=what: said(what in a.shows)) for what in Shows),
        (words["window"], window),
        (words["from"], lambda _: ""),
        *((name(kind.value), lambda a, kind=kind: said(kind in a.receives)) for kind in KINDS),
        *((name(what.value), lambda a, what=what: said(what in a.tells)) for what in Tells),
    ]


def written(language: str) -> str:
    """The page with the table as it should be."""
    page = FILES[language].read_text(encoding="utf-8")
    made = table(language)
    assert PLACE.search(page), FILES[language]
    return PLACE.sub(lambda _: made, page)


if __name__ == "__main__":
    for spoken, path in FILES.items():
        path.write_text(written(spoken), encoding="utf-8")
