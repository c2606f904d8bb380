"""config.toml: good ones are read, bad ones are refused with every mistake, its place and no secrets."""

import re
import textwrap
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bridge.channels import KINDS
from bridge.channels.site.settings import FormSettings, HoursSettings, InvitationSettings, SiteSettings
from bridge.channels.telegram.settings import TelegramSettings
from bridge.config import Config, ConfigError, load
from bridge.config.models import (
    DeskSettings,
    GroupSettings,
    OperatorSettings,
    ServerSettings,
    StorageSettings,
    WebSettings,
)
from bridge.config.places import find_lines

TOKEN = "123456789:AAEsecretsecretsecretsecretsecret01"
OTHER = "987654321:AAEothersecretothersecretothersec"
GOOD = f"""\
language = "ru"
public_url = "https://chat.example.ru/"

[desk]
token = "{TOKEN}"

[[group]]
name = "sales"
title = "Продажи"
chat_id = -1001234567890

[[channel]]
kind = "site"
name = "shop"
group = "sales"
origins = ["https://Shop.example.ru/"]

[[channel]]
kind = "telegram"
name = "tg"
group = "sales"
"""


@pytest.fixture
def read(tmp_path):
    """Loads a text as config.toml."""

    def reading(text: str, **environ: str) -> Config:
        path = tmp_path / "config.toml"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return load(path, environ)

    return reading


@pytest.fixture
def mistakes(read):
    """Every mistake of a text, a line each."""

    def reading(text: str, **environ: str) -> list[str]:
        with pytest.raises(ConfigError) as refused:
            read(text, **environ)
        return str(refused.value).splitlines()

    return reading


