"""The command line: what it says, what it writes, how it ends."""

import asyncio
import io
import logging
import os
import pty
import signal
import subprocess
import sys
import types
from pathlib import Path

import click.testing
import pytest

import bot
import bridge
from bridge import logs
from bridge.catalogue import Catalogue
from bridge.check import Report, Section

ROOT = Path(__file__).parent.parent
TOKEN = "123456789:AAEsecretsecretsecretsecretsecret01"
GOOD = """\
[desk]
token = "${DESK_TOKEN}"
[[group]]
name = "sales"
chat_id = -100200
[[channel]]
kind = "telegram"
name = "tg"
group = "sales"
"""
# Runs bot.py with a stand-in for the program, given as the body of `async def run`.
WITH_APP = """
import asyncio, sys, types
app = types.ModuleType("bridge.app")
class StartupError(Exception): pass
async def run(config, *, config_path, **more):
    {body}
app.run, app.StartupError = run, StartupError
sys.modules["bridge.app"] = app
sys.argv[0] = "bot.py"
import bot
bot.main()
"""


@pytest.fixture(autouse=True)
def room(tmp_path, monkeypatch):
    """An empty folder to stand in, and no variables from outside."""
    monkeypatch.chdir(tmp_path)
    for name in ("OTKLIK_CONFIG", "OTKLIK_LOG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "ru_RU.UTF-8")
    monkeypatch.setenv("DESK_TOKEN", TOKEN)
    monkeypatch.setattr(bot, "say", Catalogue("ru"))
    return tmp_path


@pytest.fixture
def app(monkeypatch):
    """A stand-in for the program; `app.started` is what it was started with."""
    stand_in = types.ModuleType("bridge.app")

    class StartupError(Exception):
        pass

    async def run(config, *, config_path):
        stand_in.started = (config, config_path)
        if stand_in.breaks:
            raise stand_in.breaks

    stand_in.run, stand_in.StartupError = run, StartupError
    stand_in.started, stand_in.breaks = None, None
    monkeypatch.setitem(sys.modules, "bridge.app", stand_in)
    monkeypatch.setattr(bridge, "app", stand_in, raising=False)
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    level = root.level
    yield stand_in
    root.handlers[:] = before
    root.setLevel(level)
    logging.captureWarnings(False)


class Served:
    """What the program was to be started with."""

    config = path = addition = None

    def __call__(self, config, path, addition=None, started=None) -> int:
        self.config, self.path, self.addition = config, path, addition
        if started:
            started()
        return 0


@pytest.fixture
def served(monkeypatch) -> Served:
    """Nothing is started."""
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    level = root.level
    found = Served()
    monkeypatch.setattr(bot, "_serve", found)
    yield found
    root.handlers[:] = before
    root.setLevel(level)
    logging.captureWarnings(False)


def otklik(*arguments: str) -> click.testing.Result:
    return click.testing.CliRunner().invoke(bot.main, arguments)


def started(body: str, *arguments: str, **streams) -> subprocess.Popen:
    code = WITH_APP.format(body=body)
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", code, *arguments], env=environ, **streams)


class TestWithoutConfig:
    def test_it_says_so_and_starts_the_demo(self, room, served):
        result = otklik()
        assert result.exit_code == 0
        assert "Файла config.toml пока нет, поэтому запускаю демо" in result.stdout
        assert served.config.web.local
        assert served.path == Path("otklik-demo/demo.toml")

    def test_where_somebody_has_worked_it_starts_none(self, room, served):
        (room / "otklik.db").write_bytes(b"kept")
        result = otklik("run")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "рядом лежит otklik.db" in result.stderr
        assert served.config is None

    def test_whoever_names_a_config_is_told_that_it_is_not_there(self, served):
        result = otklik("--config", "mine.toml")
        assert result.exit_code == 2
        assert "@BotFather" in result.stdout
        assert "python bot.py check" in result.stdout
        assert len(result.stdout.splitlines()) <= 24
        assert max(map(len, result.stdout.splitlines())) <= 80
        assert served.config is None

    def test_so_is_whoever_names_it_by_the_environment(self, served, monkeypatch):
        monkeypatch.setenv("OTKLIK_CONFIG", "env.toml")
        assert otklik().exit_code == 2
        assert served.config is None

    def test_it_asks_nothing_where_nobody_answers(self, room):
        assert "?" not in otklik("run", "--config", "mine.toml").stdout
        assert list(room.iterdir()) == []

    def test_check_says_where_to_begin(self):
        result = otklik("check", "--config", "other.toml")
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr == "Нет файла настроек other.toml. С чего начать, покажет python bot.py\n"

    @pytest.mark.parametrize(("answer", "code", "written"), [(b"y\n", 0, True), (b"n\n", 2, False)])
    def test_it_offers_to_write_one_at_a_terminal(self, room, answer, code, written):
        ours, theirs = pty.openpty()
        with started("pass", "--config", "mine.toml", stdin=theirs, stdout=theirs, stderr=theirs) as program:
            os.write(ours, answer)
            assert program.wait(30) == code
        os.close(theirs)
        os.close(ours)
        assert (room / "mine.toml").exists() == written

    def test_the_example_is_written_on_demand_for_its_owner_only(self, room):
        result = otklik("--write-config")
        assert result.exit_code == 0
        assert (room / "config.toml").read_text("utf-8") == (ROOT / "config.example.toml").read_text("utf-8")
        assert (room / "config.toml").stat().st_mode & 0o077 == 0

    def test_a_file_that_is_there_is_not_touched(self, room):
        (room / "mine.toml").write_text("mine")
        result = otklik("run", "--write-config", "--config", "mine.toml")
        assert result.exit_code == 1
        assert result.stderr == "Файл mine.toml уже есть, он не тронут.\n"
        assert (room / "mine.toml").read_text() == "mine"

    def test_a_place_that_cannot_be_written_is_told(self):
        result = otklik("--write-config", "--config", "no/such/folder.toml")
        assert result.exit_code == 1
        assert "Не удалось записать no/such/folder.toml" in result.stderr


class TestDemo:
    @pytest.fixture
    def ports(self, monkeypatch):
        """The ports that are taken."""
        taken: set[int] = set()
        monkeypatch.setattr("bridge.demo.ports.is_free", lambda port: port not in taken)
        return taken

    def test_it_says_where_everything_is(self, room, served, ports):
        said = otklik("demo").stdout
        for address in ("/", "/site", "/desk", "/connect"):
            assert f" http://127.0.0.1:8080{address}\n" in said
        assert "Всё хранится в otklik-demo" in said
        assert (room / "otklik-demo/demo.toml").stat().st_mode & 0o077 == 0

    def test_it_needs_nothing(self, served, ports):
        otklik("demo")
        assert served.config.desk is None
        assert served.config.server.host == "127.0.0.1"
        assert [channel.kind for channel in served.config.channels] == ["site"]

    def test_a_taken_port_is_stepped_over_and_told(self, served, ports):
        ports |= {8080, 8081}
        said = otklik("demo").stdout
        assert said.startswith("Порт 8080 занят другой программой, поэтому берём 8082.\n")
        assert served.config.server.port == 8082
        assert served.config.public_url == "http://127.0.0.1:8082"

    def test_a_port_that_was_asked_for_is_taken_or_nothing_is(self, served, ports):
        ports.add(9000)
        result = otklik("demo", "--port", "9000")
        assert result.exit_code == 1
        assert "Порт 9000 занят" in result.stderr and "--port 9001" in result.stderr
        assert served.config is None

    def test_folder_and_language_can_be_chosen(self, room, served, ports):
        said = otklik("demo", "--folder", "there/it", "--language", "en").stdout
        assert "Everything is kept in there/it" in said
        assert served.config.language == "en"
        assert served.config.storage.path == room / "there/it/otklik.db"

    @pytest.mark.parametrize("name", ["otklik.db", "config.toml"])
    def test_where_somebody_works_it_touches_nothing(self, room, served, ports, name):
        (room / name).write_text("mine")
        result = otklik("demo", "--folder", ".")
        assert result.exit_code == 1
        assert "работают по-настоящему" in result.stderr
        assert [path.name for path in room.iterdir()] == [name]
        assert (room / name).read_text() == "mine"
        assert served.config is None

    def test_its_own_folder_is_known_again(self, room, served, ports):
        assert otklik("demo").exit_code == 0
        (room / "otklik-demo/otklik.db").write_text("kept")
        served.config = None
        assert otklik("demo").exit_code == 0
        assert served.config is not None

    def test_a_folder_that_cannot_be_is_told(self, room, served, ports):
        (room / "file").write_text("")
        result = otklik("demo", "--folder", "file/inside")
        assert result.exit_code == 1
        assert result.stderr.startswith("Не удалось завести папку file/inside")

    def test_a_rehearsal_brings_all_kinds_of_channels(self, served, ports):
        said = otklik("demo", "--rehearse").stdout
        assert "Репетиция" in said
        kinds = {each.kind for each in served.addition.described.values()}
        assert kinds == {"site", "telegram", "vk", "viber", "facebook"}
        assert all("(репетиция)" in each.title for each in served.addition.described.values())


class TestWrongConfig:
    @pytest.mark.parametrize("command", [(), ("run",), ("check",)])
    def test_all_mistakes_are_told(self, room, command, monkeypatch):
        monkeypatch.delenv("DESK_TOKEN")
        (room / "config.toml").write_text(GOOD.replace("chat_id", "chatid"))
        result = otklik(*command)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.splitlines() == [
            "В config.toml 3 ошибки:",
            "  config.toml:2: [desk] → token: переменная окружения DESK_TOKEN не задана",
            "  config.toml:3: [[group]] «sales» → chat_id: обязательный ключ не задан",
            '  config.toml:5: [[group]] «sales» → chatid: неизвестный ключ; может быть, вы имели в виду "chat_id"?',
        ]


class TestRun:
    @pytest.mark.parametrize(
        "arguments",
        [
            ("--config", "x/a.toml"),
            ("--config", "x/a.toml", "run"),
            ("run", "--config", "x/a.toml"),
            ("--config", "x/b.toml", "run", "--config", "x/a.toml"),
        ],
    )
    def test_config_is_taken_before_and_after_the_command(self, room, app, arguments):
        (room / "x").mkdir()
        (room / "x/a.toml").write_text(GOOD)
        result = otklik(*arguments)
        assert result.exit_code == 0, result.output
        config, path = app.started
        assert config.desk.token.get_secret_value() == TOKEN
        assert path == Path("x/a.toml")

    def test_config_may_be_named_by_the_environment(self, room, app, monkeypatch):
        (room / "env.toml").write_text(GOOD)
        monkeypatch.setenv("OTKLIK_CONFIG", "env.toml")
        assert otklik().exit_code == 0
        assert app.started[1] == Path("env.toml")

    def test_a_known_failure_is_one_sentence(self, room, app):
        (room / "config.toml").write_text(GOOD)
        app.breaks = app.StartupError("Порт 8080 занят другой программой.")
        result = otklik()
        assert (result.exit_code, result.stderr) == (1, "Порт 8080 занят другой программой.\n")

    def test_an_unknown_failure_is_logged_without_secrets(self, room, app):
        (room / "config.toml").write_text(GOOD)
        app.breaks = RuntimeError(f"no answer from https://api.telegram.org/bot{TOKEN}/getMe")
        result = otklik()
        assert result.exit_code == 1
        assert "RuntimeError: no answer from https://api.telegram.org/bot***/getMe" in result.stderr
        assert TOKEN not in result.stderr

    def test_an_unknown_level_in_the_environment_is_told(self, room, app, monkeypatch):
        (room / "config.toml").write_text(GOOD)
        monkeypatch.setenv("OTKLIK_LOG", "loud")
        result = otklik()
        assert result.exit_code == 1
        assert "«loud» нет; есть: debug, info, warning, error" in result.stderr

    @pytest.mark.process
    def test_the_log_begins_at_its_level_and_knows_the_secrets(self, room):
        (room / "config.toml").write_text(GOOD)
        body = """
    import logging
    logging.getLogger("x").debug("detail")
    logging.getLogger("aiohttp.access").info("GET /")
    logging.getLogger("x").info("token %s", config.desk.token.get_secret_value())
"""
        with started(body, stderr=subprocess.PIPE, text=True) as program:
            said = program.communicate(timeout=30)[1]
        assert said.partition(" INFO ")[2] == "x: token ***\n"

    @pytest.mark.process
    @pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_ends_it_well(self, room, name):
        (room / "config.toml").write_text(GOOD)
        body = """
    try:
        print("up", flush=True)
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0)
        print("down", flush=True)
"""
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        with started(body, "run", **streams) as program:
            assert program.stdout.readline() == "up\n"
            program.send_signal(name)
            said, wrong = program.communicate(timeout=30)
        assert (program.returncode, said, wrong) == (0, "down\n", "")

    @pytest.mark.process
    def test_the_real_command_line_starts(self):
        command = [sys.executable, str(ROOT / "bot.py"), "--version"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout) == (0, f"Otklik, version {bridge.__version__}\n")


class TestCheck:
    @pytest.mark.parametrize(("mark", "code"), [("good", 0), ("warn", 0), ("bad", 1)])
    def test_crosses_decide_how_it_ends(self, room, app, monkeypatch, mark, code):
        (room / "config.toml").write_text(GOOD)
        section = Section("[desk]", Catalogue("ru"))
        getattr(section, mark)("check-bad-token")

        async def found(config):
            return Report((section,), Catalogue("ru"))

        monkeypatch.setattr("bridge.check.check", found)
        result = otklik("check")
        assert result.exit_code == code
        assert result.stdout.splitlines()[0] == "[desk]"
        assert "Telegram не знает этого токена" in result.stdout


class TestLog:
    PROXY = "socks5://me:hush-hush@proxy:1080"

    @pytest.fixture
    def written(self):
        """What the log has so far."""
        written = io.StringIO()
        handler = logs.lines_to(written, [TOKEN, self.PROXY, "hush-hush", "ab"])
        logging.getLogger("quiet").addHandler(handler)
        logging.getLogger("quiet").propagate = False
        yield written
        logging.getLogger("quiet").removeHandler(handler)

    @pytest.fixture
    def log(self, written):
        return logging.getLogger("quiet")

    def test_secrets_are_replaced_wherever_they_stand(self, log, written):
        try:
            raise OSError(f"cannot connect through {self.PROXY}")
        except OSError:
            log.exception("%s said %r", TOKEN, {"password": "hush-hush"}, stack_info=True)
        said = written.getvalue()
        assert "*** said {'password': '***'}" in said
        assert "OSError: cannot connect through ***" in said
        assert not any(secret in said for secret in (TOKEN, self.PROXY, "hush-hush"))

    def test_a_token_that_is_not_ours_is_replaced_too(self, log, written):
        log.warning("GET /bot987654321%3AAAEothersecretothersecretothersec/getMe")
        log.warning("GET /bot%s/getMe", "987654321:AAEothersecretothersecretothersec")
        assert written.getvalue().count("GET /bot***/getMe") == 2

    def test_the_secret_half_of_a_token_is_replaced(self, log, written):
        log.warning("key %s", TOKEN.split(":")[1])
        assert "key ***" in written.getvalue()

    def test_very_short_secrets_do_not_tear_words_apart(self, log, written):
        log.warning("grab a cab")
        assert "grab a cab" in written.getvalue()

    def test_arguments_that_do_not_fit_lose_no_line(self, log, written):
        log.warning("one %s %s", TOKEN)
        said = written.getvalue()
        assert "one %s %s" in said
        assert TOKEN not in said


def test_work_that_is_cancelled_from_inside_is_an_error():
    async def cancelled():
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        bot._until_done(cancelled())
