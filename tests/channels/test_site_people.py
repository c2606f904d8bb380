"""Who a visitor is: signed identities, the form before the chat, and what the page knows of them."""

import pytest

from bridge.channels.site.form import filled_in, unanswered
from bridge.channels.site.protocol import Contact, Refusal
from bridge.channels.site.settings import FormSettings
from bridge.inbox.accept import close
from bridge.model import Customer, Profile, Stage
from tests.channels.test_site_identity import NOW, SECRET, as_jwt, claims
from tests.site_client import PollClient, SiteClient
from tests.site_office import SHOP, SiteOffice
from tests.turned_clock import START, until

FORM = {
    "ask": ["name", "email", "phone"],
    "required": ["email"],
    "consent": "Согласен",
    "consent_url": "https://a.ru/p",
}
GOOD = {"name": "Анна", "email": "anna@example.ru", "consent": True}


@pytest.fixture(params=[SiteClient, PollClient])
async def office(tmp_path, request):
    async with SiteOffice(tmp_path, way=request.param, identity_secret=SECRET) as office:
        yield office


@pytest.fixture
async def asking(tmp_path):
    """An office whose form must be filled in."""
    async with SiteOffice(tmp_path, form=FORM, identity_secret=SECRET) as office:
        yield office


async def customers(office: SiteOffice) -> list[Customer]:
    found = await office.conversations()
    return [await office.inbox.read(lambda tx, c=c: tx.customer(c.customer)) for c in found]


async def customer(office: SiteOffice) -> Customer:
    (found,) = await customers(office)
    return found


def signed(sub: str = "42", **more: object) -> str:
    return as_jwt(claims(sub=sub, **more))


# --- identity


async def test_a_person_is_known_by_name(office):
    visitor = office.tab()
    welcome = await visitor.connect(identity=signed(name="Анна", email="anna@example.ru"))
    assert welcome["identified"] is True
    await visitor.say("Здравствуйте")
    known = await customer(office)
    assert (known.profile.name, known.profile.email, known.profile.verified) == ("Анна", "anna@example.ru", True)


async def test_a_guest_is_not_identified(office):
    assert "identified" not in await office.tab().connect()


@pytest.mark.parametrize(
    "token", [signed(exp=NOW - 60), as_jwt(claims(), "another-secret-0123456789abcdefgh"), "nonsense", "x" * 5000]
)
async def test_who_is_not_believed_stays_a_guest(office, token):
    visitor = office.tab()
    welcome = await visitor.connect(identity=token, language="ru")
    assert "identified" not in welcome
    assert [frame["type"] for frame in visitor.frames] == ["error", "welcome"]
    assert (visitor.frames[0]["code"], "гость" in visitor.frames[0]["message"]) == ("bad-identity", True)
    assert (await visitor.say("Здравствуйте"))["type"] == "ack"
    assert not (await customer(office)).profile.verified


async def test_an_identity_where_none_is_configured_is_not_believed(tmp_path):
    async with SiteOffice(tmp_path) as office:
        visitor = office.tab()
        assert "identified" not in await visitor.connect(identity=signed())
        assert visitor.frames[0]["code"] == "bad-identity"


async def test_a_person_has_one_conversation_on_all_devices(office):
    phone, laptop = office.tab(), office.tab()
    await phone.connect(identity=signed())
    await laptop.connect(identity=signed())
    await phone.say("С телефона")
    await laptop.until_texts("С телефона")
    await laptop.say("С компьютера")
    await phone.until_texts("С телефона", "С компьютера")
    stranger = office.tab()
    await stranger.connect(identity=signed("43"))
    await stranger.send("ping")
    await stranger.until("pong")
    assert stranger.texts == []


async def test_what_a_guest_said_goes_with_the_person(office):
    visitor = office.tab()
    await visitor.connect()
    await visitor.say("Я гость")
    await visitor.until_texts("Я гость")
    await visitor.close()
    welcome = await visitor.connect(identity=signed(name="Анна"))
    assert (welcome["history"], welcome["reset"]) == (True, False)
    await visitor.say("А теперь вошла")
    await visitor.until_texts("Я гость", "А теперь вошла")
    assert (await customer(office)).profile.name == "Анна"
    other_device = office.tab()
    await other_device.connect(identity=signed())
    await other_device.until_texts("Я гость", "А теперь вошла")


