"""`check` against the Telegram emulator: a tick where all is well, a cross with the fix where it is not."""

import re
import socket
import sqlite3
import textwrap

import pytest
from aiohttp import web
from PIL import Image
from sqlite_utils import Database

from bridge.catalogue import Catalogue
from bridge.check import Line, Mark, Report, Section, bots, check
from bridge.check import web as web_check
from bridge.check.channels import check_site
from bridge.config import Config, load
from storage.migrations import migrations
from tests.emulators.telegram import Group, TelegramEmulator

DESK, HELPER, OWN = "9001:TEST", "9002:TEST", "9003:TEST"


@pytest.fixture
async def telegram():
    async with TelegramEmulator() as emulator:
        yield emulator


@pytest.fixture
def desk_bot(telegram):
    return telegram.add_bot(DESK, "desk_bot", "Desk")


@pytest.fixture
def sales(telegram, desk_bot):
    """A forum in which the desk's bot is an admin."""
    return telegram.group("Продажи", forum=True).add(desk_bot, admin=True)


@pytest.fixture
def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture
def config(telegram, tmp_path, free_port):
    """Reads a good config for the emulator, with changes: `config(sales.id, ("old", "new"), …)`."""

    def read(chat_id: int, *changes: tuple[str, str], more: str = "") -> Config:
        text = f"""\
            language = "ru"
            public_url = "http://127.0.0.1:{free_port}"
            [server]
            port = {free_port}
            [desk]
            token = "{DESK}"
            api_url = "{telegram.url}"
            [[group]]
            name = "sales"
            title = "Продажи"
            chat_id = {chat_id}
            [[channel]]
            kind = "site"
            name = "shop"
            group = "sales"
            origins = ["http://localhost:3000"]
            [[channel]]
            kind = "telegram"
            name = "tg"
            group = "sales"
            """
        text = textwrap.dedent(text) + textwrap.dedent(more)
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / "config.toml").write_text(text, encoding="utf-8")
        return load(tmp_path / "config.toml", {})

    return read


def crosses(report: Report) -> list[tuple[str, str]]:
    return with_mark(report, Mark.BAD)


def with_mark(report: Report, mark: Mark) -> list[tuple[str, str]]:
    return [(line.text, line.fix) for part in report.sections for line in part.lines if line.mark is mark]


def part(report: Report, title: str) -> Section:
    (found,) = (section for section in report.sections if section.title.startswith(title))
    return found


def texts(section: Section) -> list[str]:
    return [f"{line.mark.value} {line.text}" for line in section.lines]


class TestAllIsWell:
    async def test_there_are_only_ticks(self, config, sales):
        report = await check(config(sales.id))
        assert crosses(report) == []
        assert report.good
        assert texts(part(report, "[desk]")) == [
            "✓ токен действует: бот @desk_bot",
            "✓ обновления: опрос, вебхука нет",
        ]
        assert texts(part(report, "[[group]]")) == [
            "✓ группа «Продажи» найдена",
            "✓ темы включены: каждому клиенту — своя тема",
            "✓ бот — администратор: видит все сообщения и реакции",
            "✓ прав достаточно",
        ]
        assert "✓ клиенты пишут боту сотрудников: https://t.me/desk_bot" in texts(part(report, "[[channel]] tg"))

    async def test_the_table_is_for_reading(self, config, sales):
        table = (await check(config(sales.id))).table().splitlines()
        assert "[[group]] sales: Продажи" in table
        assert "  ✓ группа «Продажи» найдена" in table
        assert table[-1] == "Всё в порядке."
        assert "\x1b" not in "".join(table)

    async def test_the_table_is_in_english_too(self, config, sales):
        report = await check(config(sales.id - 1, ('"ru"', '"en"')))
        assert report.table().splitlines()[-1] == "To mend (✗): 1."
        assert not re.search("[а-я]", report.table(colours=True).replace("Продажи", ""))

    async def test_nothing_is_changed(self, config, sales, telegram, tmp_path):
        before = set(tmp_path.iterdir())
        await check(config(sales.id, ("[[group]]", "[[group]]\nfeed_topic = 7")))
        asked = {call.method for call in telegram.calls}
        assert asked <= {"getMe", "getWebhookInfo", "getChat", "getChatMember", "sendChatAction"}
        assert set(tmp_path.iterdir()) - before == {tmp_path / "config.toml"} - before

    async def test_an_older_server_is_understood(self, config, sales, telegram):
        telegram.version = (9, 0)
        assert crosses(await check(config(sales.id))) == []


