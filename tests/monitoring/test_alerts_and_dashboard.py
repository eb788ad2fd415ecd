"""Every alert and panel asks for what the running processes export."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pytest
import requests
import yaml
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

import geo_assign.app
import geo_assign.worker  # noqa: F401 - both declare what their processes export
from geo_assign.core.telemetry import labels_by_name, registry
from geo_assign.geocoding.domain import ProblemCode
from tests.conftest import borrowed
from tests.docs.pages import ROOT, page
from tests.live import LiveService, free_port, live_service, seed_document
from tests.monitoring.promql import Wanted, wanted
from tests.waiting import wait_until

RULES_FILE = ROOT / "config" / "prometheus" / "geo-assign-alerts.yml"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(RULES_FILE.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]
]
DASHBOARD: dict[str, Any] = json.loads((ROOT / "config" / "grafana" / "geo-assign.json").read_text(encoding="utf-8"))
PANELS: list[dict[str, Any]] = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = {
    f"{panel['title']} {target['refId']}": target["expr"].replace("$__rate_interval", "5m")
    for panel in PANELS
    for target in panel["targets"]
}
EXPRESSIONS = {rule["alert"]: rule["expr"] for rule in RULES} | QUERIES
JOBS = {"geo-assign-api", "geo-assign-worker"}
# Of what happens only when something goes wrong, the values are looked up here.
VALUES_BEYOND = {
    ("geo_assign_geocode_answers_total", "outcome"): {code.value for code in ProblemCode},
    ("geo_assign_http_requests_total", "status"): {"5xx"},
    ("geo_assign_push_attempts_total", "outcome"): {"delivered", "failed", "refused"},
    ("geo_assign_mail_attempts_total", "outcome"): {"sent"},
    ("geo_assign_http_failures_total", "trouble"): {"none"},
}


@dataclass(frozen=True)
class Scrapes:
    """What the API and the worker told."""

    api: str
    worker: str

    @property
    def families(self) -> Iterator[Metric]:
        for told in (self.api, self.worker):
            yield from text_string_to_metric_families(told)

    def values_of(self, name: str, label: str) -> set[str] | None:
        """The values of a label of the samples of this name; None where no process exports such a thing."""
        known = _labels_of_samples()
        if name not in known:
            return None
        exported = {sample for family in self.families for sample in _sample_names(family.name, family.type)}
        if name not in exported:
            return None
        if label not in known[name]:
            return None
        samples = (sample for family in self.families for sample in family.samples if sample.name == name)
        return {sample.labels[label] for sample in samples if label in sample.labels}


def _sample_names(name: str, kind: str) -> set[str]:
    suffixes = {
        "counter": ("_total",),
        "histogram": ("_bucket", "_sum", "_count"),
        "summary": ("_sum", "_count"),
    }
    return {name.removesuffix("_total") + suffix for suffix in suffixes.get(kind, ("",))}


def _labels_of_samples() -> Mapping[str, set[str]]:
    """The labels that the samples of each name have, as they are declared."""
    found: dict[str, set[str]] = {}
    for family in registry.collect():
        for name in _sample_names(family.name, family.type):
            labels = set(labels_by_name[family.name])
            found[name] = labels | ({"le"} if name.endswith("_bucket") else set())
    return found


@pytest.fixture(scope="module")
def scrapes(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scrapes]:
    """An API and a worker that ran through a lead's life."""
    port = free_port()
    settings = {"lead_auto_user_assignment": "on", "lead_acceptance": True}
    folder = tmp_path_factory.mktemp("scraped")
    with (
        borrowed(template) as world,
        live_service(world, seed_document(settings=settings), folder, worker_metrics_port=port) as service,
    ):
        _work(service)
        worker = f"http://127.0.0.1:{port}"
        wait_until(lambda: _answers(worker), "the worker tells its figures")
        assert requests.get(f"{worker}/health/live", timeout=30).json() == {"status": "ok"}
        assert requests.get(f"{worker}/elsewhere", timeout=30).status_code == 404
        yield Scrapes(_scrape(service.base_url), _scrape(worker))


