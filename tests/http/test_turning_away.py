"""Too much to do: requests are turned away in front of the application, by lane, and counted."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from typing import Any, NoReturn

import pytest
from flask.testing import FlaskClient

from geo_assign.http import turning_away
from geo_assign.http.admission import WorkTurns
from geo_assign.http.early_bodies import PromptSenders
from geo_assign.http.errors import OverloadedError
from geo_assign.http.operations import ALL_ROLES, Call, Lane, Reply, Routes
from geo_assign.http.problems import problem_of
from tests.http.conftest import MakeClient, People, bearer
from tests.waiting import PATIENCE_S, wait_until

routes = Routes("Examples")


@routes.get("/v1/pings", access=ALL_ROLES, lane=Lane.PHONES)
def ping(call: Call[None, None]) -> Reply:
    """Ping."""
    return Reply({})


@routes.get("/v1/searches", access=ALL_ROLES)
def search(call: Call[None, None]) -> Reply:
    """Search."""
    return Reply({})


@routes.post("/v1/reports", access=ALL_ROLES, status=200)
def report(call: Call[None, None]) -> Reply:
    """Report."""
    return Reply({})


@routes.get("/v1/pictures", access=ALL_ROLES, lane=Lane.PICTURES)
def look(call: Call[None, None]) -> Reply:
    """Look."""
    return Reply({})


class Clock:
    """A clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(make_client: MakeClient, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    def standing(**options: Any) -> WorkTurns:
        return WorkTurns(clock=clock, most=1, room=options["room"], wait_s=options["wait_s"])

    monkeypatch.setattr("geo_assign.app.WorkTurns", standing)
    return make_client(routes.operations)


@pytest.fixture
def busy(client: FlaskClient, clock: Clock) -> WorkTurns:
    """One request is being worked on, as usual for 10 ms, and there has been a line for a while."""
    work: WorkTurns = client.application.wsgi_app._work  # type: ignore[attr-defined]
    turn = work.enter(Lane.ORDINARY, "x")
    clock.now += 0.01
    work.leave(turn)
    clock.now += 1
    turn = work.enter(Lane.ORDINARY, "x")
    line = work._line
    for _ in range(2):
        line.arrive(Lane.ORDINARY, "x", clock.now)
    clock.now += 0.2
    return work


def test_the_less_important_are_turned_away_at_once(
    client: FlaskClient, busy: WorkTurns, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = []
    behind = client.application.wsgi_app._behind  # type: ignore[attr-defined]

    def watched(environ: Any, start_response: Any) -> Any:
        reached.append(environ["PATH_INFO"])
        return behind(environ, start_response)

    monkeypatch.setattr(client.application.wsgi_app, "_behind", watched)
    headers = bearer(people.session())
    for path in ("/v1/searches", "/v1/pictures"):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, answer.json["code"]) == (503, OverloadedError.code)
        assert answer.headers["Retry-After"] == "1"
        assert answer.content_type == "application/problem+json"
        assert answer.json["instance"] == f"urn:request:{answer.headers['X-Request-Id']}"
    assert reached == []
    # What is no call of the API is answered, however much there is to do.
    assert client.get("/health/live").status_code == 200
    assert client.get("/v1/nothing").status_code == 404
    assert client.post("/v1/searches").status_code == 405
    assert reached == ["/health/live", "/v1/nothing", "/v1/searches"]
    told = client.get("/metrics").text
    assert 'geo_assign_http_shed_total{lane="ordinary"}' in told
    assert 'geo_assign_http_requests_total{status="5xx",tag="Examples"}' in told


def test_each_refusal_is_the_usual_problem_with_an_id_of_its_own(client: FlaskClient, busy: WorkTurns) -> None:
    first, second = client.get("/v1/searches"), client.get("/v1/searches")
    usual = problem_of(OverloadedError(retry_after_s=1), first.headers["X-Request-Id"])
    assert first.data == usual.body
    assert {name: first.headers[name] for name in usual.headers} == usual.headers
    assert first.content_length == len(first.data)
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]


