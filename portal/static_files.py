"""Static files as production serves them: named after their content, also where one of our scripts imports another."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

# The apps' own scripts. Those of other packages stay as they are: some name files in comments that do not exist.
OUR_SCRIPTS = ("accounts/*.js", "attendance/*.js", "enrollment/*.js", "portal/*.js")


class HashedModulesStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, with Django's patterns for imports of ES modules applied to our scripts alone.

    Django's own `support_js_module_import_aggregation` is for all scripts or none. Its patterns see an import only if
    it is written `import … from "./name.js";`, with the semicolon.
    """

    # One pass for each import in a chain, and one that finds nothing left to do.
    max_post_process_passes = 10
    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        *(
            (scripts, CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1])
            for scripts in OUR_SCRIPTS
        ),
    )
