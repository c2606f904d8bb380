"""From the text of a config file to settings, or to everything that is wrong with it."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from bridge.catalogue import LANGUAGES, Catalogue, system_language
from bridge.config import places
from bridge.config.models import Config
from bridge.config.places import find_lines
from bridge.config.problems import ConfigError, Finding, Problem, Wording, finding_of
from bridge.config.rules import broken_rules

_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")
_VARIABLE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LANGUAGE: Final = re.compile(r"""^\s*language\s*=\s*["'](\w+)["']""", re.MULTILINE)
_AT: Final = re.compile(r"^(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")

# What tomllib says -> our sentence: the slips that people make.
_SYNTAX: Final = (
    ("Illegal character '\\n'", "config-syntax-quote"),
    ("Unterminated string", "config-syntax-quote"),
    ("Found invalid character '\\n'", "config-syntax-quote"),
    ('Expected "\'"', "config-syntax-quote"),
    ("Expected newline or end of document after a statement", "config-syntax-after-value"),
    ("Invalid value", "config-syntax-value"),
    ("Expected '=' after a key", "config-syntax-equals"),
    ("Cannot overwrite a value", "config-syntax-repeated-key"),
    ("Cannot declare", "config-syntax-repeated-table"),
    ("Unclosed array", "config-syntax-list"),
    ("Unescaped '\\' in a string", "config-syntax-backslash"),
)


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """The settings in the file at `path`, with `${NAME}` taken from `environ`.

    Raises ConfigError with every mistake found, in words of the file's own language, else the system's.
    """
    say = Catalogue(system_language(environ))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError([Problem(path.name, None, None, "", say("config-not-utf8"))]) from None
    except OSError as error:
        why = say("config-unreadable", reason=error.strerror or type(error).__name__)
        raise ConfigError([Problem(path.name, None, None, "", why)]) from None
    written = _LANGUAGE.search(text)
    if written and written[1] in LANGUAGES:
        say = Catalogue(written[1])
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_syntax_problem(path.name, text, say, error)]) from None
    return _config(path, raw, text, environ, say)


def _config(path: Path, raw: dict[str, Any], text: str, environ: Mapping[str, str], say: Catalogue) -> Config:
    """1. Put in the environment; 2. the rules between tables; 3. types and keys; 4. all of it in words."""
    unset: list[Finding] = []
    data = _filled(raw, (), environ, unset)
    found = [*unset, *broken_rules(data)]
    config = None
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        found += [finding_of(detail, data) for detail in details]
    if config is None or found:
        unusable = {finding.path for finding in unset}
        kept = [finding for finding in found if finding.path not in unusable or finding in unset]
        wording = Wording(path.name, say, find_lines(text), data)
        problems = dict.fromkeys(wording.problem(finding) for finding in kept)
        raise ConfigError(sorted(problems, key=lambda problem: problem.line or 0))
    return config.beside(path.absolute().parent)


def _filled(value: Any, path: places.Path, environ: Mapping[str, str], unset: list[Finding]) -> Any:
    """`value` with every `${NAME}` in its strings replaced; what is not set is noted in `unset`."""
    if isinstance(value, dict):
        return {key: _filled(item, (*path, key), environ, unset) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, (*path, number), environ, unset) for number, item in enumerate(value)]
    if not isinstance(value, str):
        return value
    missing = [name for name in _VARIABLE.findall(value) if name not in environ]
    unset += (_unset(path, name) for name in dict.fromkeys(missing))
    return value if missing else _VARIABLE.sub(lambda match: environ[match[1]], value)


def _unset(path: places.Path, name: str) -> Finding:
    if _VARIABLE_NAME.fullmatch(name):
        return Finding(path, "config-variable-unset", {"name": name})
    return Finding(path, "config-variable-name")


def _syntax_problem(file: str, text: str, say: Catalogue, error: tomllib.TOMLDecodeError) -> Problem:
    at = _AT.match(str(error))
    what = at["what"] if at else str(error)
    line = int(at["line"]) if at and at["line"] else text.rstrip().count("\n") + 1
    column = int(at["column"]) if at and at["column"] else None
    for beginning, message_id in _SYNTAX:
        if what.startswith(beginning):
            return Problem(file, line, column, "", say(message_id))
    return Problem(file, line, column, "", say("config-syntax", reason=what))
