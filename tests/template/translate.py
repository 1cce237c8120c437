"""Prints what CloudFormation gets for a SAM template; run with the Python of the environment `sam`."""

import json
import sys

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse


def main(path: str) -> None:
    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file)
    for resource in template["Resources"].values():
        # As `sam package` leaves it.
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://packages/function.zip"
    # No managed policies are named, so that none has to be looked up.
    json.dump(Translator({}, Parser()).translate(template, parameter_values={}), sys.stdout, indent=1)


if __name__ == "__main__":
    main(sys.argv[1])
