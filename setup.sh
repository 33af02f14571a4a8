#!/bin/sh
# Sets up what the project needs: a virtual environment with the locked packages, and three system libraries.
# Usage: setup.sh FOLDER. Writes FOLDER/ready when all is there; a second one at the same time waits for the first.
#        setup.sh --fits FOLDER. Whether an environment is of the place where it lies: its commands name that place.
set -eu

say() { printf '%s\n' "$*" >&2; }

fits() {
    head -n 2 "$venv/bin/pip" 2>/dev/null | grep -qF "$venv/bin/python" && "$venv/bin/python" -c '' 2>/dev/null
}

if [ "$1" = --fits ]; then
    venv=$(realpath -m -- "$2")
    fits
    exit
fi

venv=$(realpath -m -- "$1")
exec 9>"$venv.lock"
flock 9
if fits && [ "$venv/ready" -nt requirements.lock ] && [ "$venv/ready" -nt setup.sh ]; then
    exit 0
fi

python=
for candidate in python3 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        python=$candidate
        break
    fi
done

# Debian and Ubuntu packages by what they provide. Without libharfbuzz-subset0 PDFs are neither small nor reproducible.
needed=
[ -n "$python" ] || needed="$needed python3"
"${python:-false}" -c 'import ensurepip, venv' 2>/dev/null || needed="$needed python3-venv"
libraries=$(/sbin/ldconfig -p 2>/dev/null || true)
for pair in libpango-1.0.so.0:libpango-1.0-0 libpangoft2-1.0.so.0:libpangoft2-1.0-0 \
    libharfbuzz-subset.so.0:libharfbuzz-subset0; do
    case $libraries in
    *"${pair%%:*}"*) ;;
    *) needed="$needed ${pair##*:}" ;;
    esac
done

if [ -n "$needed" ]; then
    install="apt-get update && apt-get install --yes --no-install-recommends$needed"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "Installing system packages:$needed"
        log=$(mktemp)
        if ! DEBIAN_FRONTEND=noninteractive sh -c "$install" >"$log" 2>&1; then
            cat "$log" >&2
            say "The system packages could not be installed; see above."
            exit 1
        fi
        rm -f "$log"
    else
        say "Missing system packages, and no root rights to install them. Please run:"
        say "  sudo sh -c '$install'"
        exit 1
    fi
fi
[ -n "$python" ] || python=python3

say "Setting up the Python packages in $venv (about a minute, once)"
clear=
fits && [ -e "$venv/ready" ] || clear=--clear # moved, without its Python, or half set up
rm -f "$venv/ready"
"$python" -m venv $clear "$venv"
"$venv/bin/pip" install -qq --disable-pip-version-check --require-hashes --no-deps --requirement requirements.lock
touch "$venv/ready"
