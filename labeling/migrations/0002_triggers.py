"""What the database itself guards: append-only tables, and the tallies of items."""

from typing import ClassVar

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION countersign_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
"""

GUARD = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION countersign_refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse_change();
"""

UNGUARD = """
DROP TRIGGER {table}_append_only ON {table};
DROP TRIGGER {table}_no_truncate ON {table};
"""

GUARDED = ["labeling_prelabel", "labeling_policy", "labeling_modelversion"]

CELLS = """dataset_id, status, lane, auto_labeler_id, auto_labels, human_labels, above_threshold, sampled,
    sampling_rate, blind, floor(auto_confidence * 100)::smallint"""

TALLIES = f"""
CREATE FUNCTION countersign_tally_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO labeling_tallydelta (dataset_id, status, lane, labeler_id, auto_labels, human_labels,
        above_threshold, sampled, sampling_rate, blind, bucket, n)
      SELECT {CELLS}, count(*) FROM new_rows GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO labeling_tallydelta (dataset_id, status, lane, labeler_id, auto_labels, human_labels,
        above_threshold, sampled, sampling_rate, blind, bucket, n)
      SELECT {CELLS}, -count(*) FROM old_rows GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11;
  ELSE
    INSERT INTO labeling_tallydelta (dataset_id, status, lane, labeler_id, auto_labels, human_labels,
        above_threshold, sampled, sampling_rate, blind, bucket, n)
      SELECT dataset_id, status, lane, auto_labeler_id, auto_labels, human_labels, above_threshold, sampled,
             sampling_rate, blind, bucket, sum(change)
      FROM (SELECT {CELLS} AS bucket, 1 AS change FROM new_rows
            UNION ALL SELECT {CELLS}, -1 FROM old_rows) AS both_sides
      GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 HAVING sum(change) <> 0;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER item_tally_insert AFTER INSERT ON labeling_item REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION countersign_tally_items();
CREATE TRIGGER item_tally_update AFTER UPDATE ON labeling_item REFERENCING OLD TABLE AS old_rows
  NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION countersign_tally_items();
CREATE TRIGGER item_tally_delete AFTER DELETE ON labeling_item REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION countersign_tally_items();
"""  # noqa: S608 - CELLS is a constant of this module

STORAGE = """
ALTER TABLE labeling_waiting SET (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.01,
  autovacuum_vacuum_threshold = 1000);
ALTER TABLE labeling_item SET (fillfactor = 90);
ALTER TABLE labeling_tallydelta SET (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000);
"""


class Migration(migrations.Migration):
    """Functions, triggers and storage parameters."""

    dependencies: ClassVar = [("labeling", "0001_initial")]

    operations: ClassVar = [
        migrations.RunSQL(APPEND_ONLY, "DROP FUNCTION countersign_refuse_change()"),
        *(migrations.RunSQL(GUARD.format(table=table), UNGUARD.format(table=table)) for table in GUARDED),
        migrations.RunSQL(
            TALLIES,
            "DROP TRIGGER item_tally_insert ON labeling_item; DROP TRIGGER item_tally_update ON labeling_item;"
            "DROP TRIGGER item_tally_delete ON labeling_item; DROP FUNCTION countersign_tally_items()",
        ),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
    ]
