"""Random checks that people have made, found without reading the decisions."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """One small index: of the decisions on random checks alone."""

    atomic = False
    dependencies = [("review", "0005_chain_by_index")]

    operations = [
        AddIndexConcurrently(
            model_name="decision",
            index=models.Index(
                fields=["item"], condition=models.Q(sampled=True, verdict="label"), name="decision_checks"
            ),
        )
    ]
