"""The command line of Otklik.

python bot.py          start (the same as `run`); without a config, the demo
python bot.py demo     the chat on a site and the operators' desk on one page, without any account
python bot.py check    ask Telegram and look around whether everything is set up right
python bot.py audit    compare what came in, is kept, shown and delivered (--json: for programs)

Exit codes: 0 all went well, 2 the config is wrong or missing, 3 the audit found something unaccounted for,
1 anything else.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from bridge import __version__, logs
from bridge.catalogue import LANGUAGES, Catalogue, system_language
from bridge.clock import Clock
from bridge.config import Config, ConfigError, StorageSettings, load

DEFAULT_CONFIG = Path("config.toml")
EXAMPLE = Path(__file__).with_name("config.example.toml")
WRONG_CONFIG = 2
UNACCOUNTED = 3

T = TypeVar("T")

say = Catalogue(system_language(os.environ))


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--config` and `--log-level`, taken before and after the name of the command."""
    for option in (
        click.option("--log-level", type=click.Choice(logs.LEVELS), help=say("cli-help-log-level")),
        click.option("--config", type=click.Path(path_type=Path), help=say("cli-help-config")),
    ):
        command = option(command)
    return command


write_option = click.option("--write-config", is_flag=True, help=say("cli-help-write-config"))


@click.group(
    invoke_without_command=True,
    help=say("cli-help"),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="Otklik")
@options
@write_option
@click.pass_context
def main(context: click.Context, **given: Any) -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="replace")  # a terminal without ✓ still shows the rest
    context.obj = given
    if context.invoked_subcommand is None:
        context.invoke(run)


@main.command(help=say("cli-help-run"))
@options
@write_option
@click.pass_obj
def run(before: dict[str, Any], config: Path | None, log_level: str | None, write_config: bool) -> None:
    path = _config_path(config or before["config"])
    if write_config or before["write_config"]:
        _write_config(path)
        return
    if not path.exists():
        _without_config(path, named=path != DEFAULT_CONFIG, log_level=log_level or before["log_level"])
        return
    settings = _settings(path, log_level or before["log_level"])
    sys.exit(_serve(settings, path))


@main.command(help=say("cli-help-demo"))
@options
@click.option("--port", type=click.IntRange(1, 65535), help=say("cli-help-demo-port"))
@click.option("--folder", type=click.Path(path_type=Path), help=say("cli-help-demo-folder"))
@click.option("--language", type=click.Choice(LANGUAGES), help=say("cli-help-demo-language"))
@click.option("--rehearse", is_flag=True, help=say("cli-help-rehearse"))
@click.pass_obj
def demo(before: dict[str, Any], config: Path | None, log_level: str | None, **given: Any) -> None:
    _demo(_config_path(config or before["config"]), log_level=log_level or before["log_level"], **given)


@main.command(help=say("cli-help-check"))
@options
@click.pass_obj
def check(before: dict[str, Any], config: Path | None, log_level: str | None) -> None:
    path = _config_path(config or before["config"])
    if not path.exists():
        click.echo(say("cli-no-config", path=str(path)), err=True)
        sys.exit(WRONG_CONFIG)
    settings = _settings(path, log_level or before["log_level"] or os.environ.get("OTKLIK_LOG") or "error")
    from bridge.check import check as check_all  # here, because aiogram takes seconds to import

    report = _until_done(check_all(settings))
    if report is None:  # stopped by Ctrl-C
        sys.exit(1)
    click.echo(report.table(colours=sys.stdout.isatty()))
    sys.exit(0 if report.good else 1)


@main.command(help=say("cli-help-audit"))
@options
@click.option("--json", "as_json", is_flag=True, help=say("cli-help-json"))
@click.pass_obj
def audit(before: dict[str, Any], config: Path | None, log_level: str | None, as_json: bool) -> None:
    path = _config_path(config or before["config"])
    if not path.exists():
        click.echo(say("cli-no-config", path=str(path)), err=True)
        sys.exit(WRONG_CONFIG)
    settings = _settings(path, log_level or before["log_level"] or os.environ.get("OTKLIK_LOG") or "error")
    from bridge import audit as ledger
    from storage.store import StoreError

    try:
        report = ledger.audit(ledger.books_of(settings), Clock().now())
    except (StoreError, OSError) as error:
        _give_up(say(f"store-{error.problem}", **error.values) if isinstance(error, StoreError) else str(error))
    click.echo(report.json() if as_json else report.text(say))
    sys.exit(0 if report.good else UNACCOUNTED)


def _config_path(given: Path | None) -> Path:
    return given or Path(os.environ.get("OTKLIK_CONFIG") or DEFAULT_CONFIG)


