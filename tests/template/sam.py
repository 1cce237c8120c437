"""The programs of the environment `sam`, run on the template."""

import os
import subprocess
from pathlib import Path

from parts.installed import environment_program

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
REGION = "eu-west-1"


def run(program: str, *arguments: object, settings: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a program without any of the machine's own AWS configuration."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"AWS_DEFAULT_REGION": REGION, "SAM_CLI_TELEMETRY": "0", "AWS_EC2_METADATA_DISABLED": "true",
                    "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    command = [str(environment_program("sam", program)), *map(str, arguments)]
    return subprocess.run(command, env=environment | (settings or {}), text=True, capture_output=True, timeout=300)
