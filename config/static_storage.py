"""Static files with hashed names, and a page's modules and styles in one file each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

from config.bundling import bundled_modules, bundled_styles

# Entry files named by templates; files they import are not requested separately.
MODULES = ("js/pages/app.js", "js/review/review.js", "js/grid/grid.js")
# Folders whose modules are requested by name: each viewer and each editor is a bundle of its own.
PLUGGED = ("js/review/viewers/", "js/review/editors/")
STYLES = ("css/app.css",)

Paths = dict[str, tuple[Storage, str]]


class ModuleStorage(CompressedManifestStaticFilesStorage):
    """Bundles what pages request, then names every file by its content."""

    # Without the flag, `import "./keys.js"` would keep its plain name and serve stale code after an upgrade.
    support_js_module_import_aggregation = True

    def load_manifest(self) -> tuple[dict[str, str], str]:
        """The manifest; empty if damaged, so that collecting the files recreates it."""
        try:
            return super().load_manifest()  # type: ignore[no-any-return]  # whitenoise is not typed
        except ValueError:
            return {}, ""

    def post_process(self, paths: Paths, dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """As Django does it, with the bundles in the place of their entry files. Raises CannotBundle."""
        yield from super().post_process(paths if dry_run else paths | bundles(paths), dry_run, **options)


def bundles(paths: Paths) -> Paths:
    """The entry files, bundled, in a storage of their own. Raises CannotBundle."""
    made = InMemoryStorage()
    found: Paths = {}
    plugged = [path for path in paths if path.endswith(".js") and path.rpartition("/")[0] + "/" in PLUGGED]
    for names, bundle in (((*MODULES, *plugged), bundled_modules), (STYLES, bundled_styles)):
        for path in names:
            if path in paths:
                folder, _, name = path.partition("/")
                made.save(path, ContentFile(bundle(name, _Folder(paths, folder))))
                found[path] = (made, path)
    return found


@dataclass(frozen=True)
class _Folder:
    """Reads the files of one folder among the collected ones."""

    paths: Paths
    folder: str

    def __call__(self, name: str) -> str:
        storage, path = self.paths[f"{self.folder}/{name}"]
        with storage.open(path) as file:
            return str(file.read().decode())