def test_a_refusal_matches_no_path_and_makes_no_problem(
    client: FlaskClient, busy: WorkTurns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a refusal costs decides how many good answers are left at four times the load."""

    def dear(*_arguments: object, **_options: object) -> NoReturn:
        raise AssertionError("a refusal may not take this")

    monkeypatch.setattr(turning_away, "problem_of", dear)
    monkeypatch.setattr(client.application.wsgi_app, "_behind", dear)
    monkeypatch.setattr(client.application.wsgi_app._adapter, "match", dear)  # type: ignore[attr-defined]
    assert client.get("/v1/searches").status_code == 503


def test_those_whose_body_is_on_its_way_count(client: FlaskClient, busy: WorkTurns) -> None:
    """Sixteen turns of 10 ms are what a phone may expect to wait: so many come at once, and no more."""
    let_in = 0
    while busy.expect(Lane.PHONES) is not None:
        let_in += 1
    assert let_in == 16
    assert client.get("/v1/pings").status_code == 503


def test_what_ends_before_its_turn_is_on_its_way_no_longer(client: FlaskClient, people: People) -> None:
    work: WorkTurns = client.application.wsgi_app._work  # type: ignore[attr-defined]
    answers = [client.get("/v1/searches"), client.get("/v1/searches", headers=bearer(people.session()))]
    assert [answer.status_code for answer in answers] == [401, 200]
    assert (len(work._line._on_the_way), work.waiting, work.working) == (0, 0, 0)


class SlowBody(BytesIO):
    """A body that is not there until `sent` is set."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.asked, self.sent = threading.Event(), threading.Event()

    def read(self, size: int | None = -1, /) -> bytes:
        self.asked.set()
        assert self.sent.wait(PATIENCE_S)
        return super().read(size)


@pytest.fixture
def reached(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many were worked on whenever a request got behind."""
    work: WorkTurns = client.application.wsgi_app._work  # type: ignore[attr-defined]
    behind, seen = client.application.wsgi_app._behind, []  # type: ignore[attr-defined]

    def watched(environ: Any, start_response: Any) -> Any:
        seen.append(work.working)
        return behind(environ, start_response)

    monkeypatch.setattr(client.application.wsgi_app, "_behind", watched)
    return seen


def test_who_waits_for_body_and_turn_is_not_inside_the_application(
    client: FlaskClient, people: People, reached: list[int]
) -> None:
    work: WorkTurns = client.application.wsgi_app._work  # type: ignore[attr-defined]
    headers = bearer(people.session())
    assert client.post("/v1/reports", headers=headers, json={}).status_code == 200
    # Its token was looked up behind, before its body; from here on it is known.
    assert reached == [0]
    body = SlowBody(b"{}")
    with ThreadPoolExecutor(1) as pool:
        send = partial(client.post, "/v1/reports", headers=headers, content_type="application/json")
        answer = pool.submit(send, input_stream=body, content_length=2)
        assert body.asked.wait(PATIENCE_S)
        assert (work.working, work.waiting, len(work._line._on_the_way)) == (0, 0, 1)
        turn = work.enter(Lane.ORDINARY, "x")
        body.sent.set()
        wait_until(lambda: work.waiting == 1, "it waits for its turn")
        assert reached == [0]
        work.leave(turn)
        assert answer.result(PATIENCE_S).status_code == 200
    assert reached == [0, 1]
    assert (len(work._line._on_the_way), work.waiting, work.working) == (0, 0, 0)


@pytest.fixture
def prompt(client: FlaskClient, people: People, reached: list[int]) -> dict[str, str]:
    """The headers of one whose bodies have come with their heads."""
    headers = bearer(people.session())
    for _ in range(2):
        # The first is received behind: its token was not known.
        assert client.post("/v1/reports", headers=headers, json={}).status_code == 200
    assert reached == [0, 1]
    return headers


def test_a_body_that_is_expected_with_its_head_is_received_while_its_turn_is_waited_for(
    client: FlaskClient, prompt: dict[str, str], reached: list[int]
) -> None:
    work: WorkTurns = client.application.wsgi_app._work  # type: ignore[attr-defined]
    turn = work.enter(Lane.ORDINARY, "x")
    body = SlowBody(b"{}")
    with ThreadPoolExecutor(1) as pool:
        send = partial(client.post, "/v1/reports", headers=prompt, content_type="application/json")
        answer = pool.submit(send, input_stream=body, content_length=2)
        wait_until(lambda: work.waiting == 1, "it waits for its turn")
        assert body.asked.wait(PATIENCE_S)
        body.sent.set()
        work.leave(turn)
        assert answer.result(PATIENCE_S).status_code == 200
    assert reached == [0, 1, 1]
    assert (len(work._line._on_the_way), work.waiting, work.working) == (0, 0, 0)


def test_one_whose_body_is_late_hands_its_turn_back_and_waits_for_the_next_one_with_its_body(
    client: FlaskClient, prompt: dict[str, str], reached: list[int], clock: Clock
) -> None:
    work: WorkTurns = client.application.wsgi_app._work  # type: ignore[attr-defined]
    bodies = [SlowBody(b"{}"), SlowBody(b"{}")]
    with ThreadPoolExecutor(2) as pool:
        send = partial(client.post, "/v1/reports", headers=prompt, content_type="application/json")
        answers = [pool.submit(send, input_stream=body, content_length=2) for body in bodies]
        for body in bodies:
            assert body.asked.wait(PATIENCE_S)
        wait_until(lambda: work.working + work.waiting == 0, "they have handed their turns back")
        # Another one is not held up by them, and neither waits for a turn without its body any more.
        turn = work.enter(Lane.ORDINARY, "x")
        third = SlowBody(b"{}")
        answers.append(pool.submit(send, input_stream=third, content_length=2))
        bodies[0].sent.set()
        wait_until(lambda: work.waiting == 1, "the one whose body is there waits")
        work.leave(turn)
        assert answers[0].result(PATIENCE_S).status_code == 200
        bodies[1].sent.set()
        assert third.asked.wait(PATIENCE_S)
        third.sent.set()
        assert [answer.result(PATIENCE_S).status_code for answer in answers[1:]] == [200, 200]
    assert reached == [0, 1, 1, 1, 1]
    assert (len(work._line._on_the_way), work.waiting, work.working) == (0, 0, 0)


def test_a_turn_lasts_until_the_application_is_done_with_the_answer(
    client: FlaskClient, prompt: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    work: WorkTurns = client.application.wsgi_app._work  # type: ignore[attr-defined]
    behind, working = client.application.wsgi_app._behind, []  # type: ignore[attr-defined]

    def watched(environ: Any, start_response: Any) -> Any:
        answer = behind(environ, start_response)
        working.append(work.working)
        return answer

    monkeypatch.setattr(client.application.wsgi_app, "_behind", watched)
    assert client.post("/v1/reports", headers=prompt, json={}).status_code == 200
    assert client.get("/v1/searches", headers=prompt).status_code == 200
    assert (working, work.working) == ([1, 1], 0)


def test_only_so_many_wait_for_a_turn_before_their_bodies(
    client: FlaskClient, prompt: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    work: WorkTurns = client.application.wsgi_app._work  # type: ignore[attr-defined]
    monkeypatch.setattr(client.application.wsgi_app, "_turn_first", threading.Semaphore(2))
    turn = work.enter(Lane.ORDINARY, "x")
    bodies = [SlowBody(b"{}") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        send = partial(client.post, "/v1/reports", headers=prompt, content_type="application/json")
        answers = [pool.submit(send, input_stream=body, content_length=2) for body in bodies]
        for body in bodies:
            assert body.asked.wait(PATIENCE_S)
        wait_until(lambda: work.waiting == 2, "two wait for a turn")
        for body in bodies:
            body.sent.set()
        wait_until(lambda: work.waiting == 4, "all wait for a turn")
        work.leave(turn)
        assert [answer.result(PATIENCE_S).status_code for answer in answers] == [200] * 4


def test_the_latest_prompt_senders_are_kept() -> None:
    senders = PromptSenders(kept=2)
    for address in ("::1", "::2", "::1", "::3"):
        senders.add(address)
    assert [senders.has(address) for address in ("::1", "::2", "::3")] == [False, True, True]
    senders.forget("::2")
    senders.forget("::2")
    assert not senders.has("::2")


def test_who_has_no_known_token_or_a_large_body_is_behind_before_its_body(
    client: FlaskClient, people: People, reached: list[int]
) -> None:
    token = people.session()
    unknown = bearer(f"{token[:-1]}{'b' if token[-1] == 'a' else 'a'}")
    known = bearer(token)
    assert client.post("/v1/reports", headers=known, json={}).status_code == 200
    statuses = [
        client.post("/v1/reports", headers=unknown, json={}).status_code,
        client.post("/v1/reports", json={}).status_code,
        client.post("/v1/reports", headers=known, data=b" " * 20_000, content_type="application/json").status_code,
    ]
    assert (statuses[:2], reached) == ([401, 401], [0, 0, 0, 0])
    work: WorkTurns = client.application.wsgi_app._work  # type: ignore[attr-defined]
    assert (len(work._line._on_the_way), work.waiting, work.working) == (0, 0, 0)


def test_a_body_that_ends_too_soon_is_told_wherever_it_was_received(
    client: FlaskClient, people: People, reached: list[int]
) -> None:
    headers = bearer(people.session())
    send = partial(client.post, "/v1/reports", headers=headers, content_type="application/json")
    send = partial(send, environ_overrides={"CONTENT_LENGTH": "9"})
    answers = [send(input_stream=BytesIO(b"{}")) for _ in range(2)]
    assert client.post("/v1/reports", headers=headers, json={}).status_code == 200
    answers.append(send(input_stream=BytesIO(b"{}")))
    assert {answer.json["code"] for answer in answers} == {"incomplete_body"}
    # Those that break off all at once take no turn from any other.
    assert reached == [0, 0, 1, 0]


def test_they_are_logged_together(
    client: FlaskClient, busy: WorkTurns, clock: Clock, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(turning_away, "monotonic", clock)
    for _ in range(5):
        client.get("/v1/searches")
    clock.now += 0.04
    busy._line.arrive(Lane.ORDINARY, "x", clock.now)
    monkeypatch.setattr(turning_away, "_LOGGED_EVERY_S", 0.03)
    client.get("/v1/searches")
    lines = [line for line in capsys.readouterr().out.splitlines() if "requests_turned_away" in line]
    assert ['"number":1' in lines[0], '"number":5' in lines[1]] == [True, True]


def test_all_are_answered_when_there_is_room(client: FlaskClient, people: People) -> None:
    headers = bearer(people.session())
    for path in ("/v1/pings", "/v1/searches", "/v1/pictures"):
        assert client.get(path, headers=headers).status_code == 200
