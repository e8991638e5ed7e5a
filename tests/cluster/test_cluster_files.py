"""The files that start a cluster are what their tools accept, and agree with the package and the docs."""

from __future__ import annotations

import copy
import importlib.util
import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from thermocline.actors.cluster.opening import SETTINGS
from thermocline.actors.cluster.options import CATALOG_VARIABLE, DISK_VARIABLE, STORE_VARIABLE

ROOT = Path(__file__).resolve().parents[2]
RAY_UP = ROOT / "ray_cluster.yaml"
KUBERAY = ROOT / "deploy" / "kuberay.yaml"
PAGE = ROOT / "docs" / "cluster.md"
CLI = ROOT / "docs" / "cli.md"

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed: pip install 'thermocline[ray]'"
)


@pytest.fixture(scope="module")
def cluster() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(RAY_UP.read_text())
    return loaded


@pytest.fixture(scope="module")
def manifests() -> dict[str, dict[str, Any]]:
    """By kind."""
    return {found["kind"]: found for found in yaml.safe_load_all(KUBERAY.read_text())}


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    loaded: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return loaded


# -- ray up ---------------------------------------------------------------------------------------


@needs_ray
def test_ray_cluster_is_valid_against_the_schema_that_ships(cluster: dict[str, Any]) -> None:
    import jsonschema

    schema = json.loads(_shipped("autoscaler", "ray-schema.json").read_text())
    jsonschema.validate(cluster, schema)
    broken = cluster | {"max_worker": 3}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema)


@needs_ray
def test_ray_itself_accepts_it_with_its_defaults_filled_in(cluster: dict[str, Any]) -> None:
    from ray.autoscaler._private.util import prepare_config, validate_config

    prepared = prepare_config(copy.deepcopy(cluster))
    validate_config(prepared)
    assert prepared["available_node_types"]["host"]["max_workers"] == cluster["max_workers"]


def test_workers_come_and_go_and_the_head_hosts_nothing(cluster: dict[str, Any]) -> None:
    kinds = cluster["available_node_types"]
    assert kinds[cluster["head_node_type"]]["resources"] == {"CPU": 0}
    assert 0 < kinds["host"]["min_workers"] < kinds["host"]["max_workers"]
    assert all("region" in kind["labels"] for kind in kinds.values())


def test_nodes_install_the_wheel_and_share_the_object_store_alone(cluster: dict[str, Any]) -> None:
    assert cluster["file_mounts"]["/home/ray/wheels"] == "dist"
    assert "/home/ray/wheels/thermocline-*.whl" in cluster["setup_commands"][0]
    options = " ".join(cluster["docker"]["run_options"])
    assert re.search(r"THERMOCLINE_OBJECT_STORE=s3://\S+", options)
    assert re.search(r"THERMOCLINE_CATALOG=https://\S+", options)
    disk = re.search(r"THERMOCLINE_DISK=(\S+)", options)
    assert disk is not None
    assert f"--volume {disk[1]}:{disk[1]}" in options
    assert "nfs" not in RAY_UP.read_text().lower()


def test_no_secret_is_written_down() -> None:
    for file in (RAY_UP, KUBERAY):
        assert not re.search(r"(?i)secret_access_key|password|AKIA|token:\s*\S{20}", file.read_text())


# -- Kubernetes -----------------------------------------------------------------------------------


def test_the_ray_cluster_resource_has_what_the_operator_requires(manifests: dict[str, Any]) -> None:
    assert set(manifests) == {"ServiceAccount", "ConfigMap", "RayCluster", "Service"}
    resource = manifests["RayCluster"]
    assert resource["apiVersion"] == "ray.io/v1"
    groups = [resource["spec"]["headGroupSpec"], *resource["spec"]["workerGroupSpecs"]]
    for group in groups:
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())
        pod = group["template"]["spec"]
        assert pod["serviceAccountName"] == manifests["ServiceAccount"]["metadata"]["name"]
        (container,) = pod["containers"]
        assert {"name", "image", "resources", "envFrom"} <= set(container)
        mounted = {mount["name"] for mount in container.get("volumeMounts", ())}
        assert mounted == {volume["name"] for volume in pod.get("volumes", ())}


