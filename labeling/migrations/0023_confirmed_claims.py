"""Claims of pages that have yet to say that they have them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0022_sign_in_notices"),
    ]

    operations = [
        migrations.AddField(
            model_name="waiting",
            name="confirmed",
            field=models.BooleanField(db_default=True, default=True),
        ),
    ]
