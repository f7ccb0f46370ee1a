"""The sums over compared items, kept by the database in the transaction that compares them or moves them."""

from typing import ClassVar

from django.db import migrations

PLACE = "labeler_id, above_threshold, sampling_rate, auto_empty, sampled, blind"
SUMS = """items, auto_items, human_items, matched_items, tp, auto, human, matched, edited, agreement, tp2, auto2,
  human2, matched2, edited2, agreement2, tp_auto, tp_human, auto_human, agreement_matched"""

# `change` says of each row whether it comes (1) or goes (-1). Items of which nothing changes cancel out.
# In an item, a pair of two classes is of three: the one, the other, and of all classes together.
_SUMMED = f"""
  of_item AS (
    SELECT dataset_id, {PLACE}, change, item_id, name,
      coalesce(sum(n) FILTER (WHERE of_auto AND of_human AND auto_class = human_class), 0) AS tp,
      coalesce(sum(n) FILTER (WHERE of_auto), 0) AS auto, coalesce(sum(n) FILTER (WHERE of_human), 0) AS human,
      coalesce(sum(n) FILTER (WHERE of_auto AND of_human), 0) AS matched,
      sum(edited) AS edited, coalesce(sum(agreement) FILTER (WHERE of_auto AND of_human), 0) AS agreement
    FROM seen, LATERAL (VALUES ('', auto_class <> '', human_class <> ''),
      (nullif(auto_class, ''), true, human_class = auto_class),
      (CASE WHEN human_class <> auto_class THEN nullif(human_class, '') END, false, true))
      AS of (name, of_auto, of_human)
    WHERE name IS NOT NULL
    GROUP BY dataset_id, {PLACE}, change, item_id, name),
  moments AS (
    INSERT INTO labeling_elementdelta (dataset_id, {PLACE}, name, {SUMS})
    SELECT dataset_id, {PLACE}, name, sum(change), sum(change * (auto > 0)::int), sum(change * (human > 0)::int),
      sum(change * (matched > 0)::int), sum(change * tp), sum(change * auto), sum(change * human),
      sum(change * matched), sum(change * edited), sum(change * agreement), sum(change * tp * tp),
      sum(change * auto * auto), sum(change * human * human), sum(change * matched * matched),
      sum(change * edited * edited), sum(change * agreement * agreement), sum(change * tp * auto),
      sum(change * tp * human), sum(change * auto * human), sum(change * agreement * matched)
    FROM of_item GROUP BY dataset_id, {PLACE}, name
    HAVING sum(change) <> 0 OR sum(change * auto) <> 0 OR sum(change * human) <> 0 OR sum(change * tp) <> 0
      OR sum(change * auto * auto) <> 0 OR sum(change * human * human) <> 0 OR sum(change * tp * tp) <> 0
      OR sum(change * matched * matched) <> 0 OR sum(change * edited * edited) <> 0
      OR sum(change * tp * auto) <> 0 OR sum(change * tp * human) <> 0 OR sum(change * auto * human) <> 0
      OR sum(change * edited) <> 0 OR sum(change * agreement) <> 0)
  INSERT INTO labeling_pairdelta (dataset_id, {PLACE}, auto_class, human_class, items, elements, elements2, agreement)
  SELECT dataset_id, {PLACE}, auto_class, human_class, sum(change), sum(change * n), sum(change * n::bigint * n),
    sum(change * agreement)
  FROM seen GROUP BY dataset_id, {PLACE}, auto_class, human_class
  HAVING sum(change) <> 0 OR sum(change * n) <> 0 OR sum(change * n::bigint * n) <> 0 OR sum(change * agreement) <> 0;
"""  # noqa: S608 - constants of this module

_PLACES = PLACE.split(", ")
_PLACE_OF_ITEM = "i.auto_labeler_id AS labeler_id, i.above_threshold, i.sampling_rate, i.auto_empty, i.sampled, i.blind"
_PAIR = "auto_class, human_class, n, edited, agreement"
_OF_PAIR = "p.auto_class, p.human_class, p.n, p.edited, p.agreement"
# Looked up row by row, by their keys.
_ITS_ITEM = "LATERAL (SELECT * FROM labeling_item WHERE id = {of}.item_id OFFSET 0) AS i"
_ITS_PAIRS = "LATERAL (SELECT * FROM labeling_comparedpair WHERE item_id = {of}.item_id OFFSET 0) AS p"


