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

runs_of() { sed -n 's/^stat::number_of_executed_units: *//p' "$1" | grep . || echo 0; }

# -timeout counts time on the wall, and the machine may be busy. True if the only input it complains
# about takes no second when it is run again; such stalls are counted in the result.
stalled() { # NAME WORK
    local inputs=("$2/crash/$1"/*)
    [ ${#inputs[@]} -eq 1 ] && [[ ${inputs[0]##*/} == timeout-* ]] &&
        "$2/$1" -timeout=1 "${inputs[0]}" >>"$2/$1.log" 2>&1 && rm "${inputs[0]}"
}

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
    local until=$((SECONDS + seconds)) left=$seconds runs=0 stalls=0
    while ! "$work/$name" -max_total_time="$left" -timeout=1 -rss_limit_mb=2048 -max_len=70000 \
        -print_final_stats=1 -artifact_prefix="$work/crash/$name/" "${args[@]}" \
        >"$work/$name.log" 2>&1; do
        if ! stalled "$name" "$work"; then
            echo "FAILED $name: input in $work/crash/$name, full log in $work/$name.log"
            grep -m1 -A12 -E 'ERROR|runtime error' "$work/$name.log" || tail -20 "$work/$name.log"
            touch "$work/$name.failed"
            return
        fi
        stalls=$((stalls + 1)) runs=$((runs + $(runs_of "$work/$name.log"))) left=$((until - SECONDS))
        [ "$left" -gt 0 ] || break
    done
    [ "$left" -le 0 ] || runs=$((runs + $(runs_of "$work/$name.log")))
    echo "ok $name runs=$runs per_second=$((runs / (seconds > 0 ? seconds : 1))) stalls=$stalls"
    touch "$work/$name.ok"
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
