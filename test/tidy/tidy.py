"""The house rules as tests. tidy.py [BUILD_DIR]: BUILD_DIR has core.o and moongate (build/linux)."""
import os
import sys

import rules_alone
import rules_binary
import rules_c
import rules_text
import selftest
from tree import Tree


def results(build):
    tree = Tree.here()
    yield "the_rules_themselves", selftest.run()
    for rule in rules_c.RULES + rules_text.RULES:
        yield rule.__name__, rule(tree)
    yield "compiles_alone", rules_alone.compiles_alone(tree)
    yield "limits_table", rules_text.limits_table(tree, rules_text.printed_limits(build))
    yield "boards_table", rules_text.boards_table(tree, rules_text.built_programs(build))
    yield "examples", rules_text.examples(tree, os.path.join(build, "moongate"))
    yield from rules_binary.check(os.path.join(build, "core.o"))


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else "build/linux"
    passed = failed = 0
    for number, (name, faults) in enumerate(results(build), 1):
        if faults:
            failed += 1
            print(f"not ok {number} {name}: {len(faults)} fault{'s'[len(faults) == 1:]}")
            for fault in faults:
                print(f"    {fault}")
        else:
            passed += 1
            print(f"ok {number} {name}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
