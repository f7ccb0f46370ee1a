"""Room for the names of formats that other packages bring."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """One wider column."""

    dependencies: ClassVar = [("review", "0002_triggers")]

    operations: ClassVar = [
        migrations.AlterField(model_name="export", name="format", field=models.CharField(max_length=40)),
    ]
