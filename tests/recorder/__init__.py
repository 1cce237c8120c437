"""Makes the example incident: real clients against a verifying server, written as AWS delivers logs."""
