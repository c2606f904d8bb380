"""What operators learn of a customer beside the words: contacts, the page's facts, who they are elsewhere."""

import pytest

from tests.conftest import OpenOffice
from tests.office import Office
from tests.stories.scenes import accept

LINKED = 'continue_in = ["tg"]'


@pytest.fixture
async def linked(open_office: OpenOffice) -> Office:
    return await open_office(site=LINKED, posts_per_minute=600)


@pytest.fixture
async def linked_forum(open_office: OpenOffice) -> Office:
    return await open_office(site=LINKED, posts_per_minute=600, forum=True)


async def goes_on(office: Office, visitor, human) -> None:
    """The visitor asks for the link to Telegram, and presses Start there."""
    await visitor.send("continue", channel="tg")
    link = await visitor.until("link")
    assert link["url"].startswith("https://t.me/desk_bot?start=")
    await human.starts(office.bot, link["url"].partition("start=")[2])


async def test_what_the_page_knows_stands_on_the_card(office: Office) -> None:
    visitor = office.tab()
    await visitor.connect(fields={"Корзина": "2 товара", "Скидка": 5, "VIP": True})
    await visitor.say("Есть доставка?")
    card = await office.card("Есть доставка?")
    assert "Корзина: 2 товара" in card.text and "Скидка: 5" in card.text and "VIP: " in card.text
    await visitor.send("fields", fields={"Корзина": "3 товара"})
    await office.until(lambda: "Корзина: 3 товара" in card.now().text)
    assert "Скидка" not in card.now().text


async def test_contacts_from_the_form_stand_on_the_card(open_office: OpenOffice) -> None:
    site = '[channel.form]\nask = ["name", "email", "phone"]\nrequired = ["name"]\nconsent = "Согласен"'
    office = await open_office(site=site)
    visitor = office.tab()
    contact = {"name": "Анна Петрова", "email": "anna@example.ru", "phone": "+7 900 123-45-67", "consent": True}
    await visitor.connect(contact=contact)
    await visitor.say("Перезвоните")
    card = await office.card("Перезвоните")
    assert "Анна Петрова" in card.text and "anna@example.ru · +7 900 123-45-67" in card.text


async def test_a_visitor_goes_on_in_telegram_with_the_same_conversation(linked: Office) -> None:
    visitor = await linked.visitor()
    await visitor.say("Есть доставка?")
    card = await linked.card("Есть доставка?")
    await accept(linked, card)
    anna = linked.customer("Анна")
    await goes_on(linked, visitor, anna.human)
    await anna.will_see("Здравствуйте! Продолжаем разговор здесь. Всё, что вы писали на сайте, у нас есть.")
    await visitor.until_texts(
        "Есть доставка?", "Разговор продолжается здесь: Telegram. Можно писать и в этом окне."
    )
    await linked.until(lambda: "Анна" in card.now().text and "Telegram" in card.now().text)
    assert "Тот же человек: Анна (🌐 Сайт)" in card.now().text
    await linked.olga.says(linked.group, "Есть, завтра", reply_to=card)
    await linked.until(lambda: anna.sees[-1] == "Есть, завтра")
    await anna.writes("Спасибо")
    shown = await linked.finds("Спасибо")
    assert "Анна" in shown.text
    await visitor.say("Это снова я, с сайта")
    await linked.finds("Это снова я, с сайта")
    said = await linked.olga.says(linked.group, "Видим", reply_to=card)
    await linked.reaction(said, "👌")
    await visitor.until_texts(
        "Есть доставка?",
        "Разговор продолжается здесь: Telegram. Можно писать и в этом окне.",
        "Это снова я, с сайта",
        "Видим",
    )
    assert "Видим" not in anna.sees


async def test_in_a_forum_the_topic_goes_along(linked_forum: Office) -> None:
    office = linked_forum
    visitor = await office.visitor()
    await visitor.say("Есть доставка?")
    card = await office.card("Есть доставка?")
    await accept(office, card)
    topic = await office.until(lambda: next(iter(office.group.topics()), None))
    anna = office.customer("Анна")
    await goes_on(office, visitor, anna.human)
    await office.until(lambda: any("Анна" in each.name for each in office.group.topics()))
    await anna.writes("Я тут")
    await office.until(lambda: any("Я тут" in said for said in topic.texts()))
    await office.olga.says(office.group, "Видим вас", topic=topic.id)
    await office.until(lambda: anna.sees[-1] == "Видим вас")
    assert len(office.group.topics()) == 1


async def test_a_link_works_once(linked: Office) -> None:
    visitor = await linked.visitor()
    await visitor.say("Есть доставка?")
    await visitor.send("continue", channel="tg")
    token = (await visitor.until("link"))["url"].partition("start=")[2]
    anna, boris = linked.customer("Анна"), linked.customer("Борис")
    await anna.human.starts(linked.bot, token)
    await linked.until(lambda: len(anna.sees) == 1)
    await boris.human.starts(linked.bot, token)
    await linked.until(lambda: any("Эта ссылка уже сработала или устарела" in text for text in boris.sees))
    card = await linked.card("Есть доставка?")
    await accept(linked, card)
    await linked.olga.says(linked.group, "Есть", reply_to=card)
    await linked.until(lambda: anna.sees[-1] == "Есть")
    assert len(boris.sees) == 1
