"""Statistics of the large tables can be brought up to date by the app's role, which does not own them."""

from typing import ClassVar

from django.db import migrations

# The tables stand in the function: whoever calls it can do nothing else with its owner's rights. Tables that somebody
# else is looking at are passed over.
FUNCTION = """
CREATE FUNCTION countersign_refresh_statistics() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = public AS $$
BEGIN
  ANALYZE (SKIP_LOCKED) labeling_item, labeling_waiting, labeling_prelabel, labeling_itemclass, labeling_itemwords,
    labeling_comparedpair, review_decision, labeling_tally, labeling_labeltally, labeling_buckettally;
END $$;
"""


class Migration(migrations.Migration):
    """One function."""

    dependencies: ClassVar = [("work", "0002_guards")]

    operations: ClassVar = [migrations.RunSQL(FUNCTION, "DROP FUNCTION countersign_refresh_statistics()")]