def _work(service: LiveService) -> None:
    place = {"lat": 41.15, "lon": -8.61}
    phone = service.technician("t0")
    lead = {"store_id": service.store_id(), "customer": {"name": "Eva Example"}, "location": place}
    service.user().post("/v1/leads", lead)
    phone.call("POST", "/v1/positions", {"positions": [{"recorded_at": "2020-01-01T00:00:00Z", **place}]})
    service.user().call("GET", "/v1/leads/nothing")


def _answers(worker: str) -> bool:
    try:
        return "geo_assign_pending_work_orders{" in _scrape(worker)
    except requests.ConnectionError:
        return False


def _scrape(url: str) -> str:
    answer = requests.get(f"{url}/metrics", timeout=30)
    assert answer.headers["Content-Type"].startswith("text/plain")
    return answer.text


def test_both_scrapes_are_small_and_of_this_version(scrapes: Scrapes) -> None:
    for told in (scrapes.api, scrapes.worker):
        assert len(told.encode()) < 40_000
        assert "geo_assign_build_info{version=" in told
    assert 'geo_assign_sweep_lag_seconds{lane="offer_expiry"}' in scrapes.worker
    assert 'geo_assign_positions_total{reason="too_old",verdict="rejected"} 1.0' in scrapes.api


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_what_is_asked_for_is_exported(scrapes: Scrapes, name: str) -> None:
    asked = wanted(EXPRESSIONS[name])
    assert asked
    for one in asked:
        _require(scrapes, one)


def _require(scrapes: Scrapes, one: Wanted) -> None:
    if one.name == "up":
        assert one.label in {None, "job"}
        assert one.pattern is None or one.pattern in JOBS
        return
    assert one.name in _labels_of_samples(), one
    if one.label is None or one.label in {"job", "instance"}:
        return
    values = scrapes.values_of(one.name, one.label)
    assert values is not None, one
    known = values | VALUES_BEYOND.get((one.name, one.label), set())
    for value in (one.pattern or "").split("|") if one.pattern else ():
        assert value in known, one


def test_promql_is_read_to_its_leaves() -> None:
    read = wanted('sum by (a) (rate(x_total{b="c"}[5m])) / (time() - max(y)) > 2')
    assert read == {Wanted("x_total"), Wanted("x_total", "b", "c"), Wanted("x_total", "a"), Wanted("y")}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_says_what_is_wrong_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"GeoAssign[A-Z][A-Za-z]+", rule["alert"])
    assert re.fullmatch(r"\d+m", rule["for"])
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    path, _, section = rule["annotations"]["runbook_url"].partition("#")
    assert section in page(path).anchors()


def test_each_alert_has_a_name_of_its_own() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_takes_the_rules() -> None:
    subprocess.run(["promtool", "check", "rules", str(RULES_FILE)], check=True)


def test_the_example_configuration_names_the_rules_and_the_jobs() -> None:
    example = yaml.safe_load((RULES_FILE.parent / "prometheus.yml").read_text(encoding="utf-8"))
    assert example["rule_files"] == [RULES_FILE.name]
    assert {job["job_name"] for job in example["scrape_configs"]} == JOBS


def test_the_dashboard_is_one_that_grafana_imports() -> None:
    assert DASHBOARD["title"] == "geo-assign"
    assert DASHBOARD["uid"]
    assert DASHBOARD["schemaVersion"] >= 36
    assert [one["name"] for one in DASHBOARD["templating"]["list"]] == ["datasource"]
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    for panel in PANELS:
        assert panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["targets"]
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


def test_no_panel_lies_over_another() -> None:
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        apart = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or apart


def test_every_metric_is_on_the_dashboard_or_in_an_alert() -> None:
    asked = {one.name for expression in EXPRESSIONS.values() for one in wanted(expression)}
    for family in registry.collect():
        assert asked & _sample_names(family.name, family.type), family.name
