"""The words of items in a table beside them, whose index does not grow with each change of an item's standing."""

from typing import ClassVar

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models
from django.db.models.deletion import DO_NOTHING

# A vector of words takes a megabyte at most: with longer texts, in any script, the insert would fail.
WORDS = "to_tsvector('simple', left({row}.text, 100000))"

TRIGGER = f"""
CREATE FUNCTION countersign_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO labeling_itemwords (item_id, dataset_id, words)
    SELECT n.id, n.dataset_id, {WORDS.format(row="n")} FROM new_rows AS n WHERE n.text <> '';
  RETURN NULL;
END $$;
CREATE TRIGGER item_words AFTER INSERT ON labeling_item REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION countersign_keep_words();
CREATE TRIGGER labeling_item_same_text BEFORE UPDATE OF text ON labeling_item FOR EACH ROW
  WHEN (OLD.text IS DISTINCT FROM NEW.text) EXECUTE FUNCTION countersign_refuse_removal();
"""  # noqa: S608 - a constant of this module

NO_TRIGGER = """
DROP TRIGGER labeling_item_same_text ON labeling_item;
DROP TRIGGER item_words ON labeling_item;
DROP FUNCTION countersign_keep_words();
"""

FILL = f"""
INSERT INTO labeling_itemwords (item_id, dataset_id, words)
  SELECT i.id, i.dataset_id, {WORDS.format(row="i")} FROM labeling_item AS i WHERE i.text <> '' ORDER BY i.id;
"""  # noqa: S608 - a constant of this module


class Migration(migrations.Migration):
    """One table, filled from the items before its index is built; the old index goes."""

    dependencies: ClassVar = [("labeling", "0014_set_wise_references")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="ItemWords",
            fields=[
                (
                    "item",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=DO_NOTHING,
                        primary_key=True,
                        related_name="words",
                        serialize=False,
                        to="labeling.item",
                    ),
                ),
                ("words", django.contrib.postgres.search.SearchVectorField()),
                (
                    "dataset",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=DO_NOTHING,
                        related_name="+",
                        to="labeling.dataset",
                    ),
                ),
            ],
            options={"verbose_name_plural": "items' words"},
        ),
        migrations.RunSQL(TRIGGER, NO_TRIGGER),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="itemwords",
            index=django.contrib.postgres.indexes.GinIndex(fields=["words"], name="item_words_search"),
        ),
        migrations.RemoveIndex(model_name="item", name="item_text_search"),
    ]