class TestBot:
    async def test_a_dead_token(self, config, sales):
        report = await check(config(sales.id, (DESK, "9009:DEAD")))
        desk = part(report, "[desk]").lines
        assert [line.text for line in desk] == ["Telegram не знает этого токена"]
        assert "@BotFather" in desk[0].fix
        assert "9009:DEAD" not in report.table()

    async def test_no_network(self, config, sales, telegram):
        telegram.down = True
        report = await check(config(sales.id))
        (line,) = part(report, "[desk]").lines
        assert line.text.startswith(f"{telegram.url.removeprefix('http://')} не отвечает")
        assert "proxy" in line.fix
        assert texts(part(report, "Место для данных"))[-1].startswith("✓")

    async def test_a_server_that_keeps_silent(self, config, sales, telegram, monkeypatch):
        monkeypatch.setattr(bots, "TIMEOUT", 0.05)
        telegram.hold_next("getMe")
        report = await check(config(sales.id))
        assert "не отвечает" in texts(part(report, "[desk]"))[0]

    async def test_a_proxy_that_is_down(self, config, sales, free_port):
        proxy = f'[desk]\nproxy = "socks5://me:hush-hush@127.0.0.1:{free_port}"'
        report = await check(config(sales.id, ("[desk]", proxy)))
        (line,) = part(report, "[desk]").lines
        assert "не отвечает" in line.text
        assert "hush-hush" not in report.table()

    async def test_a_flood_limit(self, config, sales, telegram):
        telegram.fail_next("getMe", error=429, retry_after=77, times=2)
        report = await check(config(sales.id))
        assert texts(part(report, "[desk]")) == ["✗ Telegram просит подождать 77 с"]

    async def test_a_webhook_that_starves_polling(self, config, sales, desk_bot):
        desk_bot.webhook.url = "https://old.example.ru/secret/9001:TEST"
        report = await check(config(sales.id))
        ((text, fix),) = crosses(report)
        assert text == "у бота остался вебхук на old.example.ru: опрос с ним не работает"
        assert "deleteWebhook" in fix
        assert "secret" not in report.table()

    async def test_a_webhook_as_configured(self, config, sales, desk_bot):
        hooked = config(sales.id, ("[desk]", '[desk]\nupdates = "webhook"'))
        assert "· обновления: вебхук Otklik установит при запуске" in texts(part(await check(hooked), "[desk]"))
        desk_bot.webhook.url = f"{hooked.public_url}/hooks/desk"
        assert "✓ обновления: вебхук установлен" in texts(part(await check(hooked), "[desk]"))
        desk_bot.webhook.url = "https://old.example.ru/hook"
        assert "! вебхук ведёт на old.example.ru, а не на public_url" in texts(part(await check(hooked), "[desk]"))

    async def test_the_own_bot_of_a_channel(self, config, sales, telegram):
        own = config(sales.id, ('name = "tg"', f'name = "tg"\ntoken = "{OWN}"'))
        assert texts(part(await check(own), "[[channel]] tg")) == ["✗ Telegram не знает этого токена"]
        telegram.add_bot(OWN, "shop_bot", "Shop").webhook.url = "https://old.example.ru/"
        assert texts(part(await check(own), "[[channel]] tg")) == [
            "✓ токен действует: бот @shop_bot",
            "✗ у бота остался вебхук на old.example.ru: опрос с ним не работает",
            "· клиенты пишут сюда: https://t.me/shop_bot",
        ]


