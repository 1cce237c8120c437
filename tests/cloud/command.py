"""What the tests of the command in a cloud have in common: an emulator, users, and the built command."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from parts import Ministack
from parts.installed import environment_program

PROJECT = Path(__file__).parents[2]
REGION = "eu-west-1"


def built() -> Path:
    """The command, built with its feature `aws`."""
    target = Path(os.environ.get("CARGO_TARGET_DIR") or PROJECT / "target")
    subprocess.run(["cargo", "build", "--quiet", "--locked", "--features", "aws", "--target-dir", target],
                   cwd=PROJECT, check=True)
    return target / "debug" / "sigdrift"


class CloudTest(unittest.TestCase):
    """Starts an emulator for the tests of a class, with what `settings` adds to its environment."""

    settings: dict[str, str] = {}

    @classmethod
    def setUpClass(cls):
        cls.aws_program = environment_program("clients", "aws")
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="sigdrift-cloud-"))
        cls.folder = Path(folder)
        # A copy, because another build may put a command without the feature in its place.
        cls.sigdrift = Path(shutil.copy(built(), cls.folder / "sigdrift"))
        cls.ministack = cls.enterClassContext(Ministack(settings=cls.settings))
        cls.root = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        # Whose credentials the command has where a test does not say.
        cls.usual = cls.root

    @classmethod
    def aws(cls, *arguments: object) -> dict:
        environment = os.environ | cls.root | {"AWS_DEFAULT_REGION": REGION}
        command = [cls.aws_program, "--endpoint-url", cls.ministack.endpoint_url, "--output", "json", *arguments]
        answer = subprocess.run([str(part) for part in command], env=environment, text=True, capture_output=True,
                                timeout=300)
        if answer.returncode != 0:
            raise AssertionError(f"aws {' '.join(map(str, arguments))}: {answer.stderr}")
        return json.loads(answer.stdout or "{}")

    @classmethod
    def user(cls, name: str, actions: list[str]) -> dict[str, str]:
        """The credentials of a new user who may do these things."""
        cls.aws("iam", "create-user", "--user-name", name)
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
        cls.aws("iam", "put-user-policy", "--user-name", name, "--policy-name", name,
                "--policy-document", json.dumps(policy))
        key = cls.aws("iam", "create-access-key", "--user-name", name)["AccessKey"]
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    def analyze(self, *arguments: object, credentials: dict[str, str] | None = None,
                endpoint_url: str | None = None) -> subprocess.CompletedProcess[str]:
        """Runs the command without any of the machine's own AWS configuration."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment |= {"HOME": str(self.folder), "AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "127.0.0.1"}
        environment |= self.usual if credentials is None else credentials
        command = [self.sigdrift, "analyze", "--json", "--region", REGION,
                   "--endpoint-url", endpoint_url or self.ministack.endpoint_url, *arguments]
        return subprocess.run([str(part) for part in command], env=environment, text=True, capture_output=True,
                              timeout=300)

    def refused(self, path: str, **settings: object) -> str:
        """What the command says when it can read nothing."""
        result = self.analyze(path, **settings)
        self.assertEqual((result.returncode, result.stdout), (2, ""), result.stderr)
        return result.stderr

    def read(self, *arguments: object, code: int = 0, **settings: object) -> dict:
        result = self.analyze(*arguments, **settings)
        self.assertEqual(result.returncode, code, result.stderr + result.stdout[:2000])
        return json.loads(result.stdout)
