#!/bin/sh
# House rules: what the compilers of `make` cannot see. Each rule counts as one check.
#   tests/lint.sh           all of it
#   tests/lint.sh quick     without clang-tidy and gcc's analyzer
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
passed=0
failed=0

# verdict RULE: good when the file $work/out is empty.
verdict() {
    if [ -s "$work/out" ]; then
        failed=$((failed + 1))
        echo "FAIL $1"
        sed 's/^/     /' "$work/out" | head -n 200
    else
        passed=$((passed + 1))
        echo "ok   $1"
    fi
}

# The files that are, or may become, part of the repository.
git ls-files -co --exclude-standard | while read -r f; do [ ! -f "$f" ] || echo "$f"; done >"$work/files"
grep -E '\.[ch]$' "$work/files" >"$work/c" || true
grep -E '^(common|cgi-bin|cron)/' "$work/c" >"$work/product" || true

# C without comments and the insides of texts, as FILE:LINE:CODE.
code() {
    tr '\n' '\0' <"$1" | xargs -0 -r awk '
        FNR == 1 { inside = 0 }
        {
            out = ""; s = $0; n = length(s); i = 1
            while (i <= n) {
                c = substr(s, i, 1); d = substr(s, i, 2)
                if (inside) { if (d == "*/") { inside = 0; i += 2 } else i++; continue }
                if (d == "/*") { inside = 1; i += 2; continue }
                if (d == "//") break
                if (c == "\"" || (c == "\047" && substr(s, i - 1, 1) !~ /[0-9A-Fa-f]/)) {
                    q = c; out = out c; i++
                    while (i <= n && (c = substr(s, i, 1)) != q) i += (c == "\\") ? 2 : 1
                    out = out q; i++; continue
                }
                out = out c; i++
            }
            print FILENAME ":" FNR ":" out
        }'
}
code "$work/c" >"$work/code"
code "$work/product" >"$work/product_code"

# forbid RULE PATTERN ALLOWED-PLACES CODE
forbid() {
    grep -E "^[^:]*:[0-9]*:.*($2)" "$4" | grep -vE "$3" >"$work/out" || true
    verdict "$1"
}
never='^$'
forbid 'SQL text lives in *_sql.c' '\bSQL_(ROWS|EXEC)\b' '_sql\.c:|^common/db/db\.h:|_test\.c:' "$work/product_code"
forbid 'MariaDB is called in common/db only' '\bmysql_' '^common/db/' "$work/product_code"
forbid 'amounts are handled by the money_ functions' '\.kurus\b' '^common/(types|db|web)/|_test\.c:' "$work/product_code"
forbid 'no float, no double' '\b(float|double)\b' "$never" "$work/product_code"
forbid 'functions that are banned' \
    '\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|sscanf|system|popen|localtime|rand|tmpnam|mktemp|alloca)[ ]*\(' \
    "$never" "$work/code"
forbid 'cgi-bin has no SQL and opens no transaction' '\b(DB_TX|db_one|db_all|db_exec)\b' "$never" \
    "$(grep '^cgi-bin/' "$work/product_code" >"$work/cgi" || true; echo "$work/cgi")"

grep -nE '"\.\./|#include "(cgi-bin|cron)/' $(cat "$work/product") /dev/null >"$work/out" || true
verdict 'includes are rooted at common/, which includes nothing of cgi-bin'

xargs -r clang-format --dry-run -Werror <"$work/c" 2>&1 | sed -n 's/ error: code should.*//p' >"$work/out"
verdict 'clang-format'

cut -d/ -f1 "$work/files" | sort -u |
    grep -vE '^(\..*|Makefile|README(\.md)?|LICENSE|cgi-bin|common|sql|nginx|cron|tests)$' >"$work/out" || true
verdict 'the top level has only what belongs there'

xargs -r grep -nIE '(^|[^A-Za-z0-9_./$}*-])/(work|home|root|mnt|workspace|Users)/[A-Za-z.]' <"$work/files" >"$work/out" || true
verdict 'no paths of one machine'

xargs -r grep -nIiE '(registry|deb|security|files|index|proxy|mirrors?)[.](npmjs|debian|pythonhosted|golang|crates|ubuntu)|pypi[.]org' \
    <"$work/files" >"$work/out" || true
verdict 'no hosts of package registries'

grep -E '^(common|cgi-bin|cron|sql|nginx)/' "$work/files" |
    xargs -r grep -nIE '\b(TODO|FIXME|XXX|HACK)\b' >"$work/out" || true
verdict 'no unfinished marks in product code'

: >"$work/out"
grep -E '\.sh$|^\.ci/run$' "$work/files" | while read -r f; do
    shell=$(sed -n '1s/^#! *//p' "$f")
    ${shell:-/bin/sh} -n "$f" >>"$work/out" 2>&1 || true
done
verdict 'shell scripts parse'

grep -E '\.py$' "$work/files" | xargs -r python3 -c '
import ast, sys
for name in sys.argv[1:]:
    try:
        ast.parse(open(name, encoding="utf-8").read(), name)
    except SyntaxError as error:
        print(f"{name}:{error.lineno}: {error.msg}")' >"$work/out" 2>&1 || true
verdict 'Python parses'

if [ "${1:-}" != quick ]; then
    # A file is looked at again only when it or any header has changed.
    B=build/lint
    newest=$(ls -t .clang-tidy $(grep '\.h$\|\.def$' "$work/files") | head -n 1)
    flags='-std=gnu2x -Icommon -Itests'
    export B newest flags
    one_by_one() {   # RULE KIND COMMAND: the command gets the file as $f, prints what is wrong
        grep '\.c$' "$work/product" | grep -v '_test\.c$' >"$work/list" || true
        xargs -r -P "$(nproc)" -I '{}' sh -c '
            f=$1; seen=$B/$f.$2
            [ -e "$seen" ] && [ "$seen" -nt "$f" ] && [ "$seen" -nt "$newest" ] && exit 0
            mkdir -p "${seen%/*}"; rm -f "$seen"
            if out=$(eval "$3" 2>&1); then : >"$seen"; else printf "%s\n" "$out" | head -n 60; fi
        ' lint '{}' "$2" "$3" <"$work/list" >"$work/out" 2>&1 || true
        verdict "$1"
    }
    # shellcheck disable=SC2016
    one_by_one 'gcc -fanalyzer' analyzer \
        'gcc $flags -O1 -fanalyzer -Werror -Wno-analyzer-too-complex -c -o /dev/null "$f"'
    # shellcheck disable=SC2016
    one_by_one 'clang-tidy' tidy 'clang-tidy -quiet "$f" -- $flags'
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
