"""The rules announce every change event of the command's table, and no rule is longer than EventBridge allows."""

import json
import re
import unittest

from template import traits, translated

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
LONGEST_PATTERN = 2048
# Services that log their calls with the version of the API behind the name, as these two do.
VERSIONS = {"lambda": "20150331v2", "cloudfront": "2020_05_31"}

TABLE = traits.PROJECT / "shared/telemetry/src/change/table.rs"


def changes() -> list[tuple[str, str]]:
    """The event sources and names of the table of changes."""
    text = TABLE.read_text(encoding="utf-8")
    table = text[text.index("pub const TABLE"):text.index("];\n", text.index("&[\n        (")) + 2]
    found, source = [], None
    for service, name in re.findall(r'\(\s*"(\w+)",\s*&\[|\("(\w+)",\s*(?:Config|Deploy|Endpoint|Key|Policy|Secret)', table):
        if service:
            source = service
        else:
            found.append((f"{source}.amazonaws.com", name))
    return found


def matches(wanted: list, value: str) -> bool:
    return any(value.startswith(each["prefix"]) if isinstance(each, dict) else value == each for each in wanted)


class RuleTest(unittest.TestCase):
    def patterns(self) -> dict[str, dict]:
        rules = translated.resources("AWS::Events::Rule")
        return {name: rule["Properties"]["EventPattern"] for name, rule in rules.items()
                if "EventPattern" in rule["Properties"]}

    def test_every_change_of_the_table_is_announced(self):
        table = changes()
        self.assertGreater(len(table), 60)
        details = [pattern["detail"] for pattern in self.patterns().values()
                   if pattern["detail-type"] == ["AWS API Call via CloudTrail"]]
        for source, name in table:
            logged = name + VERSIONS.get(source.split(".")[0], "")
            self.assertTrue(any(matches(detail["eventSource"], source) and matches(detail["eventName"], logged)
                                for detail in details), (source, logged))

    def test_nothing_is_announced_that_is_in_no_table(self):
        table = changes()
        for rule in ("Changes", "VersionedChanges"):
            detail = self.patterns()[rule]["detail"]
            for source in detail["eventSource"]:
                self.assertIn(source, {source for source, _ in table})
            for name in detail["eventName"]:
                self.assertTrue(any(matches([name], known) for _, known in table), name)

    def test_patterns_are_short_enough(self):
        for name, pattern in self.patterns().items():
            self.assertLess(len(json.dumps(pattern, separators=(",", ":"))), LONGEST_PATTERN, name)


if __name__ == "__main__":
    unittest.main()
