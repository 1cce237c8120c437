# The errors of CloudTrail files by code.
reduce (inputs.Records[] | .errorCode // empty) as $code ({}; .[$code] += 1)
