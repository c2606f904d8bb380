"""Who a customer is: contacts and consent, a guest who is identified, one person on several channels."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.inbox.accept import close
from bridge.inbox.contact import learn
from bridge.inbox.identify import identify
from bridge.inbox.join import GOOD_FOR, Joined, is_token, join, offer_join
from bridge.inbox.receive import meet, take_in
from bridge.model import Attachment, ChannelName, Content, ExternalId, File, Kind, MediaFile, Message, Profile
from storage.sqlite import open_store
from tests.test_inbox import OLGA, SALES, SHOP, TELEGRAM, Scene
from tests.turned_clock import TurnedClock

GUEST, PERSON = ExternalId("guest"), ExternalId("user:42")


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    clock = TurnedClock()
    store = await open_store(tmp_path / "otklik.db", clock)
    yield Scene(store, clock)
    await store.close()


async def mailbox(scene: Scene, who: str, channel: ChannelName = SHOP) -> list[str]:
    """What the customer reads on their channel."""
    customer = await scene.customer(who, channel)
    return [m.content.text.plain for m in await scene.do(lambda tx: tx.last_messages(customer.id, 100))]


class TestContacts:
    async def test_contacts_and_consent_are_kept_with_the_first_message(self, scene: Scene):
        profile = Profile(name="Анна", email="anna@example.ru", phone="+7 900 000-00-00")
        now = scene.clock.now()
        await scene.writes("anna", profile=profile, consented_at=now)
        customer = await scene.customer("anna")
        assert (customer.profile, customer.consented_at) == (profile, now)

    async def test_the_first_consent_counts(self, scene: Scene):
        first = scene.clock.now()
        await scene.writes("anna", consented_at=first)
        await scene.writes("anna", consented_at=first + timedelta(days=1))
        assert (await scene.customer("anna")).consented_at == first

    async def test_what_was_confirmed_is_not_overwritten_by_hearsay(self, scene: Scene):
        await scene.writes("anna", profile=Profile(name="Анна Петрова", email="a@example.ru", verified=True))
        await scene.do(learn, SHOP, ExternalId("anna"), Profile(name="Хакер", email="x@example.ru", phone="112"))
        profile = (await scene.customer("anna")).profile
        assert profile == Profile(name="Анна Петрова", email="a@example.ru", phone="112", verified=True)

    async def test_of_somebody_who_never_wrote_nothing_is_kept(self, scene: Scene):
        await scene.do(learn, SHOP, ExternalId("nobody"), Profile(name="Анна"), None, {"Корзина": "1"})
        assert await scene.do(lambda tx: tx.find_customer(SHOP, ExternalId("nobody"))) is None

    async def test_details_stand_with_the_conversation_and_are_replaced_as_a_whole(self, scene: Scene):
        message = await scene.writes("anna", details={"Корзина": "2 товара", "Тариф": "Про", " ": "?"})
        assert (await scene.conversation(message)).details == {"Корзина": "2 товара", "Тариф": "Про"}
        scene.heard.clear()
        await scene.do(learn, SHOP, ExternalId("anna"), Profile(), None, {"Корзина": "3\nтовара"})
        assert (await scene.conversation(message)).details == {"Корзина": "3 товара"}
        assert message.conversation in scene.heard[-1].conversations
        scene.heard.clear()
        await scene.do(learn, SHOP, ExternalId("anna"), Profile(), None, {"Корзина": "3 товара"})
        assert not any(signals.conversations for signals in scene.heard)


class TestUploads:
    async def test_an_upload_that_is_sent_is_kept_and_is_nobody_elses(self, scene: Scene):
        now = scene.clock.now()
        for id in ("sent", "left"):
            media = MediaFile(
                id=id, origin="media", ref=id, channel=SHOP, owner=GUEST, kind=Kind.PHOTO, size=1, created_at=now
            )
            await scene.do(lambda tx, media=media: tx.add_media(media))
        content = Content(attachments=(Attachment(kind=Kind.PHOTO, file=File(origin="media", ref="sent")),))
        message = await scene.writes("guest", content)
        assert (await scene.do(lambda tx: tx.media("sent"))).message == message.id
        await scene.do(lambda tx: tx.claim_media(["sent"], 999))
        assert (await scene.do(lambda tx: tx.media("sent"))).message == message.id
        later = now + timedelta(days=2)
        stale = await scene.do(
            lambda tx: tx.stale_media(uploads_before=later, copies_before=later - timedelta(days=30), limit=10)
        )
        assert [media.id for media in stale] == ["left"]


class TestIdentity:
    async def test_a_guest_becomes_the_person_with_all_that_was_said(self, scene: Scene):
        await scene.writes("guest", "Я ещё не вошла")
        before = await scene.customer("guest")
        person = await scene.do(identify, SHOP, GUEST, PERSON, Profile(name="Анна", verified=True))
        assert person is not None and person.id == before.id and person.profile.name == "Анна"
        assert await mailbox(scene, PERSON) == ["Я ещё не вошла"]
        assert await scene.do(lambda tx: tx.find_customer(SHOP, GUEST)) is None

    async def test_who_never_wrote_is_nobody_yet(self, scene: Scene):
        assert await scene.do(identify, SHOP, GUEST, PERSON, Profile()) is None

    async def test_the_guests_open_conversation_goes_with_a_person_who_is_known(self, scene: Scene):
        message = await scene.writes(PERSON, "С телефона")
        await scene.do(close, message.conversation)
        asked = await scene.writes("guest", "С ноутбука")
        await scene.do(identify, SHOP, GUEST, PERSON, Profile())
        assert await mailbox(scene, PERSON) == ["С телефона", "С ноутбука"]
        assert await mailbox(scene, "guest") == []
        person = await scene.customer(PERSON)
        assert (await scene.conversation(asked)).customer == person.id
        again = await scene.writes(PERSON, "И ещё")
        assert again.conversation == asked.conversation

    async def test_two_open_conversations_stay_two(self, scene: Scene):
        first = await scene.writes(PERSON, "С телефона")
        asked = await scene.writes("guest", "С ноутбука")
        await scene.do(identify, SHOP, GUEST, PERSON, Profile())
        assert (await scene.conversation(first)).customer != (await scene.conversation(asked)).customer

    async def test_two_people_on_one_computer_stay_two(self, scene: Scene):
        other = ExternalId("user:7")
        for who in (PERSON, other, "guest"):
            await scene.writes(who)
        await scene.do(identify, SHOP, GUEST, PERSON, Profile())
        await scene.do(identify, SHOP, GUEST, other, Profile())
        person = await scene.customer(PERSON)
        together = [c.external_id for c in await scene.do(lambda tx: tx.same_person(person.id))]
        assert together == [GUEST]


class TestJoin:
    async def start(self, scene: Scene) -> tuple[Message, str]:
        asked = await scene.writes("guest", "Есть доставка?")
        guest = await scene.customer("guest")
        return asked, await scene.do(offer_join, guest.id, TELEGRAM)

    async def meet(self, scene: Scene, name: str = "Анна") -> Any:
        return await scene.do(meet, TELEGRAM, ExternalId("555"), Profile(name=name))

    async def test_the_conversation_is_carried_over_and_both_are_one_person(self, scene: Scene):
        asked, token = await self.start(scene)
        assert is_token(token) and len(token) <= 64
        anna = await self.meet(scene)
        joined = await scene.do(join, token, anna)
        assert isinstance(joined, Joined) and joined.conversation is not None
        found = await scene.conversation(asked)
        assert (found.customer, found.channel) == (anna.id, TELEGRAM)
        assert (await scene.customer("guest")).profile.name == "Анна"
        assert [c.external_id for c in await scene.do(lambda tx: tx.same_person(anna.id))] == ["guest"]
        assert await mailbox(scene, "guest") == ["Есть доставка?"]  # what was read on the site stays there

    async def test_the_conversation_follows_to_where_the_person_writes(self, scene: Scene):
        asked, token = await self.start(scene)
        await scene.do(join, token, await self.meet(scene))
        here = await scene.takes(scene.event("555", "Я в Telegram", channel=TELEGRAM))
        back = await scene.writes("guest", "А теперь снова на сайте")
        assert here.message.conversation == back.conversation == asked.conversation
        assert (await scene.conversation(asked)).channel == SHOP
        assert await mailbox(scene, "guest") == ["Есть доставка?", "А теперь снова на сайте"]

    async def test_a_token_works_once_in_its_channel_and_for_a_while(self, scene: Scene):
        _, token = await self.start(scene)
        anna = await self.meet(scene)
        boris = await scene.do(meet, ChannelName("vk"), ExternalId("7"), Profile(name="Борис"))
        assert await scene.do(join, token, boris) is None
        assert await scene.do(join, token, anna) is not None
        assert await scene.do(join, token, anna) is None
        guest = await scene.customer("guest")
        late = await scene.do(offer_join, guest.id, TELEGRAM)
        scene.clock.passes(GOOD_FOR.total_seconds() + 1)
        assert await scene.do(join, late, anna) is None

    async def test_only_the_newest_token_works_and_its_words_are_not_kept(self, scene: Scene):
        _, first = await self.start(scene)
        guest = await scene.customer("guest")
        second = await scene.do(offer_join, guest.id, TELEGRAM)
        kept = await scene.do(lambda tx: [row["token_hash"] for row in tx.all("select * from joins")])
        assert len(kept) == 1 and first not in kept and second not in kept
        anna = await self.meet(scene)
        assert await scene.do(join, first, anna) is None
        assert await scene.do(join, second, anna) is not None

    async def test_an_open_conversation_here_is_not_pushed_aside(self, scene: Scene):
        asked, token = await self.start(scene)
        here = await scene.takes(scene.event("555", "Уже пишу", channel=TELEGRAM))
        joined = await scene.do(join, token, await self.meet(scene))
        assert joined is not None and joined.conversation is None
        assert (await scene.conversation(asked)).channel == SHOP
        assert here.message.conversation != asked.conversation

    async def test_an_answer_after_the_carry_goes_where_the_person_is(self, scene: Scene):
        accepted = await scene.accepted("guest")
        guest = await scene.customer("guest")
        token = await scene.do(offer_join, guest.id, TELEGRAM)
        anna = await self.meet(scene)
        await scene.do(join, token, anna)
        answer = await scene.answers(accepted, "Есть")
        assert answer.customer == anna.id and OLGA.name == answer.author_name

    async def test_a_topic_goes_along_unless_there_is_one(self, scene: Scene):
        asked, token = await self.start(scene)
        guest = await scene.customer("guest")
        await scene.do(
            lambda tx: tx.run(
                "insert into topics values (?, -1, 77, 'Гость', 1)", guest.id
            )  # as the desk writes it
        )
        anna = await self.meet(scene)
        await scene.do(join, token, anna)
        assert await scene.do(lambda tx: tx.topic_customer(-1, 77)) == anna.id
        assert asked.conversation is not None


async def test_a_redelivered_message_is_the_same_after_the_carry(tmp_path: Path) -> None:
    clock = TurnedClock()
    store = await open_store(tmp_path / "otklik.db", clock)
    scene = Scene(store, clock)
    event = scene.event("guest", "Один раз")
    first = await scene.takes(event)
    await scene.do(identify, SHOP, GUEST, PERSON, Profile())
    again = await store.write(lambda tx: take_in(tx, event, SALES))
    assert again.message.id == first.message.id and not again.new
    await store.close()
