"""An operator before the web desk: what they see of it, by roles and labels, and what they do with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from playwright.async_api import BrowserContext, Locator, Page, expect

from tests.emulators.telegram import Human
from tests.widget_browser.visitor import PATIENCE

if TYPE_CHECKING:
    from tests.desk_browser.desk_office import DeskOffice

__all__ = ["PATIENCE", "Seat"]

SENDS = re.compile("^(Отправить клиенту|Сохранить)")
FIGURE = re.compile(r"^(Во входящих|В работе, с новыми сообщениями):")


class Seat:
    """A page of the web desk, and a person before it."""

    def __init__(self, page: Page, office: DeskOffice, person: Human | None = None) -> None:
        self.page = page
        self.office = office
        self.person = person
        self.tabs = page.get_by_role("tablist", name="Списки обращений")
        self.list = page.get_by_role("listbox", include_hidden=True)  # hidden where it is empty
        self.rows = self.list.get_by_role("option")
        self.search = page.get_by_role("searchbox")
        self.section = page.get_by_role("button", name=re.compile("^Обращения,"))
        self.middle = page.get_by_role("main")
        self.talk = self.middle.get_by_role("region", name="Обращение")
        self.log = page.get_by_role("log", name="Переписка")
        self.messages = self.log.get_by_role("article")
        self.field = self.talk.get_by_role("textbox")
        self.card = page.get_by_role("complementary", name="О клиенте")
        self.popups = page.get_by_role("region", name="Уведомления")
        self.dialog = page.get_by_role("dialog")

    @classmethod
    async def takes(cls, context: BrowserContext, office: DeskOffice, person: Human) -> Seat:
        """Ask the bot for a link, open it, come in."""
        seat = cls(await context.new_page(), office, person)
        await seat.page.goto(await office.link_for(person))
        await seat.enters()
        return seat

    async def enters(self) -> None:
        """Press the button of the entrance, and be in."""
        await self.page.get_by_role("button", name="Войти").click()
        await self.is_in()

    async def is_in(self) -> None:
        """The desk is there, and connected."""
        await expect(self.tabs.or_(self.log).first).to_be_visible()
        await expect(self.list).to_have_attribute("aria-busy", "false")

    # lists

    def tab(self, name: str) -> Locator:
        return self.tabs.get_by_role("tab", name=re.compile(f"^{name}"))

    async def shows(self, name: str) -> None:
        """Go to another list."""
        await self.tab(name).click()
        await expect(self.tab(name)).to_have_attribute("aria-selected", "true")
        await expect(self.list).to_have_attribute("aria-busy", "false")

    def row(self, words: str) -> Locator:
        """The row of a customer, or with such last words."""
        return self.rows.filter(has_text=words)

    async def lists(self, *words: str) -> None:
        """The list has these rows, in this order, and no others."""
        if words:
            await expect(self.rows).to_have_count(len(words))
            for place, each in enumerate(words, 1):
                await expect(self.list.locator(f"[aria-posinset='{place}']:visible")).to_contain_text(each)
        else:
            await expect(self.rows).to_have_count(0)

    async def counts(self, feed: int, unanswered: int) -> None:
        """The left and the right figure, and the total."""
        figures = self.page.get_by_role("button", name=FIGURE)
        await expect(figures).to_have_text([str(feed), str(unanswered)])
        total = feed + unanswered
        badge = "!" if total > 9 else str(total) if total else ""
        await expect(self.section).to_have_text(re.compile(rf"^Обращения\s*{re.escape(badge)}$"))
        await expect(self.page).to_have_title(f"({total}) Обращения" if total else "Обращения")

    async def dismisses(self) -> None:
        """Close all pop-ups: on a phone they lie over what is at the top."""
        close = self.popups.get_by_role("button", name="Скрыть")
        while await close.count():
            await close.first.click()

    # a conversation

    async def opens(self, words: str) -> None:
        """Press a row, and see the conversation."""
        await self.row(words).click()
        await expect(self.log).to_be_visible()

    async def accepts(self) -> None:
        """Press «Принять» under the open conversation; there is a field to write in then, and one can write."""
        await self.press("Принять")
        await expect(self.field).to_be_visible()
        if not await self.by_touch():
            await expect(self.field).to_be_focused()

    async def takes_on(self, words: str) -> None:
        """Open a conversation of the feed, and accept it."""
        await self.opens(words)
        await self.accepts()

    async def by_touch(self) -> bool:
        """Whether it is a phone."""
        return await self.page.evaluate("matchMedia('(pointer: coarse)').matches")

    def button(self, name: str) -> Locator:
        return self.talk.get_by_role("button", name=name, exact=True)

    async def press(self, name: str) -> None:
        await self.button(name).click()

    async def deed(self, name: str) -> None:
        """Do something with the open conversation; where there is little room, it is in a menu."""
        found = self.talk.get_by_title(name, exact=True)
        await expect(found.first).to_be_attached()
        if not await self.button(name).is_visible():
            await self.press("Ещё")
            await self.talk.get_by_role("menuitem", name=name, exact=True).click()
        else:
            await self.press(name)

    async def writes(self, *texts: str) -> None:
        """Send messages: from the keyboard, or on a phone with the button."""
        for text in texts:
            await self.field.fill(text)
            if await self.by_touch():
                await self.talk.get_by_role("button", name=SENDS).click()
            else:
                await self.field.press("Enter")

    async def notes(self, text: str) -> None:
        """Leave a note for colleagues, and go back to the customer."""
        await self.press("Заметка")
        await self.writes(text)
        await self.press("Клиенту")

    def message(self, words: str) -> Locator:
        return self.messages.filter(has_text=words)

    async def sees(self, *texts: str) -> None:
        """These are the messages of the log, in this order, and no others."""
        await expect(self.messages).to_have_count(len(texts))
        await expect(self.messages).to_contain_text(list(texts))

    async def does(self, words: str, tool: str) -> None:
        """Use one of the buttons that a message has."""
        message = self.message(words)
        await message.hover()
        await message.get_by_role("button", name=tool, exact=True).click()

    async def agrees(self, label: str) -> None:
        """Say yes to the question that is asked."""
        await self.dialog.get_by_role("button", name=label, exact=True).click()
        await expect(self.dialog).to_have_count(0)

    async def hands_over(self, to: str, comment: str = "") -> None:
        """Transfer the open conversation."""
        await self.deed("Передать")
        await self.dialog.get_by_text(to, exact=True).click()
        await expect(self.dialog.get_by_role("radio", name=re.compile(f"^{to}"))).to_be_checked()
        if comment:
            await self.dialog.get_by_role("textbox").fill(comment)
        await self.dialog.get_by_role("button", name="Передать", exact=True).click()
        await expect(self.dialog).to_have_count(0)

    async def kept(self) -> dict[str, Any]:
        """What the page keeps in this browser."""
        return await self.page.evaluate("() => ({ ...localStorage })")
