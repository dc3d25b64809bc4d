"""What lies in deploy/ fits the program: its folders, its metrics, its settings; and systemd understands the unit."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from bot.clock import Clock
from bot.health import Health
from bot.settings import Settings
from storage.database import Database

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def metrics() -> set[str]:
    health = Health(Database("sqlite+aiosqlite:///none.db", pooled=False), Clock())
    return {sample.name for metric in health.registry.collect() for sample in metric.samples} | {
        f"{metric.name}_total" for metric in health.registry.collect() if metric.type == "counter"
    }


def test_the_dashboard_asks_for_metrics_that_there_are_and_for_all_of_them() -> None:
    board = json.loads((DEPLOY / "grafana.json").read_text("utf-8"))
    asked = {
        name
        for panel in board["panels"]
        for target in panel["targets"]
        for name in re.findall(r"kopir_\w+", target["expr"])
    }
    unasked = {"kopir_updates_created", "kopir_update_seconds_created", "kopir_update_seconds_count"}
    unasked |= {"kopir_update_seconds_sum"}
    known = metrics() | {"kopir_update_seconds_bucket", "kopir_sends_total"}
    assert asked - known == set()
    assert {name for name in known if not name.endswith(("_created", "_count", "_sum"))} - asked == set()
    numbers = [panel["id"] for panel in board["panels"]]
    assert len(set(numbers)) == len(numbers)


def test_operations_explain_every_metric_and_every_setting() -> None:
    told = (ROOT / "docs" / "operations.md").read_text("utf-8")
    explained = set(re.findall(r"`(kopir_\w+)`", told))
    families = {name.removesuffix("_bucket").removesuffix("_count").removesuffix("_sum") for name in metrics()}
    families = {name for name in families if not name.endswith("_created")} | {"kopir_sends_total"}
    assert {name for name in families if not name.endswith("_updates")} - explained == set()
    assert {name.upper() for name in Settings.model_fields} - set(re.findall(r"`([A-Z][A-Z_]+)`", told)) == set()


def test_the_image_has_all_our_packages() -> None:
    packages = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    copied = re.findall(r"^COPY (\w+) \1$", (DEPLOY / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert sorted(copied) == sorted(packages)
    allowed = re.findall(r"^!(\w+)$", (ROOT / ".dockerignore").read_text("utf-8"), re.MULTILINE)
    assert sorted(allowed) == sorted(packages)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    unit = (DEPLOY / "kopir.service").read_text("utf-8")
    (tmp_path / "kopir.service").write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", unit, flags=re.MULTILINE))
    ended = subprocess.run(
        [str(shutil.which("systemd-analyze")), "verify", str(tmp_path / "kopir.service")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_rules_of_bandit_hold_for_everything_that_runs() -> None:
    """Exempt are tests and benchmarks alone."""
    lint = PROJECT["tool"]["ruff"]["lint"]
    assert "S" in lint["select"]
    exempt = {path for path, rules in lint["per-file-ignores"].items() if any(rule.startswith("S") for rule in rules)}
    assert exempt <= {"tests/**", "benchmarks/**"}
    assert not any(rule.startswith("S") for rule in lint["ignore"])
