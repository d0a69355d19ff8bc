#!/bin/sh
# Installs the Debian packages that are missing, and only those.
#   tests/install.sh build|run|check      build: compile; run: also start it; check: also test it
#   tests/install.sh --check WHAT         installs nothing, names what is missing
# Needs root or sudo only when something is missing. No system service is started or left enabled
# by it: an instance of ours brings its own database and web server.
set -eu

build='gcc make libc6-dev libfcgi-dev libcurl4-openssl-dev libjson-c-dev libmariadb-dev libssl-dev libcrypt-dev'
run="$build mariadb-server-core mariadb-client-core nginx-light spawn-fcgi multiwatch python3-minimal python3 ca-certificates curl"
check="$run clang clang-format clang-tidy libclang-rt-14-dev llvm wrk chromium chromium-driver libjansson-dev
    iproute2 libfcgi-bin procps binutils jq openssl git"

only_check=
[ "${1:-}" = --check ] && { only_check=1; shift; }
case "${1:-run}" in
build) want=$build ;;
run) want=$run ;;
check) want=$check ;;
*) echo "usage: tests/install.sh [--check] build|run|check" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null; then
    echo "install.sh: not a Debian system; these packages are needed: $want" >&2
    [ -n "$only_check" ] && exit 0 || exit 1
fi
have=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p')
have=" $(echo "$have" | tr '\n' ' ') "
missing=
for p in $want; do
    case "$have" in
    *" $p "*) continue ;;
    esac
    # Any build of the web server, database and curl library will do.
    case "$p" in
    nginx-light) command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] && continue ;;
    mariadb-server-core) [ -x /usr/sbin/mariadbd ] && continue ;;
    libcurl4-openssl-dev) [ -n "$(ls /usr/include/curl/curl.h /usr/include/*/curl/curl.h 2>/dev/null)" ] && continue ;;
    esac
    missing="$missing $p"
done
[ -z "$missing" ] && exit 0

if [ -n "$only_check" ]; then
    echo "Missing packages:$missing" >&2
    echo "Install them with: sudo tests/install.sh ${1:-run}" >&2
    exit 1
fi

sudo=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "install.sh: root or sudo is needed to install:$missing" >&2; exit 1; }
    sudo=sudo
fi
echo "installing:$missing" >&2

work=$(mktemp -d)
policy=/usr/sbin/policy-rc.d
made_policy=
clean() {
    [ -z "$made_policy" ] || $sudo rm -f "$policy"
    rm -rf "$work"
}
trap clean EXIT
trap 'exit 1' INT TERM HUP
# While this file answers 101 no package may start a service. A machine that has its own is left alone.
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$work/policy"
    made_policy=1
    $sudo install -m 755 "$work/policy" "$policy"
fi
before=
command -v systemctl >/dev/null && before=$(systemctl is-enabled nginx.service 2>/dev/null || true)

get() {
    # shellcheck disable=SC2086
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 $missing >"$work/log" 2>&1
}
if ! get; then
    # Lists empty or too old: fetch them, once.
    $sudo apt-get update -qq -o DPkg::Lock::Timeout=300 >"$work/update" 2>&1 || true
    get || { tail -n 20 "$work/update" "$work/log" >&2; echo "install.sh: could not install:$missing" >&2; exit 1; }
fi
# nginx came as a tool, not as a service of this machine.
if [ -z "$before" ] && command -v systemctl >/dev/null &&
    [ "$(systemctl is-enabled nginx.service 2>/dev/null || true)" = enabled ]; then
    case "$missing" in *nginx*) $sudo systemctl disable -q nginx.service 2>/dev/null || true ;; esac
fi