class TestGood:
    def test_the_contract_is_read(self, read, tmp_path):
        config = read(GOOD)
        site, telegram = config.channels
        assert config.public_url == "https://chat.example.ru"
        assert (config.server.host, config.server.port) == ("127.0.0.1", 8080)
        assert config.desk.token.get_secret_value() == TOKEN
        assert config.desk.helpers == ()
        assert config.group("sales").chat_id == -1001234567890
        assert config.group("sales").layout == "auto"
        assert isinstance(site, SiteSettings)
        assert site.origins == ("https://shop.example.ru",)
        assert isinstance(telegram, TelegramSettings)
        assert telegram.token is None

    def test_the_topic_general_is_no_topic(self, read):
        assert read(GOOD.replace("[[group]]", "[[group]]\nfeed_topic = 1")).groups[0].feed_topic is None
        assert read(GOOD.replace("[[group]]", "[[group]]\nfeed_topic = 5")).groups[0].feed_topic == 5

    def test_paths_lie_beside_the_config_file(self, read, tmp_path, monkeypatch):
        monkeypatch.chdir("/")
        storage = read(GOOD + '\n[storage]\nmedia = "/srv/media"\n').storage
        assert storage.path == tmp_path / "otklik.db"
        assert storage.media == Path("/srv/media")

    def test_titles_are_made_up_from_kind_and_name(self, read):
        assert [channel.title for channel in read(GOOD).channels] == ["Сайт · shop", "Telegram · tg"]
        english = read(GOOD.replace('"ru"', '"en"').replace('title = "Продажи"\n', ""))
        assert english.channels[0].title == "Site · shop"
        assert english.groups[0].title == "sales"

    def test_a_telegram_channel_takes_the_desks_server(self, read):
        own_server = GOOD.replace("[desk]", '[desk]\napi_url = "http://127.0.0.1:8081/"')
        assert read(own_server).channel("tg").api_url == "http://127.0.0.1:8081"
        assert read(GOOD).channel("tg").api_url == "https://api.telegram.org"

    def test_environment_variables_are_put_in_anywhere(self, read):
        text = GOOD.replace(TOKEN, "${BOT}:${KEY}").replace("-1001234567890", '"${CHAT}"')
        bot, key = TOKEN.split(":")
        config = read(text, BOT=bot, KEY=key, CHAT="-100200")
        assert config.desk.token.get_secret_value() == TOKEN
        assert config.groups[0].chat_id == -100200

    def test_a_webhook_without_a_secret_gets_one_that_stays_the_same(self, read):
        text = GOOD.replace("[desk]", '[desk]\nupdates = "webhook"')
        first, again = read(text).desk.webhook_secret, read(text).desk.webhook_secret
        other = read(text.replace(TOKEN, OTHER)).desk.webhook_secret
        assert first == again != other
        assert len(first.get_secret_value()) == 64
        assert read(text.replace("[desk]", '[desk]\nwebhook_secret = "mine"')).desk.webhook_secret != first
        assert read(GOOD).desk.webhook_secret is None

    def test_a_file_with_a_byte_order_mark_is_read(self, tmp_path):
        path = tmp_path / "config.toml"
        path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
        assert load(path, {}).language == "ru"

    @pytest.mark.parametrize(
        ("written", "read_as"),
        [
            ("https://shop.example.ru", "https://shop.example.ru"),
            ("HTTPS://Shop.Example.RU:443/", "https://shop.example.ru"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("https://магазин.рф", "https://xn--80aairftm.xn--p1ai"),
            ("http://[::1]:80", "http://[::1]"),
            ("*", "*"),
        ],
    )
    def test_an_origin_is_read_as_browsers_send_it(self, read, written, read_as):
        assert read(GOOD.replace("https://Shop.example.ru/", written)).channel("shop").origins == (read_as,)

    def test_settings_are_frozen(self, read):
        with pytest.raises(ValidationError):
            read(GOOD).desk.posts_per_minute = 1


class TestPlaces:
    def test_all_mistakes_come_at_once_each_with_its_place(self, mistakes):
        assert mistakes(
            f"""\
            language = "ru"
            public_ulr = "https://chat.example.ru"

            [server]
            port = "eighty"

            [desk]
            token = "${{DESK_TOKEN}}"
            helpers = [
                "{OTHER}",  # the first
                "nonsense",
            ]

            [[group]]
            name = "sales"
            chatid = -1001234567890
            layout = "topic"

            [[channel]]
            kind = "site"
            name = "shop"
            group = "sale"
            origins = ["https://shop.example.ru", "shop.example.ru"]

            [[channel]]
            kind = "vk"
            name = "shop"
            group = "sales"
            """
        ) == [
            'config.toml:2: public_ulr: неизвестный ключ; может быть, вы имели в виду "public_url"?',
            "config.toml:5: [server] → port: ожидалось целое число",
            "config.toml:8: [desk] → token: переменная окружения DESK_TOKEN не задана",
            "config.toml:11: [desk] → helpers[1]: это не похоже на токен бота: он вида 123456789:AAE… "
            "и выдаётся @BotFather",
            "config.toml:14: [[group]] «sales» → chat_id: обязательный ключ не задан",
            'config.toml:16: [[group]] «sales» → chatid: неизвестный ключ; может быть, вы имели в виду "chat_id"?',
            "config.toml:17: [[group]] «sales» → layout: ожидалось одно из: auto, replies, topics",
            "config.toml:19: [[channel]] «shop»: для виджета на сайте нужен public_url: адрес, по которому "
            "браузеры видят Otklik",
            'config.toml:22: [[channel]] «shop» → group: группы «sale» нет; может быть, вы имели в виду "sales"?',
            "config.toml:23: [[channel]] «shop» → origins[1]: не хватает https://; может быть, "
            'вы имели в виду "https://shop.example.ru"?',
            "config.toml:25: [[channel]] «shop» → community_id: обязательный ключ не задан",
            "config.toml:25: [[channel]] «shop» → token: обязательный ключ не задан",
            "config.toml:27: [[channel]] «shop» → name: имя «shop» уже занято выше",
        ]

    def test_a_table_without_a_name_is_counted(self, mistakes):
        assert mistakes(GOOD.replace('name = "tg"\n', "")) == [
            "config.toml:18: [[channel]] №2 → name: обязательный ключ не задан"
        ]

    def test_words_are_english_where_the_file_says_so(self, mistakes):
        assert mistakes(GOOD.replace('"ru"', '"en"').replace('group = "sales"', 'group = "buyers"', 1)) == [
            "config.toml:15: [[channel]] “shop” → group: there is no group “buyers”; there are: sales"
        ]

    def test_words_follow_the_system_where_the_file_does_not_say(self, mistakes):
        wrong = GOOD.replace('language = "ru"', "language = 7")
        assert mistakes(wrong, LANG="en_US.UTF-8") == ["config.toml:1: language: expected one of: ru, en"]
        assert mistakes(wrong, LANG="C.UTF-8") == ["config.toml:1: language: ожидалось одно из: ru, en"]

    def test_lines_of_every_shape_of_toml(self):
        lines = find_lines(
            textwrap.dedent(
                '''\
                plain = 1  # [not.a.table]
                dotted.key = 'it is'
                text = """
                [[not]]
                a = 1
                """

                [[channel]]
                origins = [ "#1",
                  # [ a remark
                  "two", [3, 4],

                  "five" ]
                [channel.more]
                x = { y = 1, z = [1, 2] }
                [[channel]]
                "quoted key" = "\\"]"
                '''
            )
        )
        assert lines == {
            ("plain",): 1,
            ("dotted",): 2,
            ("dotted", "key"): 2,
            ("text",): 3,
            ("channel",): 8,
            ("channel", 0): 8,
            ("channel", 0, "origins"): 9,
            ("channel", 0, "origins", 0): 9,
            ("channel", 0, "origins", 1): 11,
            ("channel", 0, "origins", 2): 11,
            ("channel", 0, "origins", 3): 13,
            ("channel", 0, "more"): 14,
            ("channel", 0, "more", "x"): 15,
            ("channel", 1): 16,
            ("channel", 1, "quoted key"): 17,
        }

    @given(st.text(alphabet="a.=[]{}\"'#\n\\, 1", max_size=60))
    def test_the_search_for_lines_ends_on_any_text(self, text):
        assert all(1 <= line <= text.count("\n") + 1 for line in find_lines(text).values())


class TestMistakes:
    """One mistake each, put into a good file: (what to replace, by what, what is said)."""

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("[desk]", "[desc]", "[desk]: нет раздела [desk]"),
            ("[desk]", '[desk]\npublic_url = "x"', "[desk] → public_url: ключ public_url пишется в начале"),
            ("[desk]", "[desk]\ncolour = 1", "неизвестный ключ; здесь бывают: token, api_url, proxy"),
            ("[desk]", "[desk]\nposts_per_minute = 0", "→ posts_per_minute: слишком мало: можно от 1"),
            ("[desk]", "[desk]\nposts_per_minute = true", "→ posts_per_minute: ожидалось целое число"),
            ("[desk]", '[desk]\nproxy = "10.0.0.1:3128"', "→ proxy: ожидался прокси вида"),
            ("[desk]", '[desk]\napi_url = "api.telegram.org"', "→ api_url: ожидался адрес вида"),
            ("[desk]", '[desk]\nhelpers = "x"', "→ helpers: ожидался список"),
            ("[desk]", f'[desk]\nhelpers = ["{TOKEN}"]', "→ helpers[0]: этот бот уже указан выше"),
            ("[desk]", '[desk]\nupdates = "webhook"\nwebhook_secret = "a b"', "→ webhook_secret: можно только"),
            ("[desk]", "[server]\nport = 70000\n[desk]", "[server] → port: порт — число от 1 до 65535"),
            ("[desk]", '[server]\ntrusted_proxies = ["nginx"]\n[desk]', "trusted_proxies[0]: ожидался IP-адрес"),
            ("[desk]", '[server]\nmetrics = "on"\n[desk]', "→ metrics: ожидалось одно из: loopback, off, all"),
            ("[desk]", '[storage]\npath = ""\n[desk]', "[storage] → path: значение пустое"),
            ("[desk]", "server = 1\n[desk]", "server]: ожидался раздел"),
            (f'"{TOKEN}"', "5", "[desk] → token: ожидалась строка в кавычках"),
            (f'"{TOKEN}"', '"${lower case}"', "ожидалось имя переменной окружения"),
            ("[[group]]", "[group]", "[[group]]: раздел пишется в двойных скобках: [[group]]"),
            ("-1001234567890", '"@sales"', "→ chat_id: ожидался номер чата вида"),
            ("-1001234567890", "0", "→ chat_id: ожидался номер чата вида"),
            ("-1001234567890", '-100\nlayout = "replies"\nfeed_topic = 5', "feed_topic действует только"),
            ('name = "sales"', 'name = "Sales!"', "→ name: имя — от 1 до 32 знаков"),
            ('title = "Продажи"', f'title = "{"я" * 65}"', "→ title: слишком длинно: можно не больше 64"),
            ('name = "tg"', 'name = "desk"', "→ name: имя «desk» занято самим Otklik"),
            ('name = "tg"', 'name = "tg"\nupdates = "webhook"', "задайте updates там"),
            ('[[channel]]', f'[[channel]]\nkind="telegram"\nname="b"\ntoken="{TOKEN}"\ngroup="sales"\n[[channel]]',
             "на боте сотрудников уже есть канал"),
            ('kind = "site"', 'kind = "icq"', "→ kind: вида «icq» нет; есть: site, telegram"),
            ('kind = "site"\n', "", "→ kind: не указан вид канала; есть: site, telegram"),
            ('"https://Shop.example.ru/"', "", "→ origins: список пуст"),
            ("https://Shop.example.ru/", "https://a.ru/shop", 'без логина: "https://a.ru"'),
            ("https://Shop.example.ru/", "https://*.a.ru", "звёздочка в адресе не действует"),
            ("https://Shop.example.ru/", "shop", "→ origins[0]: ожидался адрес сайта"),
            ("https://chat.example.ru/", "chat.example.ru", "public_url: ожидался адрес вида"),
            ('language = "ru"', 'language = "de"', "language: ожидалось одно из: ru, en"),
        ],
    )  # fmt: skip
    def test_is_told_in_words(self, mistakes, old, new, said):
        assert old in GOOD
        found = mistakes(GOOD.replace(old, new, 1))
        assert any(said in line for line in found), found

    def test_two_groups_cannot_share_a_chat(self, mistakes):
        text = GOOD + '\n[[group]]\nname = "support"\nchat_id = -1001234567890\n'
        assert mistakes(text) == [
            "config.toml:25: [[group]] «support» → chat_id: чат -1001234567890 уже у другой группы: "
            "у каждой группы свой чат"
        ]

    def test_two_channels_cannot_share_a_bot(self, mistakes):
        channel = '\n[[channel]]\nkind = "telegram"\nname = "{}"\ngroup = "sales"\ntoken = "{}"\n'
        same_bot = OTHER.split(":")[0] + ":AAEanotherkeyofthesamebotafterrevoking"
        text = GOOD + channel.format("one", OTHER) + channel.format("two", same_bot)
        assert mistakes(text) == [
            "config.toml:33: [[channel]] «two» → token: этот бот уже занят: у каждого канала Telegram свой бот"
        ]

    def test_webhooks_need_an_address_that_telegram_calls(self, mistakes, read):
        hooked = GOOD.replace("[desk]", '[desk]\nupdates = "webhook"')
        plain = hooked.replace("https://chat", "http://chat")
        assert [line.partition(": ")[2] for line in mistakes(plain)] == [
            "[desk] → updates: Telegram присылает вебхуки только на https и порты 443, 80, 88, 8443: "
            'поправьте public_url или поставьте updates = "polling"'
        ]
        own_server = plain.replace("[desk]", '[desk]\napi_url = "http://127.0.0.1:8081"')
        assert read(own_server).desk.updates == "webhook"

    def test_an_empty_file_says_what_is_needed(self, mistakes):
        assert mistakes("") == [
            "config.toml: [desk]: нет раздела [desk] с токеном бота сотрудников. Без Telegram сотрудники могут "
            "работать только в браузере на этой машине: [web] local = true",
            "config.toml: [[group]]: нужен хотя бы один раздел [[group]]",
            "config.toml: [[channel]]: нужен хотя бы один раздел [[channel]]",
        ]
        assert mistakes("group = []\nchannel = []\n")[1:] == [
            "config.toml:1: [[group]]: нужен хотя бы один раздел [[group]]",
            "config.toml:2: [[channel]]: нужен хотя бы один раздел [[channel]]",
        ]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('a = "b\n', "config.toml:1:7: не закрыта кавычка"),
            ("a = 'b\n", "config.toml:1: не закрыта кавычка"),
            ("a = 1\nb = sales\n", "config.toml:2:5: непонятное значение"),
            ("a = 1\na = 2\n", "config.toml:2:6: этот ключ уже задан выше"),
            ("[desk]\n[desk]\n", "config.toml:2:6: такой раздел уже есть выше"),
            ("a = 1 2\n", "config.toml:1:7: после значения лишнее"),
            ("\na: 1\n", "config.toml:2:2: ожидалось «ключ = значение»"),
            ("a = [1\nb = 2", "config.toml:2:1: список не закрыт"),
            ('a = "C:\\dir"\n', "config.toml:1:10: обратная черта"),
            ("a = 1\n[desk\n", "config.toml:2:6: ошибка в записи TOML: Expected ']'"),
        ],
    )
    def test_slips_in_toml_are_told_with_line_and_column(self, mistakes, text, said):
        (line,) = mistakes(text)
        assert line.startswith(said)

    def test_a_file_in_another_encoding_is_refused(self, tmp_path):
        path = tmp_path / "config.toml"
        path.write_bytes("title = 'Продажи'".encode("cp1251"))
        with pytest.raises(ConfigError, match="не в кодировке UTF-8"):
            load(path, {})

    def test_a_folder_is_refused(self, tmp_path):
        with pytest.raises(ConfigError, match="не удаётся прочитать файл"):
            load(tmp_path, {})


