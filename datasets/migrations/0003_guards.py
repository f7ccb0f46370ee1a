"""What the database itself guards of datasets and items, and how it stores them."""

from typing import ClassVar

from django.db import migrations

from ground.sql.guards import append_only, checked, kept, unchanging

STORAGE = """
ALTER TABLE labeling_waiting SET (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.01,
  autovacuum_vacuum_threshold = 1000);
ALTER TABLE labeling_item SET (fillfactor = 90);
ALTER TABLE labeling_tallydelta SET (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000);
"""


class Migration(migrations.Migration):
    """Triggers and storage parameters."""

    dependencies: ClassVar = [("datasets", "0002_initial"), ("work", "0002_guards")]

    operations: ClassVar = [
        kept("labeling_dataset"),
        append_only("labeling_policy"),
        kept("labeling_item"),
        checked("labeling_item", {"dataset_id": "labeling_dataset"}),
        unchanging("labeling_item", "dataset_id"),
        unchanging("labeling_item", "text"),
        checked("labeling_waiting", {"item_id": "labeling_item"}),
        unchanging("labeling_waiting", "item_id"),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
    ]
