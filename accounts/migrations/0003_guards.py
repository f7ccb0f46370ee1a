"""The audit log, guarded like every history."""

from typing import ClassVar

from django.db import migrations

from ground.sql.guards import append_only


class Migration(migrations.Migration):
    """Triggers."""

    dependencies: ClassVar = [("accounts", "0002_initial"), ("work", "0002_guards")]

    operations: ClassVar = [append_only("labeling_auditevent")]