class TestSite:
    """The widget's keys, tables within its table, and how operators are shown."""

    SITE = """\
color = "#ABC"
avatar = "logo.png"
identity_secret = "0123456789abcdef0123456789abcdef"
continue_in = ["tg"]

[channel.invitation]
text = "  Помочь? "
pages = ["/kettles*", "*"]

[channel.form]
ask = ["name", "email"]
required = ["email"]
consent = "Согласен"
consent_url = "https://shop.example.ru/privacy?a=1#b"

[channel.hours]
timezone = "Europe/Moscow"
open = ["mon-fri 09:00-18:00"]

[[operator]]
id = 7
name = "Анна"
avatar = "/srv/anna.png"
"""
    ORIGINS = 'origins = ["https://Shop.example.ru/"]\n'

    @pytest.fixture
    def site(self):
        return GOOD.replace(self.ORIGINS, self.ORIGINS + self.SITE)

    def test_is_read(self, read, site, tmp_path):
        config = read(site)
        shop = config.channel("shop")
        assert shop.color == "#aabbcc"
        assert shop.avatar == tmp_path / "logo.png"
        assert shop.continue_in == ("tg",)
        assert (shop.invitation.text, shop.invitation.after) == ("Помочь?", 30)
        assert (shop.form.ask, shop.form.required) == (("name", "email"), ("email",))
        assert shop.hours.open == ("mon-fri 09:00-18:00",)
        assert (config.operators[0].id, config.operators[0].avatar) == (7, Path("/srv/anna.png"))

    def test_needs_none_of_it(self, read):
        shop = read(GOOD).channel("shop")
        assert (shop.form, shop.hours, shop.invitation, shop.identity_secret) == (None, None, None, None)
        assert read(GOOD).operators == ()

    def test_its_secret_is_kept_out_of_the_log(self, read, site):
        secret = "0123456789abcdef0123456789abcdef"
        assert secret in set(read(site).secrets())
        assert secret not in repr(read(site))

    def test_all_mistakes_come_at_once_each_with_its_place(self, mistakes):
        site = """\
color = "red"
identity_secret = "short"
continue_in = ["tgg", "shop", "nowhere"]
positoin = "left"
[channel.invitation]
after = 0
pages = ["/a", "https://shop.example.ru/b"]
[channel.form]
ask = ["name", "age"]
consent_url = "shop.example.ru"
greeting = "?"
[channel.hours]
timezone = "Europe/Moskow"
open = ["mon-fri 09:00-18:00", "weekend"]
texst = "?"
[[operator]]
id = 7
[[operator]]
id = 7
nmae = "Анна"
"""
        assert mistakes(GOOD.replace(self.ORIGINS, self.ORIGINS + site)) == [
            "config.toml:17: [[channel]] «shop» → color: ожидался цвет вида #2457d6",
            "config.toml:18: [[channel]] «shop» → identity_secret: секрет короче 32 знаков. Сделать хороший: "
            'python -c "import secrets; print(secrets.token_urlsafe(48))"',
            "config.toml:19: [[channel]] «shop» → continue_in[0]: канала «tgg» нет; может быть, вы имели в виду "
            '"tg"?',
            "config.toml:19: [[channel]] «shop» → continue_in[1]: «shop» — тоже сайт: продолжить можно только "
            "в мессенджере",
            "config.toml:19: [[channel]] «shop» → continue_in[2]: канала «nowhere» нет; продолжить можно в: tg",
            "config.toml:20: [[channel]] «shop» → positoin: неизвестный ключ; может быть, вы имели в виду "
            '"position"?',
            "config.toml:21: [[channel]] «shop» → invitation.text: обязательный ключ не задан",
            "config.toml:22: [[channel]] «shop» → invitation.after: слишком мало: можно от 1",
            "config.toml:23: [[channel]] «shop» → invitation.pages[1]: ожидался путь страницы вида /catalog*: "
            "без адреса сайта, * — что угодно",
            "config.toml:25: [[channel]] «shop» → form.ask[1]: ожидалось одно из: name, email, phone",
            "config.toml:26: [[channel]] «shop» → form.consent_url: ожидался адрес страницы вида "
            "https://shop.example.ru/privacy",
            "config.toml:27: [[channel]] «shop» → form.greeting: ключ greeting пишется выше, до [channel.form]",
            "config.toml:29: [[channel]] «shop» → hours.timezone: такого часового пояса нет; может быть, вы имели "
            'в виду "Europe/Moscow"?',
            "config.toml:30: [[channel]] «shop» → hours.open[1]: ожидались часы вида "
            '"mon-fri 09:00-18:00" или "sat 10:00-13:00, 14:00-18:00"',
            "config.toml:31: [[channel]] «shop» → hours.texst: неизвестный ключ; может быть, вы имели в виду "
            '"text"?',
            "config.toml:35: [[operator]] №2 → id: сотрудник 7 уже описан выше",
            'config.toml:36: [[operator]] №2 → nmae: неизвестный ключ; может быть, вы имели в виду "name"?',
        ]

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ('required = ["email"]', 'required = ["phone"]', "→ form.required: этого нет в ask: phone"),
            ('consent = "Согласен"\n', "", "→ form.consent_url: не задан consent"),
            ('ask = ["name",', 'colour = 1\nask = ["name",', "здесь бывают: ask, required, consent, consent_url"),
            ('open = ["mon-fri 09:00-18:00"]', "open = []", "→ hours.open: список пуст"),
            ('timezone = "Europe/Moscow"', 'timezone = "?"', "→ hours.timezone: ожидался часовой пояс"),
            ('text = "  Помочь? "', 'text = " "', "→ invitation.text: значение пустое"),
            ('avatar = "logo.png"', 'avatar = ""', "→ avatar: значение пустое"),
            ('color = "#ABC"', 'color = "#abcd"', "→ color: ожидался цвет"),
            ('color = "#ABC"', 'theme = "blue"', "→ theme: ожидалось одно из: auto, light, dark"),
            ('color = "#ABC"', 'operators = "all"', "→ operators: ожидалось одно из: name, first-name, hidden"),
            ('color = "#ABC"', "file_limit = -1", "→ file_limit: слишком мало: можно от 0"),
            ("[[operator]]", "[operator]", "[[operator]]: раздел пишется в двойных скобках: [[operator]]"),
            ("id = 7", 'id = "anna"', "[[operator]] «Анна» → id: ожидалось целое число"),
        ],
    )  # fmt: skip
    def test_one_mistake_is_told_in_words(self, mistakes, site, old, new, said):
        assert old in site
        found = mistakes(site.replace(old, new, 1))
        assert any(said in line for line in found), found

    def test_a_form_that_asks_nothing(self, mistakes):
        form = self.ORIGINS + "[channel.form]\nask = []\n"
        assert mistakes(GOOD.replace(self.ORIGINS, form)) == [
            "config.toml:17: [[channel]] «shop» → form: форма ничего не спрашивает: нужен ask или consent"
        ]

    def test_a_table_in_place_of_a_value_and_the_other_way_round(self, mistakes):
        wrong = self.ORIGINS + "form = 1\n[[channel.hours]]\ntimezone = 1\n"
        assert [line.partition(" → ")[2] for line in mistakes(GOOD.replace(self.ORIGINS, wrong))] == [
            "form: ожидался раздел с ключами, а не значение",
            "hours: ожидался раздел с ключами, а не значение",
        ]


