#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""schema.py SCHEMA FILE...: does the JSON in the files fit, and is the schema worth it?

Prints what is wrong. A file has one value, or one a line.

- Each value fits the schema.
- Objects have no other keys: each says additionalProperties: false.
- No property can be taken out of the schema unnoticed, if a file has it.
- Each property of the schema is in one of the files; or its name is in $ABSENT.
"""
import copy
import json
import os
import sys

import jsonschema


def read(path):
    with open(path) as file:
        text = file.read()
    try:
        return [json.loads(text)]
    except ValueError:
        return [json.loads(line) for line in text.splitlines()]


def objects(schema):
    """All schemas of objects in a schema, itself included."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for part in schema.values():
            yield from objects(part)


def fits(schema, values):
    validator = jsonschema.Draft202012Validator(schema)
    return all(validator.is_valid(value) for value in values)


def main(path, files):
    with open(path) as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    values = [value for name in files for value in read(name)]
    if not values:
        print("no values")
    for value in values:
        for error in jsonschema.Draft202012Validator(schema).iter_errors(value):
            print(f"{list(error.absolute_path)}: {error.message[:300]}")
    for nr, part in enumerate(objects(schema)):
        if part.get("additionalProperties") is not False:
            print(f"an object with {list(part['properties'])} may have others")
        for name in part["properties"]:
            less = copy.deepcopy(schema)
            place = list(objects(less))[nr]
            del place["properties"][name]
            if fits(less, values) and name not in os.environ.get("ABSENT", "").split():
                print(f"{name}: in no value")


main(sys.argv[1], sys.argv[2:])
