"""Database guards as migration operations: append-only tables, and rows that may not be deleted.
Migrations are built from these texts: one that has been applied anywhere is never changed here, only replaced by a
later migration."""

from collections.abc import Mapping

from django.db.migrations import RunSQL

# The references of one statement's rows are checked together. The query is planned for each statement, when the
# number of rows is known. The error is that of a foreign key.
FUNCTIONS = """
CREATE FUNCTION countersign_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION countersign_refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the rows of % stay as others refer to them: % refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION countersign_check_references() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  missing bigint;
BEGIN
  FOR argument IN 0 .. TG_NARGS / 2 - 1 LOOP
    EXECUTE format(
      'SELECT named.id FROM (SELECT DISTINCT %1$I AS id FROM new_rows WHERE %1$I IS NOT NULL) AS named '
      'WHERE NOT EXISTS (SELECT FROM %2$I AS kept WHERE kept.id = named.id) LIMIT 1',
      TG_ARGV[2 * argument], TG_ARGV[2 * argument + 1]) INTO missing;
    IF missing IS NOT NULL THEN
      RAISE EXCEPTION 'insert into % violates a reference: % % is not present in %',
        TG_TABLE_NAME, TG_ARGV[2 * argument], missing, TG_ARGV[2 * argument + 1]
        USING ERRCODE = 'foreign_key_violation';
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
"""

NO_FUNCTIONS = """
DROP FUNCTION countersign_check_references();
DROP FUNCTION countersign_refuse_removal();
DROP FUNCTION countersign_refuse_change();
"""

_APPEND_ONLY = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION countersign_refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse_change();
"""

_CHECKED = """
CREATE TRIGGER {table}_references AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION countersign_check_references({arguments});
"""

_UNCHANGING = """
CREATE TRIGGER {table}_same_{column} BEFORE UPDATE OF {column} ON {table} FOR EACH ROW
  WHEN (OLD.{column} IS DISTINCT FROM NEW.{column}) EXECUTE FUNCTION countersign_refuse_removal();
"""

_KEPT = """
CREATE TRIGGER {table}_kept BEFORE DELETE OR TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse_removal();
"""


def append_only(table: str) -> RunSQL:
    """Rows can be added and read, not changed or deleted."""
    return RunSQL(
        _APPEND_ONLY.format(table=table),
        f"DROP TRIGGER {table}_append_only ON {table}; DROP TRIGGER {table}_no_truncate ON {table}",
    )


def checked(table: str, columns: Mapping[str, str]) -> RunSQL:
    """The referenced rows exist, checked once per statement: for tables that get millions of rows, where a foreign key
    would look up and lock one row for each. `columns`: each with its target table, which must be `kept` or
    `append_only`."""
    arguments = ", ".join(f"'{word}'" for pair in columns.items() for word in pair)
    return RunSQL(_CHECKED.format(table=table, arguments=arguments), f"DROP TRIGGER {table}_references ON {table}")


def unchanging(table: str, column: str) -> RunSQL:
    """The column keeps its initial value."""
    return RunSQL(_UNCHANGING.format(table=table, column=column), f"DROP TRIGGER {table}_same_{column} ON {table}")


def kept(table: str) -> RunSQL:
    """Rows cannot be deleted: others reference them without a foreign key."""
    return RunSQL(_KEPT.format(table=table), f"DROP TRIGGER {table}_kept ON {table}")
