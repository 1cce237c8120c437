-- Signed requests of an S3 access log by minute; those whose signature failed also by code, host, key
-- and app. Lines are parsed by the regular expression of the S3 User Guide, as whoever follows it would
-- (https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-s3-access-logs-to-identify-requests.html,
-- as the table for Athena is created). It ends a quoted field at the first quote and a referer at the
-- first space, so that it splits some lines in the wrong places.
with
-- Otherwise DuckDB would match every line again for some of the fields, and take three times as long.
line as materialized (
    select regexp_extract(
        line,
        '([^ ]*) ([^ ]*) \[(.*?)\] ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ("[^"]*"|-) (-|[0-9]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ("[^"]*"|-) ([^ ]*)(?: ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*))?.*$',
        ['bucketowner', 'bucket_name', 'requestdatetime', 'remoteip', 'requester', 'requestid', 'operation',
         'key', 'request_uri', 'httpstatus', 'errorcode', 'bytessent', 'objectsize', 'totaltime',
         'turnaroundtime', 'referrer', 'useragent', 'versionid', 'hostid', 'sigv', 'ciphersuite',
         'authtype', 'endpoint', 'tlsversion', 'accesspointarn', 'aclrequired']) as field
    from read_csv(getvariable('log'), columns = {'line': 'VARCHAR'}, delim = chr(1), quote = '',
                  escape = '', header = false, auto_detect = false, max_line_size = 1000000)
),
request as (
    select
        field.requestdatetime[:20] as time,
        field.errorcode as code,
        field.endpoint as host,
        field.request_uri as target,
        trim(field.useragent, '"') as agent,
        field.sigv not in ('-', '') or field.authtype not in ('-', '')
            or contains(field.request_uri, 'X-Amz-Signature=') as signed
    from line
),
told as (
    select *,
        code in ('SignatureDoesNotMatch', 'AuthorizationHeaderMalformed', 'RequestTimeTooSkewed',
                 'InvalidAccessKeyId', 'ExpiredToken')
        -- A URL used after its time: the log says AccessDenied, the URL says why.
        or (code = 'AccessDenied' and contains(target, 'X-Amz-Expires=')
            and try_strptime(regexp_extract(target, 'X-Amz-Date=([0-9TZ]+)', 1), '%Y%m%dT%H%M%SZ')
              + to_seconds(try_cast(regexp_extract(target, 'X-Amz-Expires=([0-9]+)', 1) as int))
              < strptime(time, '%d/%b/%Y:%H:%M:%S')) as failed
    from request
)
select
    strftime(strptime(time[:17], '%d/%b/%Y:%H:%M'), '%Y-%m-%dT%H:%M:00Z') as minute,
    if(failed, code, null) as code,
    if(failed, host, null) as host,
    if(failed, nullif(regexp_extract(target, 'X-Amz-Credential=([^%&]+)', 1), ''), null) as key,
    if(failed, nullif(regexp_extract(agent, '(?:^| )app/(\S+)', 1), ''), null) as app,
    count(*) as requests
from told
where signed
group by all
