"""Alarms and metrics: what the functions emit is watched as the documentation says, and nothing else is."""

import json
import re
import unittest

from template import traits, translated

METRICS_OF_SERVICES = {"AWS/SQS": {"ApproximateNumberOfMessagesVisible"}, "AWS/Lambda": {"DestinationDeliveryFailures"}}


def emitted() -> set[str]:
    """The metrics that the functions' source names."""
    paths = [path for path in (traits.PROJECT / "functions/src").rglob("*.rs")]
    return {name for path in paths
            for name in re.findall(r'\.with\(\s*"(\w+)"', path.read_text(encoding="utf-8"))}


class AlarmTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.alarms = {name: alarm["Properties"] for name, alarm in translated.resources("AWS::CloudWatch::Alarm").items()}

    def test_every_alarm_watches_a_metric_that_there_is(self):
        for name, alarm in self.alarms.items():
            known = METRICS_OF_SERVICES.get(alarm["Namespace"]) or emitted()
            self.assertIn(alarm["MetricName"], known, name)

    def test_all_act_but_the_one_that_alerts_stand_for(self):
        for name, alarm in self.alarms.items():
            expected = ({"Fn::If": ["HasIncidentAlarm", [{"Ref": "Alerts"}], {"Ref": "AWS::NoValue"}]}
                        if name == "OpenIncidentsAlarm" else [{"Ref": "Alerts"}])
            self.assertEqual(alarm["AlarmActions"], expected, name)
        self.assertEqual(json.loads(translated.text())["Parameters"]["AlarmOnIncidents"]["Default"], "no")

    def test_a_spike_is_one_open_incident(self):
        alarm = self.alarms["OpenIncidentsAlarm"]
        self.assertEqual((alarm["MetricName"], alarm["ComparisonOperator"], alarm["Threshold"]),
                         ("OpenIncidents", "GreaterThanOrEqualToThreshold", 1))

    def test_a_missing_heartbeat_is_an_alarm_and_other_missing_data_is_none(self):
        for name, alarm in self.alarms.items():
            expected = "breaching" if name == "HeartbeatAlarm" else "notBreaching"
            self.assertEqual(alarm["TreatMissingData"], expected, name)

    def test_what_was_received_has_to_be_accounted_for_twice_in_a_row(self):
        alarm = self.alarms["ReconciliationAlarm"]
        self.assertEqual((alarm["MetricName"], alarm["Statistic"], alarm["Period"]), ("ObjectsUnaccounted", "Sum", 3600))
        self.assertEqual((alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"], alarm["Threshold"],
                          alarm["ComparisonOperator"]), (2, 2, 0, "GreaterThanThreshold"))

    def test_every_alarm_is_in_the_runbook_and_on_the_dashboard(self):
        runbook = (traits.PROJECT / "docs/operations.md").read_text(encoding="utf-8")
        body = translated.resources()["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
        for name in self.alarms:
            self.assertIn(f"`{name}`", runbook)
            self.assertIn(f"${{{name}.Arn}}", body)
        json.loads(re.sub(r"\$\{[\w.:]+\}", "x", body))


if __name__ == "__main__":
    unittest.main()
