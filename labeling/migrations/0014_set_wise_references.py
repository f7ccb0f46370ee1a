"""References that are checked once a statement: of items, pre-labels and review slots, which come by the million.

A foreign key looks up, and locks, one row for each row. Here the rows of one statement
are looked up together, and what they name can never be removed. The error is the one of a foreign key.
"""

from typing import ClassVar

from django.db import migrations, models
from django.db.models.deletion import DO_NOTHING, PROTECT

# Table, and the columns with the tables that they name.
REFERENCES = {
    "labeling_item": {"dataset_id": "labeling_dataset"},
    "labeling_prelabel": {
        "item_id": "labeling_item",
        "run_id": "labeling_run",
        "model_version_id": "labeling_modelversion",
    },
    "labeling_waiting": {"item_id": "labeling_item"},
}
# Pre-labels and model versions are append-only already.
KEPT = ["labeling_dataset", "labeling_item", "labeling_run"]

# Planned anew for each statement, which knows by then how many rows there are.
FUNCTIONS = """
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
CREATE FUNCTION countersign_refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the rows of % stay as others refer to them: % refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation';
END $$;
"""

DROP_FUNCTIONS = "DROP FUNCTION countersign_check_references(); DROP FUNCTION countersign_refuse_removal()"

CHECK = """
CREATE TRIGGER {table}_references AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION countersign_check_references({arguments});
"""

SAME = """
CREATE TRIGGER {table}_same_{column} BEFORE UPDATE OF {column} ON {table} FOR EACH ROW
  WHEN (OLD.{column} IS DISTINCT FROM NEW.{column}) EXECUTE FUNCTION countersign_refuse_removal();
"""

KEEP = """
CREATE TRIGGER {table}_kept BEFORE DELETE OR TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse_removal();
"""


def _checked(table: str, columns: dict[str, str]) -> migrations.RunSQL:
    arguments = ", ".join(f"'{word}'" for pair in columns.items() for word in pair)
    return migrations.RunSQL(
        CHECK.format(table=table, arguments=arguments), f"DROP TRIGGER {table}_references ON {table}"
    )


def _unchanging(table: str, column: str) -> migrations.RunSQL:
    return migrations.RunSQL(SAME.format(table=table, column=column), f"DROP TRIGGER {table}_same_{column} ON {table}")


def _kept(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(KEEP.format(table=table), f"DROP TRIGGER {table}_kept ON {table}")


def _without_constraint(
    model: str, name: str, to: str, related: str, *, index: bool = False, null: bool = False
) -> migrations.AlterField:
    key: models.ForeignKey[models.Model, models.Model] = models.ForeignKey(
        db_constraint=False, db_index=index, null=null, on_delete=DO_NOTHING, related_name=related, to=to
    )
    return migrations.AlterField(model_name=model, name=name, field=key)


class Migration(migrations.Migration):
    """Five constraints become triggers; an index that nothing read goes."""

    dependencies: ClassVar = [("labeling", "0013_coarser_tallies")]

    operations: ClassVar = [
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        *(_kept(table) for table in KEPT),
        *(_checked(table, columns) for table, columns in REFERENCES.items()),
        _unchanging("labeling_item", "dataset_id"),
        _unchanging("labeling_waiting", "item_id"),
        _without_constraint("item", "dataset", "labeling.dataset", "items"),
        _without_constraint("prelabel", "item", "labeling.item", "prelabels", index=True),
        _without_constraint("prelabel", "run", "labeling.run", "prelabels"),
        _without_constraint("prelabel", "model_version", "labeling.modelversion", "+", null=True),
        _without_constraint("waiting", "item", "labeling.item", "waiting"),
        migrations.AlterField(
            model_name="item",
            name="split",
            field=models.ForeignKey(
                blank=True, db_index=False, null=True, on_delete=PROTECT, related_name="+", to="labeling.split"
            ),
        ),
    ]