class TestGroup:
    @pytest.fixture
    def found(self, config):
        """The lines about the group, as text; a cross with its fix."""

        async def lines(chat_id: int, *changes: tuple[str, str]) -> list[str]:
            section = part(await check(config(chat_id, *changes)), "[[group]]")
            return [
                f"{line.mark.value} {line.text}" + (f" → {line.fix}" if line.fix else "") for line in section.lines
            ]

        return lines

    @pytest.mark.parametrize("wrong", ["-{0}", "{0}", "100{0}"])
    async def test_an_id_without_its_beginning_is_recognised(self, found, sales, wrong):
        short = str(sales.id).removeprefix("-100")
        assert await found(int(wrong.format(short))) == [
            f"✗ группа «Продажи» есть, но номер неполный → впишите chat_id = {sales.id}"
        ]

    async def test_an_unknown_chat_and_those_that_the_bot_has_seen(self, found, sales):
        lines = await found(-1)
        assert lines[0].startswith("✗ чата -1 бот не видит → добавьте бота в группу")
        assert lines[1:] == [f"· недавно бот видел группу «Продажи»: chat_id = {sales.id}"]

    async def test_looking_for_chats_confirms_no_update(self, found, sales, desk_bot, telegram):
        waiting = len(desk_bot.queue.pending)
        assert waiting
        await found(-1)
        assert len(desk_bot.queue.pending) == waiting

    async def test_the_bot_is_not_in_the_group(self, found, sales, desk_bot):
        sales.kick(desk_bot)
        assert await found(sales.id) == ["✗ бота нет в группе → добавьте бота в группу и сделайте администратором"]

    async def test_a_group_that_became_a_supergroup(self, found, telegram, desk_bot):
        old = telegram.group("Продажи", kind="group").add(desk_bot, admin=True)
        new = old.upgrade()
        assert await found(old.id) == [
            f"✗ группа стала супергруппой и получила новый номер → впишите chat_id = {new.id}"
        ]

    async def test_a_basic_group(self, found, telegram, desk_bot):
        basic = telegram.group("Продажи", kind="group").add(desk_bot, admin=True)
        lines = await found(basic.id)
        assert lines[1].startswith("✗ это обычная группа, а нужна супергруппа → владелец группы: Изменить")
        assert lines[-1] == "✓ прав достаточно"

    async def test_a_private_chat(self, found, telegram, desk_bot, sales):
        anna = telegram.person("Анна")
        await anna.starts(desk_bot)
        assert (await found(anna.id))[-1].startswith("✗ это не группа, а личный чат или канал")

    async def test_topics_forced_where_they_are_off(self, found, telegram, desk_bot):
        plain = telegram.group("Продажи").add(desk_bot, admin=True)
        assert "✓ темы выключены: сотрудники отвечают на сообщения" in await found(plain.id)
        forced = await found(plain.id, ("[[group]]", '[[group]]\nlayout = "topics"'))
        assert forced[1].startswith(
            '✗ layout = "topics", но темы в группе выключены → темы включает только человек, владелец группы'
        )

    async def test_the_topic_of_the_feed(self, found, sales, telegram):
        there = await sales.owner.creates_topic(sales, "Входящие")
        assert f"✓ тема {there.id} для входящих найдена" in await found(
            sales.id, ("[[group]]", f"[[group]]\nfeed_topic = {there.id}")
        )
        missing = await found(sales.id, ("[[group]]", "[[group]]\nfeed_topic = 99999"))
        assert missing[2].startswith("✗ темы 99999 в группе нет")

    async def test_missing_rights_are_named(self, found, telegram, desk_bot):
        group = telegram.group("Продажи", forum=True).add(
            desk_bot, admin=True, rights={"can_manage_topics": False, "can_pin_messages": False}
        )
        assert (await found(group.id))[-1] == (
            "✗ боту не хватает прав: «Закрепление сообщений», «Управление темами» → "
            "группа → Администраторы → бот: включите «Закрепление сообщений», «Управление темами»"
        )

    async def test_topics_need_no_right_where_there_are_none(self, found, telegram, desk_bot):
        group = telegram.group("Продажи").add(desk_bot, admin=True, rights={"can_manage_topics": False})
        assert (await found(group.id))[-1] == "✓ прав достаточно"
        forum = telegram.group("Продажи", forum=True).add(desk_bot, admin=True, rights={"can_manage_topics": False})
        assert (await found(forum.id, ("[[group]]", '[[group]]\nlayout = "replies"')))[-1] == "✓ прав достаточно"

    async def test_a_bot_that_is_no_admin_is_blind_in_privacy_mode(self, found, telegram, desk_bot):
        group = telegram.group("Продажи").add(desk_bot)
        assert (await found(group.id))[-1].startswith("✗ бот не администратор: из-за режима приватности")
        desk_bot.flags["can_read_all_group_messages"] = True
        assert (await found(group.id))[-1].startswith("✗ бот не администратор: не видит реакций")

    async def test_reactions_that_are_not_allowed(self, found, sales):
        sales.allow_reactions(["👍"])
        assert (await found(sales.id))[-1].startswith("! в группе разрешены не все реакции")