async def test_a_guest_whose_person_is_known_sees_the_whole_conversation(office):
    phone = office.tab()
    await phone.connect(identity=signed())
    await phone.say("С телефона")
    await office.inbox.write(lambda tx: close(tx, tx.message(1).conversation))
    laptop = office.tab()
    await laptop.connect()
    await laptop.say("Гостем")
    await laptop.until_texts("Гостем")
    await laptop.close()
    welcome = await laptop.connect(identity=signed())
    assert welcome["reset"] is True  # the cursor was the guest's
    await laptop.until_texts("С телефона", "Гостем")
    await phone.until_texts("С телефона", "Гостем")
    await laptop.close()
    assert (await laptop.connect(identity=signed()))["reset"] is False


async def test_the_guests_other_tab_is_sent_to_look_again(office):
    old = office.tab()
    await old.connect()
    await old.say("Я гость")
    await old.until_texts("Я гость")
    new = office.tab(old)
    await new.connect(identity=signed())
    assert await old.until_closed() == 1001
    welcome = await old.connect()
    assert (welcome["reset"], welcome["history"]) == (True, False)
    await new.say("Вошла")
    await new.until_texts("Я гость", "Вошла")
    assert old.texts == []


async def test_after_a_log_out_nothing_is_left(office):
    visitor = office.tab()
    await visitor.connect(identity=signed())
    await visitor.say("Тайна")
    await visitor.close()
    next_one = office.tab()
    assert (await next_one.connect())["history"] is False


async def test_a_message_that_is_sent_again_after_a_log_in_is_the_same(office):
    visitor = office.tab()
    await visitor.connect()
    first = await visitor.say("Здравствуйте", id="message-1")
    await visitor.close()
    await visitor.connect(identity=signed())
    again = await visitor.say("Здравствуйте", id="message-1")
    assert again["message"] == first["message"]
    assert len(await office.stored()) == 1


async def test_what_was_confirmed_is_not_written_over(asking):
    visitor = asking.tab()
    await visitor.connect(identity=signed(name="Анна", email="anna@example.ru"))
    await visitor.send("contact", name="Мэллори", email="m@example.ru", phone="+7 900 000 00 00", consent=True)
    await visitor.until("contact")
    await visitor.say("Здравствуйте")
    profile = (await customer(asking)).profile
    assert (profile.name, profile.email, profile.phone) == ("Анна", "anna@example.ru", "+7 900 000 00 00")


# --- the form


async def test_the_form_comes_before_the_chat(asking):
    visitor = asking.tab()
    welcome = await visitor.connect(language="ru")
    assert welcome["form"] == {
        "ask": [
            {"name": "name", "required": False},
            {"name": "email", "required": True},
            {"name": "phone", "required": False},
        ],
        "consent": {"text": "Согласен", "url": "https://a.ru/p"},
    }
    refused = await visitor.say("Здравствуйте", id="message-1")
    assert (refused["code"], refused["id"]) == ("form-first", "message-1")
    await visitor.send("contact", **GOOD)
    assert await visitor.until("contact") == {"type": "contact"}
    assert await asking.conversations() == []
    assert (await visitor.say("Здравствуйте", id="message-1"))["type"] == "ack"
    known = await customer(asking)
    assert (known.profile.name, known.profile.email, known.consented_at) == ("Анна", "anna@example.ru", START)
    assert known.profile.verified is False


async def test_a_contact_in_the_hello_is_enough(asking):
    visitor = asking.tab()
    assert "form" not in await visitor.connect(contact=GOOD)
    assert (await visitor.say("Здравствуйте"))["type"] == "ack"


async def test_a_wrong_contact_in_the_hello_is_told_and_asked_again(asking):
    visitor = asking.tab()
    welcome = await visitor.connect(contact={**GOOD, "email": "anna"}, language="en")
    assert "form" in welcome
    assert (visitor.frames[0]["code"], visitor.frames[0]["field"]) == ("bad-contact", "email")
    assert "e-mail" in visitor.frames[0]["message"]


async def test_who_has_filled_it_in_is_not_asked_again(asking):
    visitor = asking.tab()
    await visitor.connect(contact=GOOD)
    await visitor.say("Здравствуйте")
    await visitor.close()
    await asking.stop()
    await asking.start()
    assert "form" not in await visitor.connect()
    assert (await visitor.say("Ау"))["type"] == "ack"


async def test_filled_in_in_one_tab_is_filled_in_in_all(asking):
    first = asking.tab()
    await first.connect()
    second = asking.tab(first)
    await second.connect()
    await first.send("contact", **GOOD)
    await second.until("contact")
    assert (await second.say("Здравствуйте"))["type"] == "ack"


