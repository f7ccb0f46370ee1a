"""The history of decisions: append-only, numbered and chained by hash for each item."""

from typing import ClassVar

from django.db import migrations

from ground.sql.guards import append_only

# A connection keeps the plan of a trigger's statement. One that was made while the table was nearly empty reads the
# whole table; kept while an import writes a hundred thousand given labels, it made each of them read all before it.
# So the chain is read by its index, always.
CHAIN = """
CREATE FUNCTION countersign_decision_text(d review_decision) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_array(d.id, d.request_id, d.group_id, d.dataset_id, d.item_id, d.seq, d.reviewer_id, d.origin,
    d.verdict, d.value, d.reason, d.prelabel_id, d.shown, d.matched, d.lane, d.sampled, d.sampling_rate, d.slot,
    d.priority, d.claim_token, d.probe, d.probe_caught, d.undoes_id, d.import_job_id, d.seconds,
    extract(epoch FROM d.decided_at))::text
$$;

CREATE FUNCTION countersign_chain_decision() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE previous record;
BEGIN
  SELECT seq, hash INTO previous FROM review_decision WHERE item_id = NEW.item_id ORDER BY seq DESC LIMIT 1;
  NEW.seq := coalesce(previous.seq, 0) + 1;
  NEW.previous_hash := previous.hash;
  NEW.hash := sha256(coalesce(previous.hash, ''::bytea) || convert_to(countersign_decision_text(NEW), 'UTF8'));
  RETURN NEW;
END $$;

CREATE TRIGGER review_decision_chain BEFORE INSERT ON review_decision
  FOR EACH ROW EXECUTE FUNCTION countersign_chain_decision();
"""

UNCHAIN = """
DROP TRIGGER review_decision_chain ON review_decision;
DROP FUNCTION countersign_chain_decision();
DROP FUNCTION countersign_decision_text(review_decision);
"""


class Migration(migrations.Migration):
    """Functions and triggers."""

    dependencies: ClassVar = [("review", "0001_initial"), ("work", "0002_guards")]

    operations: ClassVar = [migrations.RunSQL(CHAIN, UNCHAIN), append_only("review_decision")]
