"""No page and no call shows a labeler's key. A module of its own: it looks at the world that its module shares."""

from tests.api.program import Program
from tests.security.routes import ROUTES, address
from tests.security.test_secrets import CANARY, llm
from tests.security.world import World


def test_no_page_and_no_call_shows_it(world: World) -> None:
    labeler = llm(world.cast)
    ids = world.ids | {"labeler": labeler.pk}
    client, program = world.cast.client(world.cast.admin), Program.of(world.cast.admin)
    headers = {"Authorization": f"Bearer {program.token}"}
    for name, route in ROUTES.items():
        if "GET" not in route.calls:
            continue
        response = client.get(address(name, ids), headers=headers)
        body = b"".join(response) if response.streaming else response.content
        assert CANARY.encode() not in body, name
    for path in (
        f"/admin/labeling/labeler/{labeler.pk}/change/",
        f"/admin/labeling/labeler/{labeler.pk}/history/",
        "/admin/labeling/labeler/",
        "/admin/",
    ):
        response = client.get(path)
        assert response.status_code == 200
        assert CANARY.encode() not in response.content
