"""A corpus of CloudTrail log files: `python3 -m cloudtrail_corpus FOLDER`."""
