"""Otklik to play with, without any token: `python -m tests.demo`.

The Telegram emulator and Otklik in one process, with a database that goes away at the end. Three addresses are
printed: the page with the widget, the operators' group (where you can write and press as any of its people), and
their web desk. Without Telegram's side, and without the tests, the same is `python bot.py demo`.
"""

import argparse
import asyncio
import contextlib
import tempfile
from pathlib import Path

from bridge.app import Otklik, StartupError
from bridge.config import load
from tests.emulators.telegram import Limits, TelegramEmulator
from tests.emulators.telegram.control import Control
from tests.emulators.telegram_main import FORUM, PLAIN, TOKEN, demo
from tests.phones import Phones

CONFIG = """
language = "{language}"
public_url = "http://127.0.0.1:{port}"
[server]
port = {port}
[storage]
path = "{folder}/otklik.db"
media = "{folder}/media"
[web]
local = true
[desk]
token = "{token}"
api_url = "{telegram}"
[[group]]
name = "sales"
title = "Продажи"
chat_id = {chat_id}
[[channel]]
kind = "site"
name = "shop"
title = "Сайт"
group = "sales"
origins = ["http://127.0.0.1:{port}"]
company = "{company}"
greeting = "{greeting}"
continue_in = ["tg"]
[channel.invitation]
text = "{invitation}"
after = 15
[channel.hours]
timezone = "Europe/Moscow"
open = ["mon-fri 09:00-21:00", "sat-sun 10:00-18:00"]
{form}
[[channel]]
kind = "telegram"
name = "tg"
title = "Telegram"
group = "sales"
"""

FORM = """
[channel.form]
ask = ["name", "email"]
required = ["name"]
consent = "{consent}"
consent_url = "http://127.0.0.1:{port}/privacy"
"""
WORDS = {
    "ru": {
        "company": "Чайная лавка",
        "greeting": "Здравствуйте! Подскажем с выбором и расскажем о доставке.",
        "invitation": "Помочь выбрать чайник?",
        "consent": "Согласен на обработку персональных данных",
    },
    "en": {
        "company": "The Tea Shop",
        "greeting": "Hello! We'll help you choose and tell you about delivery.",
        "invitation": "Need a hand choosing a kettle?",
        "consent": "I agree to the processing of my personal data",
    },
}


async def run(
    port: int, telegram_port: int, *, plain: bool, form: bool, language: str, messengers: bool = False
) -> None:
    """Until cancelled. Raises StartupError."""
    telegram = TelegramEmulator()
    Control(telegram)
    await demo(telegram)
    telegram.limits = Limits.real()
    phones = Phones(port) if messengers else None
    if phones:
        await phones.start()
    with tempfile.TemporaryDirectory(prefix="otklik-demo-") as folder:
        await telegram.start(port=telegram_port)
        path = Path(folder) / "config.toml"
        path.write_text(
            CONFIG.format(
                language=language,
                port=port,
                folder=folder,
                token=TOKEN,
                telegram=telegram.url,
                chat_id=PLAIN if plain else FORUM,
                form=FORM.format(port=port, **WORDS[language]) if form else "",
                **WORDS[language],
            )
            + (phones.config if phones else "")
        )
        otklik = Otklik(load(path, {}))
        try:
            await otklik.start()
            if phones:
                await phones.serve(otklik, telegram_port + 1)
                print(f"The customers' phones: http://127.0.0.1:{telegram_port + 1}/")
            print(f"The widget:          http://127.0.0.1:{port}/")
            print(f"The operators' group: {telegram.url}/emulator/")
            print(f"Their web desk:       http://127.0.0.1:{port}/desk")
            print("Ctrl-C ends it.", flush=True)
            await asyncio.Event().wait()
        finally:
            await otklik.stop()
            if phones:
                await phones.stop()
            await telegram.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--telegram-port", type=int, default=8081)
    parser.add_argument("--plain", action="store_true", help="a group without topics")
    parser.add_argument("--messengers", action="store_true", help="with VKontakte, Viber and Messenger customers")
    parser.add_argument("--form", action="store_true", help="a form before the chat")
    parser.add_argument("--language", choices=("ru", "en"), default="ru")
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        try:
            asyncio.run(
                run(
                    given.port,
                    given.telegram_port,
                    plain=given.plain,
                    form=given.form,
                    language=given.language,
                    messengers=given.messengers,
                )
            )
        except StartupError as error:
            raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