def _settings(path: Path, log_level: str | None) -> Config:
    """The config at `path`, with the log set up; ends the program with all mistakes if it is wrong."""
    try:
        settings = load(path, os.environ)
    except ConfigError as error:
        click.echo(say("cli-wrong-config", path=str(path), count=len(error.problems)), err=True)
        for problem in error.problems:
            click.echo(f"  {problem}", err=True)
        sys.exit(WRONG_CONFIG)
    _start_log(log_level or os.environ.get("OTKLIK_LOG") or "info", settings)
    return settings


def _start_log(written: str, settings: Config) -> None:
    level = written.lower()
    if level not in logs.LEVELS:
        _give_up(say("cli-bad-log-level", level=level, levels=", ".join(logs.LEVELS)))
    logs.set_up(level, settings.secrets())


def _without_config(path: Path, *, named: bool, log_level: str | None) -> None:
    """The demo; but whoever names a config, or has worked here before, wants something else."""
    if named:
        _explain(path)
        return
    database = path.with_name(StorageSettings().path.name)
    if database.exists():
        click.echo(say("demo-lost-config", path=str(path), database=str(database)), err=True)
        sys.exit(WRONG_CONFIG)
    click.echo(say("demo-no-config", path=str(path)))
    click.echo()
    _demo(path, log_level=log_level)


def _demo(
    path: Path,
    *,
    log_level: str | None,
    port: int | None = None,
    folder: Path | None = None,
    language: str | None = None,
    rehearse: bool = False,
) -> NoReturn:
    """Run the demo until it is stopped; `path` is where its page writes a real config."""
    from bridge.demo import settings as demo_settings
    from bridge.demo.ports import USUAL, is_free, next_free

    spoken = language or say.language
    words = Catalogue(spoken)
    try:
        listening = port or next_free()
        if port and not is_free(port):
            _give_up(words("demo-port-taken", port=str(port), other=str(next_free(port + 1))))
    except OSError:
        _give_up(words("demo-no-port", port=str(port or USUAL)))
    if listening != (port or USUAL):
        click.echo(words("demo-port-next", taken=str(USUAL), port=str(listening)))
    folder = folder or demo_settings.FOLDER
    try:
        prepared = demo_settings.prepare(folder, spoken, listening)
    except demo_settings.Occupied:
        _give_up(words("demo-occupied", path=str(folder)))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        _give_up(words("demo-cannot-write", path=str(folder), reason=reason))
    _start_log(log_level or os.environ.get("OTKLIK_LOG") or "warning", prepared.config)
    from bridge.demo.program import Demo  # here, because aiogram takes seconds to import

    addition = Demo(prepared.config, writes=path, rehearse=rehearse)

    def started() -> None:
        prepared.write()
        click.echo(addition.welcome(folder))

    sys.exit(_serve(prepared.config, prepared.path, addition, started))


def _explain(path: Path) -> None:
    """What to do without a config: one screen, and the offer to write one where somebody can answer."""
    click.echo(say("cli-first-steps", path=str(path)))
    if sys.stdin.isatty() and sys.stdout.isatty():
        click.echo()
        if click.confirm(say("cli-offer-config", path=str(path)), default=True):
            _write_config(path)
            return
    sys.exit(WRONG_CONFIG)


def _write_config(path: Path) -> None:
    """Writes the example to `path`, never over a file; only its owner may read it, for the tokens' sake."""
    try:
        with open(path, "x", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(EXAMPLE.read_text(encoding="utf-8"))
    except FileExistsError:
        _give_up(say("cli-config-exists", path=str(path)))
    except OSError as error:
        _give_up(say("cli-cannot-write", path=str(path), reason=error.strerror or str(error)))
    click.echo(say("cli-config-written", path=str(path)))


def _give_up(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(1)


def _serve(settings: Config, path: Path, addition: Any = None, started: Callable[[], None] | None = None) -> int:
    """Runs until stopped; the exit code. `started` is called when everything is on its way."""
    from bridge import app  # here, because aiogram takes seconds to import

    more = {} if addition is None else {"addition": addition, "started": started}
    try:
        _until_done(app.run(settings, config_path=path, **more))
    except app.StartupError as error:
        click.echo(str(error), err=True)
        return 1
    except Exception:
        logging.getLogger("bot").critical("Otklik fell over", exc_info=True)
        return 1
    return 0


def _until_done(work: Coroutine[Any, Any, T]) -> T | None:
    """What `work` gives, run on the fastest loop there is; None if Ctrl-C or SIGTERM stopped it."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        new_event_loop = asyncio.new_event_loop
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(_stoppable(work))


async def _stoppable(work: Coroutine[Any, Any, T]) -> T | None:
    """The first signal cancels `work`, which may take its time to end well; the second one is not caught."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    stopped = False

    def stop() -> None:
        nonlocal stopped
        stopped = True
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(name)
        task.cancel()

    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C reaches the runner by itself
            loop.add_signal_handler(name, stop)
    try:
        return await task
    except asyncio.CancelledError:
        if not stopped:
            raise
        return None


if __name__ == "__main__":
    main()