class TestSecrets:
    SECRET = "verysecretvalue"

    def test_errors_never_hold_them(self, read):
        text = f"""\
            [desk]
            token = "{self.SECRET}"
            proxy = "ftp://user:{self.SECRET}@proxy:1"
            webhook_secret = "{self.SECRET} with a space"
            helpers = ["${{HELPER}}", "{self.SECRET}"]
            [[group]]
            name = "sales"
            chat_id = "${{HELPER}}"
            [[channel]]
            kind = "telegram"
            name = "tg"
            group = "sales"
            token = ["{self.SECRET}"]
            api_url = "{self.SECRET}"
            greeting = 1
            """
        with pytest.raises(ConfigError) as refused:
            read(text, HELPER=self.SECRET)
        places = {problem.place for problem in refused.value.problems}
        assert {"[desk] → token", "[desk] → proxy", "[desk] → helpers[1]", "[[channel]] «tg» → token"} <= places
        assert self.SECRET not in str(refused.value) + repr(refused.value) + repr(refused.value.problems)
        assert refused.value.__cause__ is None
        assert refused.value.__suppress_context__ or refused.value.__context__ is None

    def test_the_config_never_shows_them(self, read):
        proxied = GOOD.replace("[desk]", f'[desk]\nproxy = "socks5://me:{self.SECRET}@proxy:1080"')
        config = read(proxied)
        assert TOKEN not in repr(config) + str(config)
        assert self.SECRET not in repr(config) + str(config)

    def test_the_config_lists_them_for_the_log(self, read):
        text = GOOD.replace("[desk]", f'[desk]\nproxy = "socks5://me:{self.SECRET}@proxy:1"\nhelpers = ["{OTHER}"]')
        assert set(read(text).secrets()) == {TOKEN, OTHER, self.SECRET, f"socks5://me:{self.SECRET}@proxy:1"}


