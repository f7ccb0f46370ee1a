"""The functions behind the guards of every app's tables."""

from typing import ClassVar

from django.db import migrations

from ground.sql.guards import FUNCTIONS, NO_FUNCTIONS


class Migration(migrations.Migration):
    """Functions of triggers."""

    dependencies: ClassVar = [("work", "0001_initial")]

    operations: ClassVar = [migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS)]