class TestHelpers:
    async def test_each_is_in_each_group(self, config, sales, telegram):
        helper = telegram.add_bot(HELPER, "helper_bot", "Helper")
        asked = config(sales.id, ("[desk]", f'[desk]\nhelpers = ["{HELPER}"]'))
        title = "[desk] Бот-помощник №1"
        assert "✗ Продажи: бота нет в группе" in texts(part(await check(asked), title))
        sales.add(helper)
        assert "✗ Продажи: в группе, но не администратор" in texts(part(await check(asked), title))
        sales.promote(helper)
        assert texts(part(await check(asked), title)) == [
            "✓ токен действует: бот @helper_bot",
            "✓ обновления: опрос, вебхука нет",
            "✓ Продажи: администратор",
        ]

    async def test_what_else_it_needs(self, config, telegram):
        helper = telegram.add_bot(HELPER, "helper_bot", "Helper")
        forum = telegram.group("Продажи", forum=True).add(helper, admin=True, rights={"can_manage_topics": False})
        basic = telegram.group("Старая", kind="group").add(helper, admin=True)
        title = "[desk] Бот-помощник №1"

        async def found(group: Group, *more: tuple[str, str]) -> Line:
            asked = config(group.id, ("[desk]", f'[desk]\nhelpers = ["{HELPER}"]'), *more)
            return part(await check(asked), title).lines[-1]

        line = await found(forum)
        assert line.text == "Продажи: администратор, но без права «Управление темами»"
        assert line.fix == "группа → Администраторы → бот: включите «Управление темами»"
        assert (await found(forum, ("[[group]]", '[[group]]\nlayout = "replies"'))).mark is Mark.GOOD
        line = await found(basic)
        assert line.text == "Продажи: обычная группа, в ней помощники не работают"
        assert line.fix.startswith("сделайте группу супергруппой")

    async def test_a_token_that_was_taken_back(self, config, sales):
        asked = config(sales.id, ("[desk]", f'[desk]\nhelpers = ["{HELPER}"]'))
        (line,) = part(await check(asked), "[desk] Бот-помощник №1").lines
        assert line.mark is Mark.BAD and "@BotFather" in line.fix