async def test_who_wrote_before_there_was_a_form_is_asked_for_what_is_missing(tmp_path):
    async with SiteOffice(tmp_path) as office:
        visitor = office.tab()
        await visitor.connect()
        await visitor.say("Раньше")
        office._settings["form"] = {"ask": ["name", "email"], "required": ["email"]}
        await office.stop()
        await office.start()
        assert (await visitor.connect())["form"]["ask"][1] == {"name": "email", "required": True}
        await visitor.send("contact", email="anna@example.ru")
        await visitor.until("contact")
        assert (await customer(office)).profile.email == "anna@example.ru"  # without waiting for a message


async def test_a_contact_is_taken_where_there_is_no_form(office):
    visitor = office.tab()
    await visitor.connect(contact={"name": "Анна", "consent": True})
    await visitor.say("Здравствуйте")
    known = await customer(office)
    assert (known.profile.name, known.consented_at) == ("Анна", None)


async def test_a_contact_that_changes_all_the_time_is_a_flood(tmp_path):
    async with SiteOffice(tmp_path, messages_per_minute=3) as office:
        visitor = office.tab()
        await visitor.connect()
        await visitor.say("Здравствуйте")
        for answer in ("contact", "contact", "error"):
            await visitor.send("contact", name=f"Анна {len(visitor.frames)}")
            frame = await visitor.until(answer)
        assert (frame["code"], frame["retry_after"]) == ("flood", 20)
        await office.passes(20)
        for _ in range(3):  # no news
            await visitor.send("contact", name="Анна")
            await visitor.until("contact")


KNOWN = Profile(name="Анна", email="anna@example.ru", verified=True)


@pytest.mark.parametrize(
    ("form", "known", "consented", "met", "asked"),
    [
        ({"ask": ["name"]}, Profile(), False, False, ["name"]),
        ({"ask": ["name"]}, Profile(), False, True, None),
        ({"ask": ["name"]}, KNOWN, False, False, None),
        ({"ask": ["name", "phone"], "required": ["phone"]}, KNOWN, False, True, ["phone"]),
        ({"ask": ["email"], "required": ["email"]}, KNOWN, False, False, None),
        ({"consent": "да"}, KNOWN, False, True, []),
        ({"consent": "да"}, Profile(), True, False, None),
    ],
)
def test_what_is_still_asked(form, known, consented, met, asked):
    left = unanswered(FormSettings(**form), known, consented=consented, met=met)
    assert (left and [field["name"] for field in left["ask"]]) == asked


@pytest.mark.parametrize(
    ("contact", "field"),
    [
        ({"email": ""}, "email"),
        ({"email": "anna"}, "email"),
        ({"email": "anna@example"}, "email"),
        ({"email": "a b@example.ru"}, "email"),
        ({"email": "<script>@example.ru"}, "email"),
        ({"email": "a" * 250 + "@b.ru"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"phone": "позвоните мне"}, "phone"),
        ({"phone": "1" * 20}, "phone"),
        ({"name": "я" * 65}, "name"),
        ({"consent": False}, "consent"),
    ],
)
def test_what_cannot_be_right_is_refused_by_its_field(contact, field):
    with pytest.raises(Refusal) as refused:
        filled_in(FormSettings(**FORM), Contact(**{**GOOD, **contact}), Profile(), consented=False)
    assert (refused.value.code, refused.value.field) == ("bad-contact", field)


@pytest.mark.parametrize("phone", ["+7 (900) 000-00-00", "8 900 000 00 00", "02-12-34"])
@pytest.mark.parametrize("email", ["a@b.co", "иван@почта.рф", "a.b+c@sub.example.com"])
def test_what_can_be_right_is_taken(phone, email):
    contact = Contact(email=email, phone=phone, consent=True)
    assert filled_in(FormSettings(**FORM), contact, Profile(), consented=False) == Profile(email=email, phone=phone)


# --- what the page knows


async def test_fields_come_with_the_first_message(office):
    visitor = office.tab()
    await visitor.connect(fields={"Тариф": "Про", "Корзина": 2, "Сумма": 99.5, "Постоянный": True, "Пусто": None})
    assert await office.conversations() == []
    await visitor.say("Здравствуйте")
    (conversation,) = await office.conversations()
    assert conversation.details == {"Тариф": "Про", "Корзина": "2", "Сумма": "99.5", "Постоянный": "✓"}


async def test_fields_replace_the_set_before_at_once_where_a_conversation_is_open(office):
    visitor = office.tab()
    await visitor.connect(fields={"Тариф": "Про"})
    await office.passes(0)  # there is nobody yet to know it of
    await visitor.say("Здравствуйте")
    await visitor.send("fields", fields={"Корзина": "2 товара"})
    await until_details(office, {"Корзина": "2 товара"})


