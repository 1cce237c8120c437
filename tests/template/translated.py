"""The template as CloudFormation gets it."""

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from template import sam


@functools.cache
def text() -> str:
    result = sam.run("python", Path(__file__).with_name("translate.py"), sam.TEMPLATE)
    if result.returncode != 0:
        raise AssertionError(result.stderr)
    return result.stdout


def resources(of_type: str | None = None) -> dict[str, Any]:
    """The resources, by logical id: all, or those of one type."""
    found = json.loads(text())["Resources"]
    return {name: resource for name, resource in found.items() if of_type in (None, resource["Type"])}


def values(value: Any) -> list[Any]:
    """What a value may be, whatever the conditions are; a list's elements."""
    if isinstance(value, dict) and value.keys() == {"Fn::If"}:
        _, yes, no = value["Fn::If"]
        return values(yes) + values(no)
    if value == {"Ref": "AWS::NoValue"}:
        return []
    if isinstance(value, list):
        return [each for element in value for each in values(element)]
    return [value]


def allowed(role: dict[str, Any]) -> Iterator[tuple[str, list[Any], dict[str, Any]]]:
    """Each action that a role allows, with the resources and the statement."""
    for policy in role["Properties"]["Policies"]:
        for statement in values(policy["PolicyDocument"]["Statement"]):
            if statement["Effect"] != "Allow":
                continue
            for action in values(statement["Action"]):
                yield action, values(statement["Resource"]), statement
