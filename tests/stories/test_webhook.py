"""The desk's updates by webhook instead of polling: the same work, and nobody else may speak for Telegram."""

import json

from tests.conftest import OpenOffice

WEBHOOK = """
[[channel]]
kind = "telegram"
name = "tg2"
title = "Второй"
group = "sales"
token = "9002:OTHER"
updates = "webhook"
"""
SECRET = "only-telegram-knows-this"


async def test_a_channel_by_webhook_does_the_same_and_refuses_strangers(open_office: OpenOffice) -> None:
    office = await open_office()
    await office.stop()
    office.more = f'{WEBHOOK}webhook_secret = "{SECRET}"\n'
    office.telegram.world.local = True  # a Bot API server of one's own takes plain http
    bot = office.telegram.add_bot("9002:OTHER", username="second_bot", name="Второй")
    await office.start()
    office.telegram.world.routes["http://127.0.0.1:8080"] = office.site_url
    anna = office.telegram.person("Анна")
    await anna.says(bot, "По вебхуку")
    card = await office.card("По вебхуку")
    assert "Второй" in card.text
    await office.olga.presses(card, "Принять")
    await office.olga.says(office.group, "Дошло", reply_to=card)
    await office.until(lambda: anna.hears(bot) == ["Дошло"])
    update = {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}}}
    for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "guess"}):
        async with office.http.post(f"{office.site_url}/hooks/tg2", json=update, headers=headers) as answer:
            assert answer.status == 403
    async with office.http.post(
        f"{office.site_url}/hooks/tg2", data="{", headers={"X-Telegram-Bot-Api-Secret-Token": SECRET}
    ) as answer:
        assert answer.status == 400 and SECRET not in json.dumps(await answer.text())
