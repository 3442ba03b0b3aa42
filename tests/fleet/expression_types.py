"""Print the types of a policy's expressions, as the CEL compiler finds them; run where that is installed."""

from __future__ import annotations

import re
import sys
from typing import Any

import yaml  # type: ignore[import-untyped] # no stubs
from cel_expr_python import cel
from cel_expr_python.ext import ext_strings
from google.protobuf import descriptor_pb2, descriptor_pool, struct_pb2

OBJECT = re.compile(r"\b(Object(?:\.\w+)*)\{")


def flat(found: re.Match[str]) -> str:
    """Return a type's name as no field and no other type has it."""
    return found[1].replace(".", "_") + "{"


def objects(expression: str) -> Any:
    """Return types for what an expression makes: of each field, whose type nobody knows, there is the name."""
    fields = sorted(set(re.findall(r"\b(\w+):", expression)))
    file = descriptor_pb2.FileDescriptorProto(
        name="objects", syntax="proto3", dependency=[struct_pb2.DESCRIPTOR.name]
    )
    for name in sorted({flat(found)[:-1] for found in OBJECT.finditer(expression)}):
        message = file.message_type.add(name=name)
        for number, field in enumerate(fields, 1):
            message.field.add(name=field, number=number, label=1, type=11, type_name=".google.protobuf.Value")
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(struct_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return pool


def main(path: str) -> None:
    """Compile what stands in the policy, in order."""
    with open(path) as file:  # noqa: PTH123
        spec = next(yaml.safe_load_all(file))["spec"]
    (mutation,) = spec["mutations"]
    made = mutation["applyConfiguration"]["expression"]
    variables = dict.fromkeys(("object", "namespaceObject", "variables"), cel.Type.DYN)
    environment = cel.NewEnv(
        descriptor_pool=objects(made), variables=variables, extensions=[ext_strings.ExtStrings()]
    )
    expressions = [each["expression"] for each in (*spec["matchConditions"], *spec["variables"])]
    for expression in (*expressions, OBJECT.sub(flat, made)):
        print(environment.compile(expression).return_type())


main(sys.argv[1])