class TestWeb:
    @pytest.fixture
    async def answering(self, free_port):
        """Something that answers at the port of the config: `await answering(status, text)`."""
        runners = []

        async def serve(status: int, text: str = "", headers: dict[str, str] | None = None) -> None:
            async def answer(_: web.Request) -> web.Response:
                return web.Response(status=status, text=text, headers=headers)

            application = web.Application()
            application.router.add_get("/{path:.*}", answer)
            runner = web.AppRunner(application)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", free_port).start()
            runners.append(runner)

        yield serve
        for runner in runners:
            await runner.cleanup()

    async def lines(self, config: Config) -> list[str]:
        return texts(part(await check(config), "Веб-сервер"))

    async def test_public_url_leads_here(self, config, sales, free_port):
        assert await self.lines(config(sales.id)) == [
            f"✓ 127.0.0.1:{free_port} свободен, Otklik сможет на нём работать",
            f"✓ http://127.0.0.1:{free_port} ведёт к Otklik",
        ]

    async def test_otklik_runs_already(self, config, sales, free_port, answering):
        await answering(503)
        assert await self.lines(config(sales.id)) == [
            f"✓ Otklik сейчас работает на 127.0.0.1:{free_port}",
            f"✓ http://127.0.0.1:{free_port} ведёт к Otklik",
        ]

    async def test_another_program_has_the_port(self, config, sales, free_port, answering):
        await answering(404)
        assert await self.lines(config(sales.id)) == [f"✗ 127.0.0.1:{free_port} занят другой программой"]

    async def test_public_url_leads_elsewhere(self, config, sales, telegram):
        settings = config(sales.id).model_copy(update={"public_url": telegram.url})
        assert (await self.lines(settings))[-1] == f"✗ {telegram.url} отвечает (код 404), но это не Otklik"

    async def test_a_word_of_somebody_else_is_not_taken_for_ours(self):
        section = _section()
        web_check._judge(section, "https://x.example", web_check.Reply(200, "ok"), "secret word")
        web_check._judge(
            section, "https://x.example", web_check.Reply(301, "", "https://y.example/healthz"), "word"
        )
        assert texts(section) == [
            "✗ https://x.example отвечает (код 200), но это не Otklik",
            "✗ https://x.example пересылает на https://y.example",
        ]

    async def test_public_url_does_not_answer(self, config, sales):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))  # bound, but not listening: nobody else gets it meanwhile
            url = f"http://127.0.0.1:{closed.getsockname()[1]}"
            settings = config(sales.id).model_copy(update={"public_url": url})
            assert (await self.lines(settings))[-1] == f"✗ {url} не отвечает: соединиться не удалось"

    async def test_an_address_that_is_not_ours(self, config, sales):
        lines = await self.lines(config(sales.id, ("[server]", '[server]\nhost = "192.0.2.1"')))
        assert lines[0].startswith("✗ на 192.0.2.1:")


class TestOrigins:
    async def found(self, config: Config) -> list[str]:
        return texts(part(await check(config), "[[channel]] shop"))

    async def test_what_browsers_would_refuse(self, config, sales):
        origins = '["https://shop.example.ru", "http://shop.example.ru", "*"]'
        settings = config(sales.id, ('["http://localhost:3000"]', origins))
        public = settings.model_copy(update={"public_url": "http://192.0.2.1"})
        section = _section()
        check_site(section, public.channel("shop"), public.public_url)
        assert texts(section)[:3] == [
            "✗ https://shop.example.ru открывается по https, а public_url — по http: браузеры не загрузят виджет",
            "! http://shop.example.ru без шифрования: браузеры передают с него всё открыто",
            '! origins = "*": виджет может поставить любой сайт',
        ]

    async def test_what_else_a_widget_is_given(self, config, sales, tmp_path):
        Image.new("RGB", (10, 10)).save(tmp_path / "logo.png")
        (tmp_path / "anna.png").write_text("no picture")
        tables = (
            'identity_secret = "0123456789abcdef0123456789abcdef"\navatar = "logo.png"\ncontinue_in = ["tg"]\n'
            '[channel.hours]\ntimezone = "Europe/Moscow"\nopen = ["daily 00:00-24:00"]\n'
        )
        settings = config(
            sales.id,
            ('origins = ["http://localhost:3000"]\n', f'origins = ["http://localhost:3000"]\n{tables}'),
            more='[[operator]]\nid = 7\navatar = "anna.png"\n',
        )
        lines = await self.found(settings)
        assert "✓ посетителей, вошедших на сайт, узнаём по подписи вашего сервера" in lines
        assert "✓ сейчас открыто: Круглосуточно" in lines
        assert f"✓ картинка {tmp_path / 'logo.png'} подходит" in lines
        assert any(line.startswith(f"✗ {tmp_path / 'anna.png'} не показать как картинку") for line in lines)
        assert "✓ из чата можно продолжить в канале tg: https://t.me/desk_bot" in lines

    async def test_a_channel_in_which_nobody_can_go_on(self, config, sales):
        more = 'token = "9999:TEST"\n'
        origins = 'origins = ["http://localhost:3000"]\n'
        lines = await self.found(config(sales.id, (origins, origins + 'continue_in = ["tg"]\n'), more=more))
        assert "✗ в канале tg сейчас не продолжить: его бот не отвечает" in lines

    async def test_the_page_of_otklik_itself_and_the_tag(self, config, sales):
        settings = config(sales.id)
        assert await self.found(settings) == [
            "✓ виджет можно поставить на http://localhost:3000",
            f"· {settings.public_url} нет в origins: добавьте, если виджет стоит и там",
            f'· код для страниц: <script src="{settings.public_url}/widget.js" data-channel="shop" async></script>',
        ]