class TestWebDesk:
    """Operators in the browser: beside Telegram's groups, or alone at this machine."""

    LOCAL = """\
        public_url = "http://127.0.0.1:8080"
        [web]
        local = true
        [[group]]
        name = "sales"
        [[channel]]
        kind = "site"
        name = "shop"
        group = "sales"
        origins = ["http://127.0.0.1:8080"]
        """

    def test_it_is_there_by_itself_and_wants_proof(self, read):
        assert read(GOOD).web == WebSettings(enabled=True, local=False)

    def test_it_can_be_switched_off(self, read):
        assert read(GOOD + "\n[web]\nenabled = false\n").web.enabled is False

    def test_at_this_machine_no_telegram_is_needed(self, read):
        config = read(self.LOCAL)
        assert config.desk is None
        assert config.group("sales").chat_id is None
        assert config.web.local

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.2", "[::1]"])
    def test_this_machine_has_several_names(self, read, host):
        assert read(self.LOCAL.replace("[web]", f'[server]\nhost = "{host}"\n        [web]')).web.local

    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "chat.example.ru", "127.0.0.1.example.ru"])
    def test_a_desk_without_proof_is_not_open_to_others(self, mistakes, host):
        assert mistakes(self.LOCAL.replace("[web]", f'[server]\nhost = "{host}"\n        [web]')) == [
            "config.toml:5: [web] → local: при local = true войти может любой, кто откроет панель, поэтому сервер "
            f"должен слушать 127.0.0.1, а в [server] host указано {host}"
        ]

    def test_nor_by_a_proxy_in_front(self, mistakes):
        text = self.LOCAL.replace('public_url = "http://127.0.0.1:8080"', 'public_url = "https://chat.example.ru"')
        assert mistakes(text) == [
            "config.toml:3: [web] → local: при local = true войти может любой, кто откроет панель, поэтому "
            "public_url должен вести на эту же машину (http://127.0.0.1:8080) или отсутствовать"
        ]

    def test_a_desk_that_is_switched_off_lets_nobody_in_locally(self, mistakes):
        assert mistakes(self.LOCAL.replace("local = true", "local = true\n        enabled = false")) == [
            "config.toml:3: [web] → local: local — для веб-панели, а enabled = false её выключает: "
            "уберите одно из двух"
        ]

    def test_a_switch_is_true_or_false(self, mistakes):
        assert mistakes(GOOD + '\n[web]\nenabled = "maybe"\n') == [
            "config.toml:24: [web] → enabled: ожидалось true или false без кавычек"
        ]

    def test_without_a_bot_of_the_desk_a_channel_needs_its_own(self, mistakes, read):
        channel = '[[channel]]\nkind = "telegram"\nname = "tg"\ngroup = "sales"\n'
        text = textwrap.dedent(self.LOCAL) + channel
        assert mistakes(text) == [
            "config.toml:11: [[channel]] «tg»: нет раздела [desk], чьим ботом мог бы пользоваться этот канал: "
            "задайте ему свой token"
        ]
        assert read(text + f'token = "{OTHER}"\n').channel("tg").token is not None

    def test_with_a_bot_of_the_desk_every_group_has_its_chat(self, mistakes):
        assert mistakes(textwrap.dedent(self.LOCAL) + f'[desk]\ntoken = "{TOKEN}"\n') == [
            "config.toml:4: [[group]] «sales» → chat_id: обязательный ключ не задан"
        ]


