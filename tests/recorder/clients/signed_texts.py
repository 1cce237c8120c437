"""Makes botocore leave what it signed where an event hook can find it."""

import botocore.auth

SIGNED = "sigdrift-signed"


class RememberingS3SigV4Auth(botocore.auth.S3SigV4Auth):
    """botocore's S3 signer, which also leaves the texts it signed in the request's context."""

    def string_to_sign(self, request, canonical_request):
        text = super().string_to_sign(request, canonical_request)
        request.context[SIGNED] = (canonical_request, text)
        return text


botocore.auth.AUTH_TYPE_MAPS["s3v4"] = RememberingS3SigV4Auth
