"""Asks a web server whether it answers: `python -m supervision.probe /readyz` ends with 0 when it says 200.

Reads PORT and the first name of ALLOWED_HOSTS, so that a container's health check is let in.
"""

import http.client
import os
import sys


def status(host: str, port: int, path: str, *, name: str = "", seconds: float = 2.0) -> int | None:
    """The HTTP status of a GET, or None when nobody answers. `name` is sent as the Host header."""
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    try:
        connection.request("GET", path, headers={"Host": name} if name else {})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def lives(host: str, port: int, *, seconds: float = 10.0) -> bool:
    """Whether the product's web server answers, and be it with a refusal."""
    answer = status(host, port, "/livez", seconds=seconds)
    return answer is not None and answer < 500


def local_address(host: str) -> str:
    """The address of a server that listens on `host`, from this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - read, not bound


def main(arguments: list[str]) -> int:
    """The command line: a path, `/readyz` unless given."""
    path = arguments[0] if arguments else "/readyz"
    name = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".")
    answer = status("127.0.0.1", int(os.environ.get("PORT") or 8000), path, name=name, seconds=4)
    sys.stderr.write(f"{path}: {answer or 'no answer'}\n")
    return 0 if answer == 200 else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
