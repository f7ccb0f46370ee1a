"""The history's chain is read by its index, always.

A connection keeps the plan of a trigger's statement. One that was made while the table was nearly empty reads the whole
table; kept while an import writes a hundred thousand given labels, it made each of them read all before it.
"""

from django.db import migrations


class Migration(migrations.Migration):
    """A setting of the function, for as long as it runs."""

    dependencies = [("review", "0004_activity")]

    operations = [
        migrations.RunSQL(
            "ALTER FUNCTION countersign_chain_decision() SET enable_seqscan = off",
            "ALTER FUNCTION countersign_chain_decision() RESET enable_seqscan",
        )
    ]
