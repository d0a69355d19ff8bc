#!/bin/sh
# X14: builds the comparison of JSON parsers outside of the repository and runs it.
# SEED and DOCS: see differential.c. Needs libjson-c-dev and libjansson-dev.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
${CC:-gcc} -std=gnu2x -O2 -g -Wall -Wextra -Werror -Icommon -Itests -o "$work/differential" \
    tests/json/*.c common/base/json_check.c common/base/text.c -ljansson -ljson-c -lcrypto
"$work/differential"
