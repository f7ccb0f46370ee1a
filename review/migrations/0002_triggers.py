"""The history of decisions: append-only, numbered and chained by hash for each item."""

from typing import ClassVar

from django.db import migrations

CHAIN = """
CREATE FUNCTION countersign_decision_text(d review_decision) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_array(d.id, d.request_id, d.group_id, d.dataset_id, d.item_id, d.seq, d.reviewer_id, d.origin,
    d.verdict, d.value, d.reason, d.prelabel_id, d.shown, d.matched, d.lane, d.sampled, d.sampling_rate, d.slot,
    d.priority, d.claim_token, d.probe, d.probe_caught, d.undoes_id, d.import_job_id, d.seconds,
    extract(epoch FROM d.decided_at))::text
$$;

CREATE FUNCTION countersign_chain_decision() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER review_decision_append_only BEFORE UPDATE OR DELETE ON review_decision
  FOR EACH ROW EXECUTE FUNCTION countersign_refuse_change();
CREATE TRIGGER review_decision_no_truncate BEFORE TRUNCATE ON review_decision
  FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse_change();
"""

UNCHAIN = """
DROP TRIGGER review_decision_chain ON review_decision;
DROP TRIGGER review_decision_append_only ON review_decision;
DROP TRIGGER review_decision_no_truncate ON review_decision;
DROP FUNCTION countersign_chain_decision();
DROP FUNCTION countersign_decision_text(review_decision);
"""


class Migration(migrations.Migration):
    """Functions and triggers."""

    dependencies: ClassVar = [("review", "0001_initial"), ("labeling", "0002_triggers")]

    operations: ClassVar = [migrations.RunSQL(CHAIN, UNCHAIN)]
