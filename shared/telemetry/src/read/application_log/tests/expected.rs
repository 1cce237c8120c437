//! What the reader gives for each fixture: one line an error, with every field that it has.

/// Fixtures with their errors, in the order in which they are given out.
pub(super) const TABLE: &[(&str, &[&str])] = &[
    (
        "aws-cli-debug.log",
        &[
            "37 SignatureDoesNotMatch client=aws-cli time=2026-11-22T16:21:14Z service=s3 operation=GetObject region=eu-west-1 key=AKIAB0CA7BB5784F4E5B request=18ALEANWNHG389U6 host_id=yDXPDpAj0+5OD2fF7xbw8Q/D7H1y/hFkNPINYH4JYGWNrnW0g2qkPZFzsH5S4F3SyWSKr6VNLV/E host=127.0.0.1:5871 method=GET url=http://127.0.0.1:5871/media-uploads/x canonical=2e347808 string=2d2dfc15 client_canonical=2e347808 client_string=2d2dfc15 agent=aws-cli/1.46.3 md/Botocore#1.43.62 ua/2.1 os/linux#6.1.0 md/arch#x86_64 lang/python#3.11.7 md/pyimpl#CPython m/N,b,g,Z,D cfg/retry-mode#legacy botocore/1.43.62 message=(as S3)",
        ],
    ),
    (
        "aws-cli.log",
        &[
            "2 SignatureDoesNotMatch client=aws-cli service=s3 operation=PutObject message=(as S3)",
            "4 SignatureDoesNotMatch client=aws-cli service=s3 operation=ListObjectsV2 message=(as S3)",
        ],
    ),
    (
        "boto3-debug.log",
        &[
            "38 SignatureDoesNotMatch client=boto3 time=2026-11-22T16:24:20Z service=s3 operation=PutObject region=eu-west-1 key=ASIA24947B66D98B42CA request=J4L5MA4VMTAQKYRE host_id=nt/hVLRvLibNN89nkwK1/wIJyWzFRQ1LoDSiJgGMhtENUfx6YsAreHbA3wK4ZVuXlvIgt42ILqfJ host=127.0.0.1:5871 method=PUT url=http://127.0.0.1:5871/media-uploads/2026/clip%20one.mp4 canonical=7e68438b string=76b7a5e4 client_canonical=7e68438b client_string=76b7a5e4 agent=Boto3/1.43.106 md/Botocore#1.43.106 ua/2.1 os/linux#6.1.0 md/arch#x86_64 lang/python#3.11.7 md/pyimpl#CPython m/e,Z,U,D,b,N cfg/retry-mode#legacy Botocore/1.43.106 message=(as S3)",
        ],
    ),
    (
        "boto3-json.log",
        &[
            "2 SignatureDoesNotMatch client=boto3 time=2026-11-22T16:50:32Z service=s3 operation=GetObject message=(as S3)",
            "3 SignatureDoesNotMatch client=boto3 time=2026-11-22T16:50:32Z service=s3 operation=GetObject message=(as S3)",
        ],
    ),
    (
        "boto3.log",
        &[
            "2 SignatureDoesNotMatch client=boto3 time=2026-11-22T16:50:32Z service=s3 operation=PutObject message=(as S3)",
            "16 SignatureDoesNotMatch client=boto3 time=2026-11-22T16:50:32Z service=s3 operation=PutObject message=(as S3)",
            "29 SignatureDoesNotMatch client=boto3 time=2026-11-22T16:50:32Z service=s3 operation=GetObject message=(as S3)",
            "37 InvalidClientTokenId client=boto3 time=2026-11-22T16:50:32Z service=sts operation=GetCallerIdentity message=The security token included in the request is invalid.",
            "38 InvalidSignatureException client=boto3 time=2026-11-22T16:50:32Z operation=ListTables message=(as others)",
            "39 InvalidAccessKeyId client=boto3 time=2026-11-22T16:50:32Z status=403 service=s3 operation=ListBuckets message=The AWS Access Key Id you provided does not exist in our records.",
        ],
    ),
    (
        "curl.log",
        &[
            "21 SignatureDoesNotMatch client=curl time=2026-11-22T16:22:20Z service=s3 region=eu-west-1 key=AKIAB0CA7BB5784F4E5B request=D8KX14W3OB49807L host_id=+Qor+VAg1LIFU6ogHBV9Fz2DcBKvikG1ixQvUNP+FRsEnie71UBx7sNJbkkG6PsKBtidqr8vSbzQ host=127.0.0.1:5871 method=GET url=/media-uploads/a.txt canonical=3a13ce58 string=339f46fd agent=curl/7.88.1 message=(as S3)",
        ],
    ),
    (
        "formats.log",
        &[
            "1 SignatureDoesNotMatch client=boto3 time=2026-04-15T07:42:13Z service=s3 operation=PutObject message=(as S3)",
            "4 SignatureDoesNotMatch client=boto3 time=2026-04-15T07:42:14Z service=s3 operation=HeadBucket message=(as S3)",
            "5 SignatureDoesNotMatch client=aws-sdk-go-v2 time=2026-04-15T07:42:15Z status=403 service=s3 operation=PutObject request=0D6A4LWJ2E8Q5R7S host_id=q1w2E3r4T5y6U7i8O9p0/aSdFgHjKlZxCvBnM+1234567890abcdefghijklmnopqrstuvwxyz01234= message=(as S3)",
            "6 SignatureDoesNotMatch client=aws-sdk-go-v1 time=2026-04-15T07:42:16Z status=403 service=s3 request=1E7B5MXK3F9R6S8T host_id=q1w2E3r4T5y6U7i8O9p0/aSdFgHjKlZxCvBnM+1234567890abcdefghijklmnopqrstuvwxyz01234= message=(as S3)",
            "8 SignatureDoesNotMatch time=2026-04-15T07:42:17Z",
            "9 SignatureDoesNotMatch time=2026-04-15T07:42:18Z service=s3 message=(as S3)",
            "10 SignatureDoesNotMatch client=rclone time=2026-04-15T07:42:19Z status=403 service=s3 request=2F8C6NYL4G0S7T9U host_id=q1w2E3r4T5y6U7i8O9p0/aSdFgHjKlZxCvBnM+1234567890abcdefghijklmnopqrstuvwxyz01234= message=(as S3)",
            "12 SignatureDoesNotMatch client=mc time=2026-04-15T07:42:19Z service=s3 message=(as S3)",
            "13 SignatureDoesNotMatch client=aws-sdk-java-v1 time=2026-04-15T07:42:20Z status=403 service=s3 request=3G9D7PZM5H1T8U0V host_id=q1w2E3r4T5y6U7i8O9p0/aSdFgHjKlZxCvBnM+1234567890abcdefghijklmnopqrstuvwxyz01234= message=(as S3)",
        ],
    ),
    (
        "go-v1-debug.log",
        &[
            "46 SignatureDoesNotMatch client=aws-sdk-go-v1 time=2026-11-22T16:23:10Z status=403 service=s3 region=eu-west-1 key=AKIAB0CA7BB5784F4E5B request=P6E3P4YTZW50B801 host_id=/hzKBPjL6WteubO9N8r7HZDo0VQlq4zGusDq6lX8eSVkARgucj6nc8HcDajR2BV9a9Wi8Ahwyq3H host=127.0.0.1:5871 method=PUT url=/media-uploads/2026/clip.mp4 canonical=36e3cb31 string=95291103 client_canonical=36e3cb31 client_string=95291103 agent=aws-sdk-go/1.44.133 (go1.19.8; linux; amd64) message=(as S3)",
            "102 SignatureDoesNotMatch client=aws-sdk-go-v1 time=2026-11-22T16:23:10Z status=403 service=sts region=eu-west-1 key=AKIAB0CA7BB5784F4E5B request=0e5d5b77-f85b-46ff-9cb6-c6a685c18621 host=127.0.0.1:5871 method=POST url=/ client_canonical=c249c046 client_string=418991a3 agent=aws-sdk-go/1.44.133 (go1.19.8; linux; amd64) message=(as others)",
        ],
    ),
    (
        "go-v1.log",
        &[
            "1 SignatureDoesNotMatch client=aws-sdk-go-v1 time=2026-11-22T16:23:10Z status=403 service=s3 request=CG2NN32IIOKIIRI8 host_id=8cNCo3T5PI+z29rIcgHAtHOJuMww5ufTXMPjxlFeGRrpX02ZKUJPZHkS2P7sOjp711sOUvrF1bLT message=(as S3)",
            "3 SignatureDoesNotMatch client=aws-sdk-go-v1 time=2026-11-22T16:23:10Z status=403 request=b6284792-5711-4997-8308-46184f9d6fcc message=(as others)",
        ],
    ),
    (
        "go-v2.log",
        &[
            "1 SignatureDoesNotMatch client=aws-sdk-go-v2 time=2026-11-22T16:23:10Z status=403 service=s3 operation=PutObject request=BP4QOOEVP8HX4UMF host_id=g0TlK/+RCVf8hb9o8SUbrOPqa2Ucw3bJKQwkIkPmNdaXjZDthub21yqP5eRtAgip+X3sQE4atrVw message=(as S3)",
            "2 InvalidSignatureException client=aws-sdk-go-v2 time=2026-11-22T16:23:10Z status=400 service=dynamodb operation=ListTables message=(as others)",
        ],
    ),
    (
        "java-v1.log",
        &[
            "3 SignatureDoesNotMatch client=aws-sdk-java-v1 time=2026-04-15T07:42:13Z status=403 service=s3 request=7Q3M1ZKX9T5B2C4D host_id=q1w2E3r4T5y6U7i8O9p0/aSdFgHjKlZxCvBnM+1234567890abcdefghijklmnopqrstuvwxyz01234= message=(as S3)",
            "12 InvalidSignatureException client=aws-sdk-java-v1 time=2026-04-15T07:42:15Z status=400 service=dynamodb operation=ListTables region=eu-west-1 request=5KJ2H7G3F9D1S8A6P4O0I2U7Y5VV4KQNSO5AEMVJF66Q9ASUAAJG host=dynamodb.eu-west-1.amazonaws.com method=POST canonical=5649d666 string=405c5789 message=(as others)",
            "37 InvalidClientTokenId client=aws-sdk-java-v1 time=2026-04-15T07:42:16Z status=403 service=sts request=0b6e2f1c-5a0d-4d34-9a51-0f4f5e6d7c81 message=The security token included in the request is invalid.",
        ],
    ),
    (
        "java-v2.log",
        &[
            "3 SignatureDoesNotMatch client=aws-sdk-java-v2 time=2026-04-15T07:42:13Z status=403 service=s3 request=8R4N2YJW0S6C3D5E host_id=q1w2E3r4T5y6U7i8O9p0/aSdFgHjKlZxCvBnM+1234567890abcdefghijklmnopqrstuvwxyz01234= message=(as S3)",
            "8 InvalidSignatureException client=aws-sdk-java-v2 time=2026-04-15T07:42:14Z status=400 service=dynamodb request=6LK3J8H4G0F2D9S7A5P1O3I8U6VV4KQNSO5AEMVJF66Q9ASUAAJG message=(as others)",
            "9 InvalidClientTokenId client=aws-sdk-java-v2 time=2026-04-15T07:42:15Z status=403 service=sts request=1c7f3a2d-6b1e-4e45-8b62-1a5a6f7e8d92 message=The security token included in the request is invalid.",
            "10 ExpiredTokenException client=aws-sdk-java-v2 time=2026-04-15T07:42:16Z status=400 service=secretsmanager request=2d8a4b3e-7c2f-4f56-9c73-2b6b7a8f9ea3 message=The security token included in the request is expired",
            "11 AccessDenied client=aws-sdk-java-v2 time=2026-04-15T07:42:17Z status=403 service=s3 request=9S5P3ZKX1T7D4E6F host_id=q1w2E3r4T5y6U7i8O9p0/aSdFgHjKlZxCvBnM+1234567890abcdefghijklmnopqrstuvwxyz01234= message=Request has expired",
        ],
    ),
    (
        "js-v2-json.log",
        &[
            "1 SignatureDoesNotMatch client=aws-sdk-js-v2 time=2026-11-22T16:21:18Z status=403 service=s3 request=0I8D7VUHVLI5ECXX host_id=T9YZW2SrYPX6iYm1g+4AWGmTc4hNAhzq3x04NYbEN2Z+RMCTTyf7hCvLtwPX2rHySU7JA+k3Msrg message=(as S3)",
            "2 InvalidSignatureException client=aws-sdk-js-v2 time=2026-11-22T16:21:18Z status=400 message=(as others)",
            "3 SignatureDoesNotMatch client=aws-sdk-js-v2 time=2026-11-22T16:21:18Z status=403 message=(as others)",
        ],
    ),
    (
        "js-v2.log",
        &[
            "1 SignatureDoesNotMatch client=aws-sdk-js-v2 time=2026-11-22T16:21:17Z status=403 service=s3 request=79L8JDDNSLJCE0CQ host_id=t1i4u28EMvIJOI/J2d06xjwyY4TuIO+Czt/v1Vxc+u9MOEl+kLnsdCYAOoNFUEbt8lToxmKEE1ru message=(as S3)",
            "22 InvalidSignatureException client=aws-sdk-js-v2 time=2026-11-22T16:21:17Z status=400 message=(as others)",
            "41 SignatureDoesNotMatch client=aws-sdk-js-v2 time=2026-11-22T16:21:18Z status=403 message=(as others)",
        ],
    ),
    (
        "js-v3-json.log",
        &[
            "1 SignatureDoesNotMatch client=aws-sdk-js-v3 time=2026-11-22T16:21:16Z status=403 service=s3 operation=PutObject region=eu-west-1 key=AKIAB0CA7BB5784F4E5B request=8DDMKE5I7VCRGTN8 host_id=MKJtqpKEvx6q+MQehmSbtvOzMRfyz8w8+YR4CQ7XICqtj6E1WD/oLPK71B2+URk6w7IyPI/uLv84 host=127.0.0.1:5871 method=PUT canonical=d93fec0d string=7fa984ff message=(as S3)",
            "2 InvalidSignatureException client=aws-sdk-js-v3 time=2026-11-22T16:21:16Z status=400 message=(as others)",
            "3 SignatureDoesNotMatch client=aws-sdk-js-v3 time=2026-11-22T16:21:16Z status=403 message=(as others)",
        ],
    ),
    (
        "js-v3-lambda.log",
        &[
            "1 SignatureDoesNotMatch client=aws-sdk-js-v3 time=2026-11-22T16:21:16Z status=403 service=s3 operation=PutObject region=eu-west-1 key=AKIAB0CA7BB5784F4E5B request=XP66KSLD7KTX4TGE host_id=U0N/hGg+FMBN2WgzIMVuGJvG+gbdw1Si9yCCxYP6OZf+mgJhAtIHGf3dh82wCY+1u+2oxvI9NAdF host=127.0.0.1:5871 method=PUT canonical=6bc587ba string=4b37a0b2 message=(as S3)",
            "2 InvalidSignatureException client=aws-sdk-js-v3 time=2026-11-22T16:21:16Z status=400 message=(as others)",
            "3 SignatureDoesNotMatch client=aws-sdk-js-v3 time=2026-11-22T16:21:16Z status=403 message=(as others)",
        ],
    ),
    (
        "js-v3-nested.log",
        &[
            "3 SignatureDoesNotMatch client=aws-sdk-js-v3 status=403 service=s3 operation=PutObject region=eu-west-1 key=AKIAB0CA7BB5784F4E5B request=RWTBWPIYO3GSUKRO host_id=CuUYyE2TChQa1kFFjPoDvD/DENeRiLP5sw3cNz3qREndeskLM5/MzcHPUNoKgMqd7lki6zsPVH0V host=127.0.0.1:5871 method=PUT canonical=45fcf00c string=4472dd23 message=(as S3)",
            "55 InvalidSignatureException client=aws-sdk-js-v3 status=400 message=(as others)",
            "80 SignatureDoesNotMatch client=aws-sdk-js-v3 status=403 message=(as others)",
        ],
    ),
    (
        "js-v3-pino.log",
        &[
            "1 SignatureDoesNotMatch client=aws-sdk-js-v3 time=2026-11-22T16:21:15Z status=403 service=s3 operation=PutObject region=eu-west-1 key=AKIAB0CA7BB5784F4E5B request=HLYUDMPAABHRXBT3 host_id=rXBcIH7MwrtDUsmXm7ubPHj60k3am1b/HFDA+rJUaOIPCVYhDOoc/wBvEE88RNdoynsusljJHyZI host=127.0.0.1:5871 method=PUT canonical=77f02b61 string=79600426 message=(as S3)",
            "2 InvalidSignatureException client=aws-sdk-js-v3 time=2026-11-22T16:21:15Z status=400 message=(as others)",
            "3 SignatureDoesNotMatch client=aws-sdk-js-v3 time=2026-11-22T16:21:15Z status=403 message=(as others)",
        ],
    ),
    (
        "js-v3-uncaught.log",
        &[
            "5 SignatureDoesNotMatch client=aws-sdk-js-v3 status=403 service=s3 operation=PutObject region=eu-west-1 key=AKIAB0CA7BB5784F4E5B request=2BV2SWE1WQS55ZU9 host_id=i/RkAKzHx20IadqSsvFe4EXuCVTMEPdm4w15ni3m4+uENoCm1xZbi6UVmrcg2RJneiursJN6MGLH host=127.0.0.1:5871 method=PUT canonical=f9829056 string=f380802b message=(as S3)",
        ],
    ),
    (
        "js-v3-winston.log",
        &[
            "1 SignatureDoesNotMatch client=aws-sdk-js-v3 time=2026-11-22T16:21:15Z status=403 service=s3 operation=PutObject region=eu-west-1 key=AKIAB0CA7BB5784F4E5B request=VDS4MCQPZSWDLOB6 host_id=KuO6APXbLG9sZ1E2XKDHpsHu51PMbUFrKpek1QkZFLKLXmdqVZO1K5tv15WBTEESvhT0qROlPhDa host=127.0.0.1:5871 method=PUT canonical=b783a798 string=7f4f67a0 message=(as S3)",
            "2 InvalidSignatureException client=aws-sdk-js-v3 time=2026-11-22T16:21:15Z status=400 message=(as others)",
            "3 SignatureDoesNotMatch client=aws-sdk-js-v3 time=2026-11-22T16:21:15Z status=403 message=(as others)",
        ],
    ),
    (
        "js-v3.log",
        &[
            "10 SignatureDoesNotMatch client=aws-sdk-js-v3 status=403 service=s3 operation=PutObject region=eu-west-1 key=ASIA24947B66D98B42CA request=9OEFD3PMYLUN2FG5 host_id=Pk2V7QZEgx0GL9DRmior6Xxuf5DcNfnw5ZGrEOAsnELPhYAg9FelWSOmfPBo1dOvmCs7+/QlDIFJ host=127.0.0.1:5871 method=PUT canonical=6e869d27 string=884b79c5 message=(as S3)",
            "60 InvalidSignatureException client=aws-sdk-js-v3 status=400 message=(as others)",
            "82 SignatureDoesNotMatch client=aws-sdk-js-v3 status=403 message=(as others)",
        ],
    ),
    (
        "json-bodies.log",
        &[
            "1 InvalidSignatureException time=2026-04-15T07:42:13Z service=execute-api region=eu-west-1 host=abcde12345.execute-api.eu-west-1.amazonaws.com method=GET canonical=38703c1a string=bdac65da message=(as others)",
            "2 InvalidSignatureException time=2026-04-15T07:42:14Z service=execute-api region=eu-west-1 host=abcde12345.execute-api.eu-west-1.amazonaws.com method=GET canonical=38703c1a string=bdac65da message=(as others)",
            "3 UnrecognizedClientException time=2026-04-15T07:42:15Z message=The security token included in the request is invalid.",
            "4 InvalidSignature time=2026-04-15T07:42:16Z message=The signature of the request is invalid: The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
            "7 InvalidSignatureException client=boto3 time=2026-04-15T07:42:17Z service=dynamodb operation=PutItem request=7ML4K9J5H1G3F0D8S6A2P4O9I7VV4KQNSO5AEMVJF66Q9ASUAAJG message=Signature expired: 20260415T072213Z is now earlier than 20260415T073717Z (20260415T074217Z - 5 min.)",
        ],
    ),
    (
        "lambda.log",
        &[
            "2 SignatureDoesNotMatch client=boto3 time=2026-04-15T08:42:13Z service=s3 operation=PutObject message=(as S3)",
            "3 ExpiredToken client=boto3 time=2026-04-15T08:42:13Z service=s3 operation=GetObject message=The provided token has expired.",
            "11 InvalidSignatureException client=aws-sdk-js-v3 time=2026-04-15T08:42:14Z status=400 request=8NM5L0K6J2H4G1F9D7S3A5P0O8VV4KQNSO5AEMVJF66Q9ASUAAJG message=(as others)",
            "12 UnrecognizedClientException client=boto3 time=2026-04-15T08:42:15Z service=secretsmanager operation=GetSecretValue message=The security token included in the request is invalid.",
            "13 InvalidClientTokenId client=boto3 time=2026-04-15T08:42:16Z service=sts operation=AssumeRole message=The security token included in the request is invalid.",
        ],
    ),
    (
        "minio-go.log",
        &[
            "1 SignatureDoesNotMatch time=2026-11-22T16:50:34Z service=s3 message=(as S3)",
            "3 SignatureDoesNotMatch client=minio-go time=2026-11-22T16:50:34Z status=403 service=s3 request=8337a93b-aa33-4819-bced-7e2016869759 message=(as S3)",
        ],
    ),
    (
        "minio-js.log",
        &[
            "1 SignatureDoesNotMatch client=minio-js service=s3 request=afef2580-fa1d-4a02-99b8-de4342af96c4 message=(as S3)",
            "14 SignatureDoesNotMatch client=minio-js time=2026-11-22T16:50:35Z service=s3 request=53e72fbe-89ab-4408-8570-f6ebbcfef26b message=(as S3)",
        ],
    ),
    (
        "minio-py.log",
        &[
            "15 SignatureDoesNotMatch client=minio-py time=2026-11-22T16:23:12Z service=s3 request=be6f37eb-7eaa-41a7-a0da-e7d7afe9b001 message=(as S3)",
        ],
    ),
    (
        "net.log",
        &[
            "2 SignatureDoesNotMatch client=aws-sdk-net time=2026-04-15T07:42:13Z service=s3 message=(as S3)",
            "9 InvalidSignatureException client=aws-sdk-net time=2026-04-15T07:42:15Z service=dynamodb message=(as others)",
            "10 SignatureDoesNotMatch client=aws-sdk-net time=2026-04-15T07:42:16Z status=403 service=s3 request=2V8S6CNA4W0G7H9J host_id=q1w2E3r4T5y6U7i8O9p0/aSdFgHjKlZxCvBnM+1234567890abcdefghijklmnopqrstuvwxyz01234= message=(as S3)",
        ],
    ),
    ("ordinary.log", &[]),
    (
        "php.log",
        &[
            "1 SignatureDoesNotMatch client=aws-sdk-php time=2026-04-15T07:42:13Z status=403 service=s3 operation=PutObject region=eu-west-1 key=ASIAIOSFODNN7EXAMPLE request=3W9T7DPB5X1H8J0K host_id=q1w2E3r4T5y6U7i8O9p0/aSdFgHjKlZxCvBnM+1234567890abcdefghijklmnopqrstuvwxyz01234= host=media.s3.eu-west-1.amazonaws.com method=PUT url=https://media.s3.eu-west-1.amazonaws.com/2026/clip.mp4 canonical=4721d719 string=c55cd49f message=(as S3)",
            "23 SignatureDoesNotMatch client=aws-sdk-php time=2026-04-15T07:42:14Z status=403 service=s3 request=4X0U8EQC6Y2J9K1L message=(as S3)",
        ],
    ),
    (
        "rclone-1.60.log",
        &[
            "2 SignatureDoesNotMatch client=rclone time=2026-11-22T16:22:20Z status=403 service=s3 message=(as S3)",
        ],
    ),
    (
        "rclone-1.75-dump.log",
        &[
            "21 SignatureDoesNotMatch client=rclone time=2026-11-22T16:22:20Z status=403 service=s3 operation=ListObjects request=fd21c72e-003c-427b-aab9-526e4b11d7fe host=127.0.0.1:5871 method=GET url=/media-uploads?delimiter=%2F&max-keys=1000&prefix= agent=rclone/v1.75.2 message=(as S3)",
        ],
    ),
    (
        "rclone-1.75.log",
        &[
            "2 SignatureDoesNotMatch client=rclone time=2026-11-22T16:22:20Z status=403 service=s3 operation=ListBuckets request=e81fdef2-6f5a-425c-aa9b-7a5ce970d8cb message=(as S3)",
        ],
    ),
    (
        "ruby.log",
        &[
            "1 SignatureDoesNotMatch client=aws-sdk-ruby time=2026-11-22T16:56:56Z status=403 service=s3 operation=PutObject message=(as S3)",
            "19 SignatureDoesNotMatch client=aws-sdk-ruby time=2026-11-22T16:56:56Z service=s3 message=(as S3)",
            "20 SignatureDoesNotMatch client=aws-sdk-ruby time=2026-11-22T16:56:56Z service=s3 message=(as S3)",
        ],
    ),
    (
        "rust.log",
        &[
            "1 SignatureDoesNotMatch client=aws-sdk-rust status=403 service=s3 operation=PutObject region=eu-west-1 key=AKIAB0CA7BB5784F4E5B request=XM1OLTB2JPTZVRK1 host_id=8lvK3zDkS6ncfjgYAEcCaUYPhChBGCljyWsBz9aXl2pSldCdOFTZd9xACxD5aRxK50SgWeTFLQaV host=127.0.0.1:5871 method=PUT canonical=3b9a52a4 string=700babcb message=(as S3)",
            "2 SignatureDoesNotMatch client=aws-sdk-rust status=403 service=s3 request=5bfd1d10-41cf-4e45-a7df-31f2a1237026 message=(as S3)",
            "9 SignatureDoesNotMatch client=aws-sdk-rust status=403 service=s3 request=370caf9a-ef9c-4891-9086-5c1b127683d8 message=(as S3)",
        ],
    ),
    (
        "s3cmd-debug.log",
        &[
            "44 SignatureDoesNotMatch client=s3cmd time=2026-11-22T16:22:20Z service=s3 request=1186a270-9b9d-41be-83c4-87047cc16026 host=127.0.0.1:5871 method=GET client_canonical=96d4cab3 message=(as S3)",
        ],
    ),
    (
        "s3cmd.log",
        &[
            "1 SignatureDoesNotMatch client=s3cmd service=s3 message=(as S3)",
            "2 SignatureDoesNotMatch client=s3cmd service=s3 message=(as S3)",
        ],
    ),
    (
        "xml-bodies.log",
        &[
            "3 SignatureDoesNotMatch service=s3 region=eu-west-1 key=ASIAIOSFODNN7EXAMPLE request=5Y3V9FQC7Z1K2L4M host_id=q1w2E3r4T5y6U7i8O9p0/aSdFgHjKlZxCvBnM+1234567890abcdefghijklmnopqrstuvwxyz01234= host=media.s3.eu-west-1.amazonaws.com method=PUT canonical=4721d719 string=c55cd49f message=(as S3)",
            "17 SignatureDoesNotMatch time=2026-04-15T07:42:14Z request=3e9b5c4f-8d30-4a67-8d84-3c7c8b9a0fb4 message=Signature expired: 20260415T072213Z is now earlier than 20260415T072714Z (20260415T074214Z - 15 min.)",
            "24 AuthFailure time=2026-04-15T07:42:15Z request=4f0c6d5a-9e41-4b78-9e95-4d8d9c0b1ac5 message=AWS was not able to validate the provided access credentials",
            "25 ExpiredToken time=2026-04-15T07:42:16Z service=s3 request=5Y1V9FRD7Z3K0L2M host_id=q1w2E3r4T5y6U7i8O9p0/aSdFgHjKlZxCvBnM+1234567890abcdefghijklmnopqrstuvwxyz01234= message=The provided token has expired.",
            "26 AuthorizationHeaderMalformed time=2026-04-15T07:42:17Z service=s3 region=us-east-1 request=6Z2W0GSE8A4L1M3N host_id=q1w2E3r4T5y6U7i8O9p0/aSdFgHjKlZxCvBnM+1234567890abcdefghijklmnopqrstuvwxyz01234= message=The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'",
            "28 AccessDenied time=2026-04-15T07:42:19Z service=s3 request=8B4Y2JUG0C6N3P5Q host_id=q1w2E3r4T5y6U7i8O9p0/aSdFgHjKlZxCvBnM+1234567890abcdefghijklmnopqrstuvwxyz01234= message=Request has expired",
            "30 RequestTimeTooSkewed time=2026-04-15T07:42:20Z service=s3 request=9C5Z3KVH1D7P4Q6R message=The difference between the request time and the current time is too large.",
        ],
    ),
];
