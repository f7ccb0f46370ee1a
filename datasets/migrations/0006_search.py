"""Words of any script are found: those without blanks character by character, all of them by how they begin, in
whatever way Unicode spells them."""

from typing import ClassVar

from django.db import migrations

# Scripts that are written without blanks between words: Thai, Lao, Myanmar, Khmer, kana, Han and its extensions.
UNBROKEN = (
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    r"\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)

# A vector of words takes a megabyte at most: with longer texts, in any script, the insert would fail.
FUNCTIONS = rf"""
CREATE FUNCTION countersign_words(content text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT to_tsvector('simple', left(
    regexp_replace(normalize(left(content, 100000), NFC), '({UNBROKEN})', ' \1 ', 'g'), 150000))
$$;
CREATE FUNCTION countersign_search(words text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT regexp_replace(
    websearch_to_tsquery('simple', regexp_replace(
      regexp_replace(normalize(words, NFC), '({UNBROKEN}+)', ' "\1" ', 'g'), '({UNBROKEN})', ' \1 ', 'g'))::text,
    '''((?:[^'']|'''')*)''', '''\1'':*', 'g')::tsquery
$$;
CREATE OR REPLACE FUNCTION countersign_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO labeling_itemwords (item_id, dataset_id, words)
    SELECT n.id, n.dataset_id, countersign_words(n.text) FROM new_rows AS n WHERE n.text <> '';
  RETURN NULL;
END $$;
UPDATE labeling_itemwords AS w SET words = countersign_words(i.text) FROM labeling_item AS i WHERE i.id = w.item_id;
"""  # noqa: S608 - UNBROKEN is a constant of this module

NO_FUNCTIONS = """
CREATE OR REPLACE FUNCTION countersign_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO labeling_itemwords (item_id, dataset_id, words)
    SELECT n.id, n.dataset_id, to_tsvector('simple', left(n.text, 100000)) FROM new_rows AS n WHERE n.text <> '';
  RETURN NULL;
END $$;
DROP FUNCTION countersign_search(text);
DROP FUNCTION countersign_words(text);
"""


class Migration(migrations.Migration):
    """Two functions, and the trigger that uses one of them."""

    dependencies: ClassVar = [("datasets", "0005_element_tallies")]

    operations: ClassVar = [migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS)]