class TestExample:
    """config.example.toml and the models are held together."""

    TEXT = (Path(__file__).parent.parent / "config.example.toml").read_text(encoding="utf-8")
    TABLES = (
        *(Config, ServerSettings, StorageSettings, WebSettings, DeskSettings, GroupSettings, OperatorSettings),
        *KINDS.values(),
        *(InvitationSettings, FormSettings, HoursSettings),
    )

    def uncommented(self) -> str:
        """The text with every `# key = value` and `# [table]` switched on."""
        return re.sub(r"^# (?=[a-z_]+ = |\[)", "", self.TEXT, flags=re.MULTILINE)

    def test_it_loads_as_it_is(self, read):
        config = read(self.TEXT, DESK_TOKEN=TOKEN)
        assert {channel.kind for channel in config.channels} == {"site", "telegram"}

    def test_it_needs_nothing_but_the_desks_token(self, mistakes):
        assert mistakes(self.TEXT) == [
            f"config.toml:{find_lines(self.TEXT)['desk', 'token']}: [desk] → token: "
            "переменная окружения DESK_TOKEN не задана"
        ]

    def test_what_is_commented_out_loads_too(self, read):
        third = "555555555:AAEthirdsecretthirdsecretthirdsec"
        config = read(
            self.uncommented(),
            DESK_TOKEN=TOKEN,
            HELPER_TOKEN=OTHER,
            TG_TOKEN=third,
            SHOP_SECRET="s" * 32,
            VK_TOKEN="vk1.a.x",
            VIBER_TOKEN="4453b6ac12345678-e02c5f12174805f9-daec9cbb5448c51f",
            FB_PAGE_TOKEN="EAAx",
            FB_APP_SECRET="a" * 32,
            FB_VERIFY_TOKEN="kettle",
        )
        assert len(config.desk.helpers) == 1
        assert len(config.operators) == 1
        assert {channel.kind for channel in config.channels} == set(KINDS)

    def test_it_names_every_setting(self):
        names = {info.alias or name for table in self.TABLES for name, info in table.model_fields.items()}
        written = {part for path in find_lines(self.uncommented()) for part in path}
        assert names - written == set()

    def test_what_it_calls_defaults_are_the_defaults(self):
        shown = tomllib.loads(self.uncommented())
        desk, channel = shown["desk"], shown["channel"][0]
        for key in ("api_url", "proxy", "updates", "posts_per_minute"):
            assert desk[key] == DeskSettings.model_fields[key].default
        shown_only = {"kind", "name", "group", "origins", "title", "greeting", "company", "hint", "avatar"}
        shown_only |= {"continue_in", "identity_secret", "invitation", "form", "hours"}
        for key in channel.keys() - shown_only:
            assert channel[key] == SiteSettings.model_fields[key].default
        assert channel["invitation"]["after"] == InvitationSettings.model_fields["after"].default
        assert shown["server"] == {
            "host": "127.0.0.1",
            "port": 8080,
            "trusted_proxies": list(ServerSettings().trusted_proxies),
            "metrics": "loopback",
        }
        assert shown["web"] == WebSettings().model_dump()
        assert {name: str(value) for name, value in shown["storage"].items()} == {
            name: str(value) for name, value in StorageSettings()
        }
