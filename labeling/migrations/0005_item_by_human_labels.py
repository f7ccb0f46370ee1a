"""An index for what people say of items; made beside the work that goes on."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """One index."""

    atomic = False
    dependencies: ClassVar = [("labeling", "0004_standing_tallies")]

    operations: ClassVar = [
        AddIndexConcurrently(
            model_name="item",
            index=models.Index(
                fields=["dataset", "human_labels", "id"],
                condition=models.Q(("human_labels__isnull", False)),
                name="item_by_human_labels",
            ),
        ),
    ]
