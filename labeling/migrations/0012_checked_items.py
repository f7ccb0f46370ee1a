"""An index for the random checks that prove a threshold; made beside the work that goes on."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """One index."""

    atomic = False
    dependencies: ClassVar = [("labeling", "0011_second_factors")]

    operations: ClassVar = [
        AddIndexConcurrently(
            model_name="item",
            index=models.Index(
                fields=["dataset", "draw"],
                condition=models.Q(("blind", True), ("sampled", True), ("status", "reviewed")),
                name="item_checks",
            ),
        ),
    ]
