#!/bin/bash
# tests/fuzz/run.sh SECONDS [JOBS] [NAME...]
#
# Builds every tests/fuzz/NAME_fuzz.c (or the named ones) with clang, libFuzzer, ASan and UBSan and
# runs each for SECONDS seconds, JOBS (2) at a time, from corpus/NAME and with NAME.dict if they are
# there. Nothing is written into the repository: new inputs and crashes go to a temporary folder,
# which is kept only if something failed. KEEP=dir: take and leave the grown corpora there.
#
# A target says in its first lines what it is made of:
#   // needs: common/base/json_check.c common/base/text.c
#   // libs: -ljson-c
set -eu
cd "$(dirname "$0")/../.."

words_of() { sed -n "1,10s|^// $1:||p" "$2"; }

one() { # NAME SECONDS WORK: prints one line, leaves NAME.ok or NAME.failed
    local name=$1 seconds=$2 work=$3 source=tests/fuzz/$1_fuzz.c args=()
    local corpus=${KEEP:-$work}/corpus/$name
    mkdir -p "$corpus" "$work/crash/$name"
    # shellcheck disable=SC2046 # words are wanted
    if ! ${CLANG:-clang} -std=gnu2x -g -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all \
        -fsanitize=fuzzer,address,undefined -Icommon -Itests -Itests/fuzz -o "$work/$name" \
        "$source" $(words_of needs "$source") $(words_of libs "$source") >"$work/$name.log" 2>&1; then
        echo "FAILED $name: does not build"
        cat "$work/$name.log"
        touch "$work/$name.failed"
        return
    fi
    [ -f "tests/fuzz/$name.dict" ] && args+=("-dict=tests/fuzz/$name.dict")
    args+=("$corpus")
    [ -d "tests/fuzz/corpus/$name" ] && args+=("tests/fuzz/corpus/$name")
    if "$work/$name" -max_total_time="$seconds" -timeout=1 -rss_limit_mb=2048 -max_len=70000 \
        -print_final_stats=1 -artifact_prefix="$work/crash/$name/" "${args[@]}" \
        >"$work/$name.log" 2>&1; then
        echo "ok $name runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$name.log")" \
            "per_second=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$work/$name.log")"
        touch "$work/$name.ok"
    else
        echo "FAILED $name: input in $work/crash/$name, full log in $work/$name.log"
        grep -m1 -A12 -E 'ERROR|runtime error' "$work/$name.log" || tail -20 "$work/$name.log"
        touch "$work/$name.failed"
    fi
}

if [ "${1:-}" = --one ]; then
    one "$4" "$2" "$3"
    exit
fi

seconds=${1:?usage: tests/fuzz/run.sh SECONDS [JOBS] [NAME...]}
jobs=${2:-2}
shift $(($# < 2 ? $# : 2))
[ $# -gt 0 ] || set -- $(basename -s _fuzz.c tests/fuzz/*_fuzz.c)
work=$(mktemp -d)
printf '%s\n' "$@" | xargs -n 1 -P "$jobs" tests/fuzz/run.sh --one "$seconds" "$work"
passed=$(find "$work" -maxdepth 1 -name '*.ok' | wc -l)
failed=$(($# - passed))
[ "$failed" -gt 0 ] || rm -rf "$work"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
