"""One file for a page's modules and one for its styles, so that a cold cache needs few requests.
The sources stay small files, which tests and `runserver` serve directly. Only the syntax in use is supported; anything
else is an error when static files are collected: relative imports of names without renaming, exports of functions and
classes where they are declared, style sheets imported into a layer."""

import posixpath
import re
from collections.abc import Callable

Read = Callable[[str], str]

_IMPORT = re.compile(r'^import \{ ([\w$]+(?:, [\w$]+)*) \} from "((?:\./|(?:\.\./)+)[\w/-]+\.js)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function|class) ([\w$]+))", re.MULTILINE)
_ANY = re.compile(r"^(?:import|export)\b.*|\bimport\(.*", re.MULTILINE)
_STYLE = re.compile(r'^@import url\("([\w-]+\.css)"\) layer\(([\w-]+)\);$', re.MULTILINE)


class CannotBundle(ValueError):
    """A source uses syntax that the bundler does not support."""


def bundled_modules(entry: str, read: Read) -> str:
    """The module with everything that it imports, each in a scope of its own. `read` returns a file's text by its path,
    to which imports are relative.
    Raises CannotBundle for unsupported statements and circular imports."""
    done: dict[str, str] = {}
    _add(entry, read, done, ())
    return "".join(done.values())


def _add(name: str, read: Read, done: dict[str, str], above: tuple[str, ...]) -> None:
    if name in above:
        raise CannotBundle(f"Modules import each other: {' -> '.join((*above, name))}")
    if name in done:
        return
    source = read(name)
    for _, other in _IMPORT.findall(source):
        _add(_beside(name, other), read, done, (*above, name))
    exported = _EXPORT.findall(source)
    body = _EXPORT.sub(
        "", _IMPORT.sub(lambda found: f"const {{ {found[1]} }} = {_scope(_beside(name, found[2]))};", source)
    )
    if strange := _ANY.search(body):
        raise CannotBundle(f"{name}: {strange[0][:100]!r} cannot be bundled")
    done[name] = f"const {_scope(name)} = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})();\n"


def _bound(name: str, names: str, other: str) -> str:
    return f"const {{ {names} }} = {_scope(_beside(name, other))};"


def _beside(name: str, other: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), other))


def _scope(name: str) -> str:
    return "$" + re.sub(r"[^\w]", "_", name.removesuffix(".js"))


def bundled_styles(entry: str, read: Read) -> str:
    """The style sheet with those that it imports, each in its layer. Raises CannotBundle for any other import."""
    text = _STYLE.sub(lambda found: f"@layer {found[2]} {{\n{read(found[1])}\n}}", read(entry))
    if "@import" in text:
        raise CannotBundle(f"{entry}: an @import is left")
    return text
