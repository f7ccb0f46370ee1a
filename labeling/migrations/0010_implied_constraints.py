"""Four foreign keys lose their constraints, which others imply; `verify` compares the columns with what they copy."""

from typing import ClassVar

from django.db import migrations, models
from django.db.models.deletion import DO_NOTHING


class Migration(migrations.Migration):
    """Drops the constraints; the columns stay."""

    dependencies: ClassVar = [("labeling", "0009_token_reach")]

    operations: ClassVar = [
        migrations.AlterField(
            model_name="item",
            name="auto_labeler",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=DO_NOTHING,
                related_name="+",
                to="labeling.labeler",
            ),
        ),
        migrations.AlterField(
            model_name="item",
            name="auto_prelabel",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=DO_NOTHING,
                related_name="+",
                to="labeling.prelabel",
            ),
        ),
        migrations.AlterField(
            model_name="prelabel",
            name="labeler",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=DO_NOTHING,
                related_name="prelabels",
                to="labeling.labeler",
            ),
        ),
        migrations.AlterField(
            model_name="waiting",
            name="dataset",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=DO_NOTHING, related_name="+", to="labeling.dataset"
            ),
        ),
    ]