async def until_details(office: SiteOffice, details: dict[str, str]) -> None:
    for _ in range(2000):
        if (await office.conversations())[0].details == details:
            return
        await office.passes(0)
    raise AssertionError((await office.conversations())[0].details)


async def test_fields_that_change_often_are_written_seldom(tmp_path, monkeypatch):
    async with SiteOffice(tmp_path) as office:
        visitor = office.tab()
        await visitor.connect()
        await visitor.say("Здравствуйте")
        writes = []
        write = office.inbox.write

        async def counted(work):
            writes.append(work)
            return await write(work)

        monkeypatch.setattr(office.inbox, "write", counted)
        for number in range(20):
            await visitor.send("fields", fields={"Шаг": number})
        await visitor.send("ping")
        await visitor.until("pong")
        await until(lambda: len(writes) == 1)
        await office.passes(5)
        await until_details(office, {"Шаг": "19"})
        assert len(writes) <= 2
        await visitor.send("fields", fields={"Шаг": "последний"})
        await visitor.send("ping")
        await visitor.until("pong")
        await visitor.close()
        await until_details(office, {"Шаг": "последний"})


async def test_fields_are_cut_and_cleaned(office):
    visitor = office.tab()
    await visitor.connect(fields={"и" * 50: "з" * 300, "a\nb\u202e": " c\nd ", "": "x", "y": "\u200b"})
    await visitor.say("Здравствуйте")
    (conversation,) = await office.conversations()
    assert conversation.details == {"и" * 40: "з" * 200, "a b": "c d"}
    await visitor.send("fields", fields={f"поле {number}": number for number in range(30)})
    await until_details(office, {f"поле {number}": str(number) for number in range(20)})


async def test_without_a_conversation_fields_reach_nobody(office):
    visitor = office.tab()
    await visitor.connect()
    await visitor.say("Здравствуйте")
    await office.inbox.write(lambda tx: close(tx, tx.message(1).conversation))
    await visitor.send("fields", fields={"Тариф": "Про"})
    await visitor.send("ping")
    await visitor.until("pong")
    assert await office.conversations() == []
    closed = await office.inbox.read(lambda tx: tx.conversation(tx.message(1).conversation))
    assert (closed.stage, closed.details) == (Stage.CLOSED, {})


@pytest.mark.parametrize(
    ("kind", "frame", "field"),
    [
        ("fields", {}, "fields"),
        ("fields", {"fields": []}, "fields"),
        ("fields", {"fields": {"a": []}}, "fields"),
        ("contact", {"email": 5}, "email"),
        ("contact", {"consent": "yes"}, "consent"),
        ("continue", {}, "channel"),
        ("message", {"id": "message-1", "text": "", "files": "x"}, "files"),
        ("message", {"id": "message-1", "text": "", "files": [5]}, "files"),
        ("message", {"id": "message-1", "text": "", "files": ["../x"]}, "files"),
        ("message", {"id": "message-1", "text": "x", "reply_to": "5"}, "reply_to"),
        ("message", {"id": "message-1", "text": "x", "reply_to": -1}, "reply_to"),
    ],
)
async def test_a_malformed_frame_names_its_field(office, kind, frame, field):
    visitor = office.tab()
    await visitor.connect()
    await visitor.send(kind, **frame)
    error = await visitor.until("error")
    assert (error["code"], error["field"]) == ("bad-frame", field)
    assert (await visitor.say("Здравствуйте"))["type"] == "ack"


@pytest.mark.parametrize(
    ("hello", "field"),
    [
        ({"identity": 5}, "identity"),
        ({"contact": "x"}, "contact"),
        ({"contact": {"email": 5}}, "contact.email"),
        ({"fields": 5}, "fields"),
    ],
)
async def test_a_malformed_hello_may_be_said_again(tmp_path, hello, field):
    async with SiteOffice(tmp_path) as office:
        visitor = office.tab()
        await visitor.open()
        await visitor.send("hello", v=1, secret=visitor.secret, **hello)
        error = await visitor.until("error")
        assert (error["code"], error["field"]) == ("bad-frame", field)
        await visitor.send("hello", v=1, secret=visitor.secret)
        await visitor.until("welcome")


async def test_a_person_who_leaves_is_forgotten(office):
    visitor = office.tab()
    await visitor.connect(identity=signed())
    await visitor.say("Здравствуйте")
    id = (await customer(office)).external_id
    assert id.startswith("user:")
    assert office.channel.sessions.present(id) == 1
    await visitor.close()
    await until(lambda: office.channel.sessions.present(id) == 0)
    assert office.channel.sessions._by_customer == {}
    assert await office.inbox.find(SHOP, id) is not None
