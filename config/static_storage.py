"""Static files with hashed names, also inside ES module imports."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleStorage(CompressedManifestStaticFilesStorage):
    """Without the flag, `import "./keys.js"` would keep its plain name and serve stale code after an upgrade."""

    support_js_module_import_aggregation = True
