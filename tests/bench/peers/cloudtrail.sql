-- Signed requests of CloudTrail files by minute; those whose signature failed also by code, host, key
-- and app. The documented way: the reader for JSON files, with the members that are needed.
with
record as (
    select unnest(Records) as r
    from read_json(getvariable('log'), format = 'newline_delimited', columns = {'Records': 'STRUCT(
        eventTime VARCHAR, eventSource VARCHAR, eventType VARCHAR, userAgent VARCHAR, errorCode VARCHAR,
        userIdentity STRUCT(accessKeyId VARCHAR),
        additionalEventData STRUCT(SignatureVersion VARCHAR),
        requestParameters STRUCT("Host" VARCHAR),
        tlsDetails STRUCT(clientProvidedHostHeader VARCHAR))[]'})
),
request as (
    select
        r.eventTime as time, r.eventSource as source, r.eventType as type, r.userAgent as agent,
        r.errorCode as code, r.userIdentity.accessKeyId as key,
        r.additionalEventData.SignatureVersion as signature,
        -- Some records lack the TLS details, and S3 has the host among the parameters too.
        coalesce(r.tlsDetails.clientProvidedHostHeader, r.requestParameters."Host") as host
    from record
),
told as (
    select *,
        code in ('ExpiredTokenException', 'InvalidClientTokenId') as failed,
        (coalesce(key, '') <> '' or coalesce(signature, '') <> '')
            and type not in ('AwsServiceEvent', 'AwsConsoleSignIn', 'AwsConsoleAction')
            and source <> 'signin.amazonaws.com' as signed
    from request
)
select
    time[:16] || ':00Z' as minute,
    if(failed, code, null) as code,
    if(failed, host, null) as host,
    if(failed, key, null) as key,
    if(failed, nullif(regexp_extract(agent, '(?:^| )app/(\S+)', 1), ''), null) as app,
    count(*) as requests
from told
where signed or failed
group by all