def test_its_workers_come_and_go(manifests: dict[str, Any]) -> None:
    spec = manifests["RayCluster"]["spec"]
    assert spec["enableInTreeAutoscaling"] is True
    (group,) = spec["workerGroupSpecs"]
    assert group["groupName"]
    assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
    assert spec["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"


def test_the_service_leads_to_the_head(manifests: dict[str, Any]) -> None:
    service, head = manifests["Service"]["spec"], manifests["RayCluster"]["spec"]["headGroupSpec"]
    assert service["selector"]["ray.io/cluster"] == manifests["RayCluster"]["metadata"]["name"]
    assert service["selector"]["ray.io/node-type"] == "head"
    ports = {port["containerPort"] for port in head["template"]["spec"]["containers"][0]["ports"]}
    assert {port["targetPort"] for port in service["ports"]} <= ports


def test_both_files_say_the_same_of_the_lake(cluster: dict[str, Any], manifests: dict[str, Any]) -> None:
    options = dict(
        option.removeprefix("--env ").split("=", 1)
        for option in cluster["docker"]["run_options"]
        if option.startswith("--env ") and "RAY_AUTH" not in option
    )
    assert options == manifests["ConfigMap"]["data"]
    of_ray = {(name, value) for name, value in options.items() if name.startswith("RAY_")}
    assert of_ray
    assert of_ray <= SETTINGS.items(), "a head of our own is told the same"


# -- versions and docs ----------------------------------------------------------------------------


def test_versions_are_those_of_the_package(
    cluster: dict[str, Any], manifests: dict[str, Any], project: dict[str, Any]
) -> None:
    spec = manifests["RayCluster"]["spec"]
    tag = re.fullmatch(r"rayproject/ray:(\d+\.\d+\.\d+)-py3(\d+)", cluster["docker"]["image"])
    assert tag is not None
    (wanted,) = project["optional-dependencies"]["ray"]
    assert tag[1].startswith(re.search(r">=(\d+\.\d+)", wanted)[1] + ".")  # type: ignore[index]
    assert int(tag[2]) >= 11
    assert spec["rayVersion"] == tag[1]
    for group in (spec["headGroupSpec"], *spec["workerGroupSpecs"]):
        assert group["template"]["spec"]["containers"][0]["image"].endswith(f":{project['version']}")
    assert set(re.findall(r"rayproject/ray:(\S+)", KUBERAY.read_text())) == {f"{tag[1]}-py3{tag[2]}"}


def test_what_nodes_install_are_extras_of_the_package(
    cluster: dict[str, Any], project: dict[str, Any]
) -> None:
    extras = re.search(r"\[([a-z,]+)\]$", shlex.split(cluster["setup_commands"][0])[-1])
    assert extras is not None
    assert set(extras[1].split(",")) <= set(project["optional-dependencies"])


@needs_ray
@pytest.mark.parametrize("file", [RAY_UP, PAGE], ids=lambda file: file.name)
def test_every_ray_command_that_is_named_exists(file: Path) -> None:
    from ray.scripts.scripts import cli

    named = re.findall(r"^[#\s]*(?:- )?ray ([a-z-]+)", file.read_text(), re.MULTILINE)
    assert "up" in named
    assert set(named) <= set(cli.commands)


def test_every_command_of_ours_that_the_page_names_exists() -> None:
    from thermocline.cli.main import app

    verbs = {command.name or command.callback.__name__ for command in app.registered_commands}
    lines = re.findall(r"^(?:\w+=\S+ )*thermocline ([a-z]+)(.*)$", PAGE.read_text(), re.MULTILINE)
    assert {"top", "serve"} <= {verb for verb, _ in lines} <= verbs
    known = CLI.read_text()
    for _, rest in lines:
        for option in re.findall(r"--[a-z-]+", rest):
            assert f" {option} " in known, option


def test_the_page_names_both_files_and_what_they_set() -> None:
    page = PAGE.read_text()
    variables = (STORE_VARIABLE, DISK_VARIABLE, CATALOG_VARIABLE)
    for name in ("ray_cluster.yaml", "deploy/kuberay.yaml", *variables):
        assert name in page
    for name in re.findall(r"`([\w/]+\.(?:ya?ml|md))`", page):
        assert (ROOT / name).exists() or (ROOT / "docs" / name).exists(), name


def _shipped(*parts: str) -> Path:
    spec = importlib.util.find_spec("ray")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent.joinpath(*parts)
