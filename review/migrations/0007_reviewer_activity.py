"""What each person has decided, written with the ledger of activity; what the ledger has seen is counted once."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Marks stand still meanwhile: whoever moves one adds to the new table.
COUNT = """
LOCK TABLE review_activitymark IN SHARE MODE;
INSERT INTO review_revieweractivity (dataset_id, reviewer_id, decisions, probes, caught)
SELECT d.dataset_id, d.reviewer_id, count(*), count(*) FILTER (WHERE d.probe_caught IS NOT NULL),
  count(*) FILTER (WHERE d.probe_caught)
FROM review_decision AS d JOIN review_activitymark AS m ON m.dataset_id = d.dataset_id
WHERE d.decided_at < m.until AND d.origin = 'review' AND d.verdict NOT IN ('undo', 'skip')
GROUP BY 1, 2
"""


class Migration(migrations.Migration):
    """One table, filled."""

    dependencies: ClassVar = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("labeling", "0013_coarser_tallies"),
        ("review", "0006_decision_checks"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="ReviewerActivity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("decisions", models.PositiveBigIntegerField()),
                ("probes", models.PositiveBigIntegerField()),
                ("caught", models.PositiveBigIntegerField()),
                (
                    "dataset",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="labeling.dataset",
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "reviewer activity",
                "constraints": [models.UniqueConstraint(fields=("dataset", "reviewer"), name="reviewer_activity_once")],
            },
        ),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]
