"""The emulator by hand: `python -m tests.emulators.telegram_main --port 8081`, then open /emulator/."""

from __future__ import annotations

import argparse
import asyncio
import contextlib

from tests.emulators.telegram import Limits, TelegramEmulator
from tests.emulators.telegram.control import Control

TOKEN = "9001:DEMO"
FORUM = -1001000000001
PLAIN = -1001000000002


async def demo(emulator: TelegramEmulator) -> None:
    """A forum, a plain group, operators in both, and customers who have pressed Start."""
    bot = emulator.add_bot(TOKEN, username="desk_bot", name="Otklik")
    operators = [emulator.person(name, id=number) for number, name in ((77, "Ольга"), (78, "Иван"), (79, "Мария"))]
    for title, number, forum in (("Продажи (темы)", FORUM, True), ("Поддержка", PLAIN, False)):
        group = emulator.group(title, forum=forum, id=number)
        for operator in operators:
            group.add(operator)
        group.add(bot, admin=True)
    for number, name in ((501, "Пётр Клиентов"), (502, "Анна")):
        await emulator.person(name, id=number).starts(bot)


async def run(port: int, *, limits: bool) -> None:
    emulator = TelegramEmulator()
    Control(emulator)
    await demo(emulator)
    if limits:
        emulator.limits = Limits.real()
    await emulator.start(port=port)
    print(f"Telegram emulator: {emulator.url}  page: {emulator.url}/emulator/")
    print(f'desk: token = "{TOKEN}", api_url = "{emulator.url}"; forum {FORUM}, plain group {PLAIN}')
    try:
        await asyncio.Event().wait()
    finally:
        await emulator.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--limits", action="store_true", help="with Telegram's flood limits")
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(given.port, limits=given.limits))


if __name__ == "__main__":
    main()
