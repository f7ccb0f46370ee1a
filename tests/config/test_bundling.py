"""Bundles hold what pages need, each module in its own scope; what the bundler does not understand is refused."""

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.files.storage import FileSystemStorage

from config.bundling import CannotBundle, bundled_modules, bundled_styles
from config.static_storage import MODULES, STYLES, bundles
from datasets.item_kinds import ITEM_KINDS
from kinds import TASK_KINDS

FILES = {
    "a.js": 'import { one, Two } from "./b.js";\nimport { three } from "./c.js";\nrun(one, Two, three);',
    "b.js": 'import { three } from "./c.js";\nconst own = 1;\nexport function one() { return own + three(); }\n'
    "export class Two {}",
    "c.js": "const own = 2;\nexport async function three() { return own; }",
}


def test_each_module_comes_once_after_what_it_imports() -> None:
    bundle = bundled_modules("a.js", FILES.__getitem__)
    assert bundle.count("const $c = ") == bundle.count("const $b = ") == 1
    assert bundle.index("const $c = ") < bundle.index("const $b = ") < bundle.index("const $a = ")
    assert "const { one, Two } = $b;" in bundle
    assert "return { one, Two };" in bundle
    assert "import" not in bundle
    assert "export" not in bundle


def test_modules_of_other_folders_are_found_from_where_they_are_named() -> None:
    files = {
        "page/a.js": 'import { one } from "../shared/b.js";\none();',
        "shared/b.js": 'import { two } from "./c.js";\nexport function one() { two(); }',
        "shared/c.js": "export function two() {}",
    }
    bundle = bundled_modules("page/a.js", files.__getitem__)
    assert "const { one } = $shared_b;" in bundle
    assert "const { two } = $shared_c;" in bundle


@pytest.mark.parametrize(
    "source",
    [
        'import { one as other } from "./b.js";',
        'import everything from "./b.js";',
        'import * as b from "./b.js";',
        'export { one } from "./b.js";',
        "export default 3;",
        "export const one = 1;",
        'const b = await import("./b.js");',
        'import "./b.js";',
    ],
)
def test_what_is_not_understood_is_refused(source: str) -> None:
    with pytest.raises(CannotBundle, match=r"a\.js"):
        bundled_modules("a.js", (FILES | {"a.js": source}).__getitem__)


def test_modules_that_import_each_other_are_refused() -> None:
    with pytest.raises(CannotBundle, match=r"a\.js -> b\.js -> c\.js -> a\.js"):
        bundled_modules("a.js", (FILES | {"c.js": 'import { x } from "./a.js";'}).__getitem__)


def test_styles_keep_their_layers() -> None:
    files = {"all.css": '@layer a, b;\n@import url("x.css") layer(b);\n', "x.css": "p { margin: 0; }"}
    assert bundled_styles("all.css", files.__getitem__) == "@layer a, b;\n@layer b {\np { margin: 0; }\n}\n"
    with pytest.raises(CannotBundle):
        bundled_styles("all.css", (files | {"all.css": '@import url("x.css");'}).__getitem__)


def test_the_products_own_files_can_be_bundled() -> None:
    folder = FileSystemStorage(settings.BASE_DIR / "static")
    assert isinstance(folder, FileSystemStorage)
    assert not isinstance(folder, StaticFilesStorage)
    below = (
        path.relative_to(folder.location) for kind in ("js", "css") for path in Path(folder.path(kind)).rglob("*.*")
    )
    names = [path.as_posix() for path in below]
    found = bundles({name: (folder, name) for name in names})
    plugged = {f"js/{kind.editor.script}" for kind in TASK_KINDS.values()}
    plugged |= {f"js/{kind.viewer.script}" for kind in ITEM_KINDS.values()}
    assert sorted(found) == sorted((*MODULES, *STYLES, *plugged))
    for storage, name in found.values():
        text = storage.open(name).read().decode()
        assert "import " not in text.replace("@import", "import ")
        assert len(text) > (2_000 if name in plugged else 5_000)
