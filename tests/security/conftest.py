"""One world for all tests of a module: making it takes longer than asking it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import transaction

from tests.security.world import World, make_world


@pytest.fixture(scope="module")
def made_world(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Made in a transaction that is rolled back when the module is over."""
    before = django_settings.MEDIA_ROOT
    media = django_settings.MEDIA_ROOT = tmp_path_factory.mktemp("world")
    with django_db_blocker.unblock(), transaction.atomic():
        world = make_world()
        world.media = media
        django_settings.MEDIA_ROOT = before
        yield world
        transaction.set_rollback(True)


@pytest.fixture
def world(made_world: World, db: None, own_media: None, settings: Any) -> World:
    """The world; what a test changes in it is taken back."""
    settings.MEDIA_ROOT = made_world.media
    return made_world
