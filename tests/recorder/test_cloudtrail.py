"""CloudTrail files: nothing about refused signatures, and the shapes of the documented records."""

import gzip
import json
import tempfile
import unittest
from pathlib import Path

from . import changes, sample, write_cloudtrail


class CloudTrail(unittest.TestCase):
    def test_refused_requests_leave_no_record(self):
        with tempfile.TemporaryDirectory() as folder:
            exchanges = [sample.refused(), sample.exchange(number=2)]
            counts = write_cloudtrail.write(exchanges, sample.IDENTITIES, Path(folder))
            files = {path.name: json.loads(gzip.decompress(path.read_bytes()))
                     for path in Path(folder).rglob("*.json.gz")}
        records = [record for content in files.values() for record in content.get("Records", ())]
        data = [record for record in records if record["eventCategory"] == "Data"]
        self.assertEqual([record["eventName"] for record in data], ["GetObject"])
        self.assertEqual(len(records), counts["records"])
        self.assertEqual(len({record["eventID"] for record in records}), len(records))
        self.assertEqual([name for name, content in files.items() if "Records" not in content],
                         [name for name in files if "CloudTrail-Digest" in name])

    def test_a_data_event_names_the_key_and_joins_the_access_log(self):
        exchange = sample.exchange()
        record = write_cloudtrail.data_event(exchange, sample.IDENTITIES)
        self.assertEqual(record["userIdentity"]["accessKeyId"], sample.KEY_ID)
        self.assertEqual(record["requestID"], exchange.answer_headers["x-amz-request-id"])
        self.assertEqual(record["additionalEventData"]["x-amz-id-2"], exchange.answer_headers["x-amz-id-2"])
        self.assertEqual(record["tlsDetails"]["clientProvidedHostHeader"], "media.s3.eu-west-1.amazonaws.com")

    def test_a_presigned_event_shows_neither_credential_nor_signature(self):
        record = write_cloudtrail.data_event(sample.presigned(), sample.IDENTITIES)
        self.assertEqual(record["additionalEventData"]["AuthenticationMethod"], "QueryString")
        self.assertIn("X-Amz-Expires", record["requestParameters"])
        self.assertNotIn("X-Amz-Credential", record["requestParameters"])
        self.assertNotIn(sample.SIGNATURE, json.dumps(record))

    def test_a_refused_change_is_recorded_with_its_error_and_is_no_change(self):
        refused = [call for call in changes.CALLS if call.error_code]
        self.assertTrue(refused)
        for call in refused:
            self.assertEqual(write_cloudtrail.management_event(call)["errorCode"], "AccessDenied")
            self.assertNotIn(call, changes.done())


if __name__ == "__main__":
    unittest.main()