def _pairs(touched: str, before: str) -> str:
    """Pairs that came or went: all pairs of the items that they are of, as they are now against as they were."""
    return f"""
  WITH now AS MATERIALIZED (
    SELECT p.id, i.dataset_id, {_PLACE_OF_ITEM}, t.item_id, {_OF_PAIR}
    FROM (SELECT DISTINCT item_id FROM {touched}) AS t, {_ITS_ITEM.format(of="t")}, {_ITS_PAIRS.format(of="t")}),
  seen AS MATERIALIZED (
    SELECT dataset_id, {PLACE}, 1 AS change, item_id, {_PAIR} FROM now
    UNION ALL {before}),
  {_SUMMED}"""  # noqa: S608 - constants of this module


# Without those that came: they are looked for in a table of their ids, and not one by one.
_BEFORE_INSERT = f"""SELECT dataset_id, {PLACE}, -1, item_id, {_PAIR} FROM now
    WHERE id NOT IN (SELECT id FROM new_rows)"""  # noqa: S608 - constants of this module
_BEFORE_DELETE = f"""SELECT dataset_id, {PLACE}, -1, item_id, {_PAIR} FROM now
    UNION ALL SELECT i.dataset_id, {_PLACE_OF_ITEM}, -1, o.item_id, {_OF_PAIR.replace("p.", "o.")}
    FROM old_rows AS o, {_ITS_ITEM.format(of="o")}"""  # noqa: S608 - constants of this module

# A connection keeps the plan of a trigger's statement: one that was made while there were few pairs would read the
# whole table. So indexes are used, always. Of kinds whose label is elements people's label names no classes: no other
# item has pairs, and most statements are over at once. Pairs and items are never written by one statement.
TALLIES = f"""
CREATE FUNCTION countersign_tally_pairs() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    {_pairs("new_rows", _BEFORE_INSERT)}
  ELSE
    {_pairs("old_rows", _BEFORE_DELETE)}
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION countersign_tally_moved_pairs() RETURNS trigger LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_nestloop = off AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM old_rows WHERE human_labels = '{{}}') THEN
    RETURN NULL;
  END IF;
  WITH moved AS MATERIALIZED (
    SELECT n.id AS item_id, n.dataset_id, side.* FROM new_rows AS n JOIN old_rows AS o ON o.id = n.id, LATERAL (VALUES
      (1, n.auto_labeler_id, n.above_threshold, n.sampling_rate, n.auto_empty, n.sampled, n.blind),
      (-1, o.auto_labeler_id, o.above_threshold, o.sampling_rate, o.auto_empty, o.sampled, o.blind))
      AS side (change, {PLACE})
    WHERE o.human_labels = '{{}}'
      AND ROW(n.auto_labeler_id, n.above_threshold, n.sampling_rate, n.auto_empty, n.sampled, n.blind)
        IS DISTINCT FROM
        ROW(o.auto_labeler_id, o.above_threshold, o.sampling_rate, o.auto_empty, o.sampled, o.blind)),
  seen AS MATERIALIZED (
    SELECT m.dataset_id, {", ".join(f"m.{name}" for name in _PLACES)}, m.change, m.item_id, {_OF_PAIR}
    FROM moved AS m, {_ITS_PAIRS.format(of="m")}),
  {_SUMMED}
  RETURN NULL;
END $$;
CREATE FUNCTION countersign_refuse_changed_pairs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'compared pairs are replaced, never changed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER pair_tally_insert AFTER INSERT ON labeling_comparedpair REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION countersign_tally_pairs();
CREATE TRIGGER pair_tally_delete AFTER DELETE ON labeling_comparedpair REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION countersign_tally_pairs();
CREATE TRIGGER pair_unchanging BEFORE UPDATE OR TRUNCATE ON labeling_comparedpair
  FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse_changed_pairs();
CREATE TRIGGER item_pair_tally_update AFTER UPDATE ON labeling_item REFERENCING OLD TABLE AS old_rows
  NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION countersign_tally_moved_pairs();
ALTER TABLE labeling_elementdelta SET (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000);
ALTER TABLE labeling_pairdelta SET (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000);
"""  # noqa: S608 - constants of this module

NO_TALLIES = """
DROP TRIGGER item_pair_tally_update ON labeling_item;
DROP TRIGGER pair_unchanging ON labeling_comparedpair;
DROP TRIGGER pair_tally_delete ON labeling_comparedpair;
DROP TRIGGER pair_tally_insert ON labeling_comparedpair;
DROP FUNCTION countersign_refuse_changed_pairs();
DROP FUNCTION countersign_tally_moved_pairs();
DROP FUNCTION countersign_tally_pairs();
"""


class Migration(migrations.Migration):
    """Functions and triggers."""

    dependencies: ClassVar = [("datasets", "0004_tallies")]

    operations: ClassVar = [migrations.RunSQL(TALLIES, NO_TALLIES)]
