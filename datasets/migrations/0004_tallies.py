"""The tallies of items, and their words, kept by the database in the transaction that writes the items."""

from typing import ClassVar

from django.db import migrations

# What a tally counts by, as the item has it. A share in hundredths: 0.29 * 100 is a little below 29 in floating point.
CELL = """dataset_id, status, lane, auto_labeler_id, auto_labels, human_labels, matched, above_threshold,
    sampled, sampling_rate, auto_empty, blind,
    CASE WHEN auto_labels IS NOT NULL AND NOT auto_empty
      THEN floor(coalesce(auto_floor, 0) * 100 + 1e-9)::smallint END"""

TALLIES = f"""
CREATE FUNCTION countersign_tally_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO labeling_tallydelta (dataset_id, status, lane, labeler_id, auto_labels, human_labels, matched,
        above_threshold, sampled, sampling_rate, auto_empty, blind, bucket, n)
      SELECT {CELL}, count(*) FROM new_rows GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO labeling_tallydelta (dataset_id, status, lane, labeler_id, auto_labels, human_labels, matched,
        above_threshold, sampled, sampling_rate, auto_empty, blind, bucket, n)
      SELECT {CELL}, -count(*) FROM old_rows GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13;
  ELSE
    INSERT INTO labeling_tallydelta (dataset_id, status, lane, labeler_id, auto_labels, human_labels, matched,
        above_threshold, sampled, sampling_rate, auto_empty, blind, bucket, n)
      SELECT dataset_id, status, lane, auto_labeler_id, auto_labels, human_labels, matched, above_threshold,
             sampled, sampling_rate, auto_empty, blind, bucket, sum(change)
      FROM (SELECT {CELL} AS bucket, 1 AS change FROM new_rows
            UNION ALL SELECT {CELL}, -1 FROM old_rows) AS both_sides
      GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 HAVING sum(change) <> 0;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER item_tally_insert AFTER INSERT ON labeling_item REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION countersign_tally_items();
CREATE TRIGGER item_tally_update AFTER UPDATE ON labeling_item REFERENCING OLD TABLE AS old_rows
  NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION countersign_tally_items();
CREATE TRIGGER item_tally_delete AFTER DELETE ON labeling_item REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION countersign_tally_items();
"""  # noqa: S608 - CELL is a constant of this module

NO_TALLIES = """
DROP TRIGGER item_tally_insert ON labeling_item;
DROP TRIGGER item_tally_update ON labeling_item;
DROP TRIGGER item_tally_delete ON labeling_item;
DROP FUNCTION countersign_tally_items();
"""

# A vector of words takes a megabyte at most: with longer texts, in any script, the insert would fail.
WORDS = """
CREATE FUNCTION countersign_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO labeling_itemwords (item_id, dataset_id, words)
    SELECT n.id, n.dataset_id, to_tsvector('simple', left(n.text, 100000)) FROM new_rows AS n WHERE n.text <> '';
  RETURN NULL;
END $$;
CREATE TRIGGER item_words AFTER INSERT ON labeling_item REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION countersign_keep_words();
"""

NO_WORDS = "DROP TRIGGER item_words ON labeling_item; DROP FUNCTION countersign_keep_words()"


class Migration(migrations.Migration):
    """Functions and triggers."""

    dependencies: ClassVar = [("datasets", "0003_guards")]

    operations: ClassVar = [migrations.RunSQL(TALLIES, NO_TALLIES), migrations.RunSQL(WORDS, NO_WORDS)]
