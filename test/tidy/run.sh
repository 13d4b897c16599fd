#!/usr/bin/env bash
# The house rules as tests; what they are stands in rules_*.py. run.sh [BUILD_DIR]
cd "$(dirname "$0")/../.." && exec python3 -B test/tidy/tidy.py "$@"
