"""The public HTTP API as a network's system would call it, with retries while a service is unavailable."""

import time
from typing import Any, Self

import httpx

PATIENCE = 60.0
_PAUSE = 0.5


class Refused(Exception):
    """The service answered with an error. The message summarizes its problem document."""


class Api:
    """One service, called with one token; without a token, anonymously."""

    def __init__(self, address: str, bearer: str | None = None) -> None:
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        self._client = httpx.Client(base_url=address, headers=headers, timeout=40, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, **parameters: str) -> Any:
        return self._call("GET", path, params=parameters).json()

    def find(self, path: str) -> Any | None:
        """Return the document at the path, or None where there is none."""
        answer = self._answer("GET", path)
        return None if answer.status_code == httpx.codes.NOT_FOUND else _accepted(answer).json()

    def put(self, path: str, body: Any) -> None:
        """Put an entry of the directory; if it says something else there, in place of what it says now."""
        answer = self._answer("PUT", path, json=body)
        if answer.status_code == httpx.codes.PRECONDITION_REQUIRED:
            now = self._call("GET", path).headers["ETag"]
            answer = self._answer("PUT", path, json=body, headers={"If-Match": now})
        _accepted(answer)

    def record(self, path: str, body: Any, key: str) -> tuple[Any, bool]:
        """Post a command; return its answer, and whether it had been recorded before."""
        answer = self._call("POST", path, json=body, headers={"Idempotency-Key": key})
        return answer.json(), "Idempotency-Replayed" in answer.headers

    def ready(self) -> None:
        """Wait until the service reports that it is ready."""
        self._call("GET", "/health/ready")

    def _call(self, method: str, path: str, **request: Any) -> httpx.Response:
        return _accepted(self._answer(method, path, **request))

    def _answer(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Repeat the request while there is no answer or the service is away. Raises httpx's errors."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self._client.request(method, path, **request)
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
                    return answer
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(_PAUSE)


def _accepted(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
    problem = answer.json() if is_problem else {}
    said = [str(problem[name]) for name in ("title", "rule", "errors") if problem.get(name)]
    where = f"{answer.request.method} {answer.request.url.path}"
    raise Refused(" · ".join([f"{where} answers {answer.status_code}", *said]))