class TestStorage:
    async def lines(self, config: Config) -> list[str]:
        return texts(part(await check(config), "Место для данных"))

    async def test_a_new_place(self, config, sales, tmp_path):
        assert await self.lines(config(sales.id)) == [
            f"✓ база {tmp_path / 'otklik.db'} будет создана при запуске",
            f"✓ в папку {tmp_path / 'media'} можно писать",
        ]

    async def test_a_database_of_ours(self, config, sales, tmp_path):
        database = Database(sqlite3.connect(tmp_path / "otklik.db"))
        migrations.apply(database)
        database.close()
        assert (await self.lines(config(sales.id)))[0] == f"✓ база {tmp_path / 'otklik.db'} подходит"

    async def test_a_database_from_the_future(self, config, sales, tmp_path):
        database = Database(sqlite3.connect(tmp_path / "otklik.db"))
        migrations.apply(database)
        row = {"migration_set": "otklik", "name": "m999_later", "applied_at": ""}
        database[migrations.migrations_table].insert(row)
        database.close()
        assert "более новая версия" in (await self.lines(config(sales.id)))[0]

    async def test_a_database_of_another_program(self, config, sales, tmp_path):
        database = Database(sqlite3.connect(tmp_path / "otklik.db"))
        database["notes"].insert({"text": "milk"})
        database.close()
        assert "база другой программы" in (await self.lines(config(sales.id)))[0]

    async def test_a_file_that_is_no_database(self, config, sales, tmp_path):
        (tmp_path / "otklik.db").write_text("not a database at all, but long enough to have a header" * 20)
        assert "не база SQLite" in (await self.lines(config(sales.id)))[0]

    async def test_places_that_cannot_be_written(self, config, sales, tmp_path):
        (tmp_path / "file").write_text("")
        storage = '[storage]\npath = "file/otklik.db"\nmedia = "/proc/nowhere/media"\n[server]'
        lines = await self.lines(config(sales.id, ("[server]", storage)))
        assert lines[0].startswith(f"✗ в {tmp_path / 'file'} нельзя писать")
        assert lines[1].startswith("✗ в /proc/nowhere/media нельзя писать")


class TestTogether:
    async def test_one_broken_check_hides_no_other(self, config, sales, monkeypatch):
        async def broken(section, **_):
            raise LookupError("inside")

        monkeypatch.setattr("bridge.check.check_storage", broken)
        report = await check(config(sales.id))
        assert crosses(report)[0][0] == "проверка не удалась: LookupError"
        assert len(crosses(report)) == 1
        assert texts(part(report, "[[group]]"))[-1] == "✓ прав достаточно"


def _section() -> Section:
    return Section("", Catalogue("ru"))
