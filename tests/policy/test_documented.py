"""The examples of docs/policy.md run, in their order."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from thermocline.core.policy_file import read_policy

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text()


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return str(found)


def run(folder: Path, *arguments: str, text: str | None = None) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=folder, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_page_says_what_happens(tmp_path: Path) -> None:
    cli = ("-m", "thermocline.cli")
    run(tmp_path, *cli, "sql", "--db", "acme", text=block("sql"))
    seen = run(tmp_path, "-c", block("python")).splitlines()
    assert seen == ["[(7, 'a***mple'), (8, 'b***mple')]", "[(1, 7, 9.5)]"]
    asked = ("sql", "select * from orders", "--db", "acme", "--as", "priya", "--set", "app.customer_id=7")
    assert f'`thermocline sql "{asked[1]}" {" ".join(asked[2:])}`' in PAGE
    assert "9.5" in run(tmp_path, *cli, *asked)
    (tmp_path / "policy.yaml").write_text(block("yaml"))
    assert "sound" in run(tmp_path, *cli, "policy", "check", "policy.yaml")
    assert "in force" in run(tmp_path, *cli, "policy", "apply", "policy.yaml")


def test_the_file_has_every_section() -> None:
    policy = read_policy(block("yaml"))
    assert all(
        (policy.grants, policy.members, policy.masks, policy.filters, policy.schemas, policy.principals)
    )
