#!/usr/bin/env bash
# Builds mediasoup's worker from the source in its npm package against Debian 12's libraries, for machines that reach a
# package registry but not the places its own build downloads from. About 6 minutes on 2 cores.
# usage: build-mediasoup-worker.sh WORKER_SOURCE OUT_DIR      -> OUT_DIR/mediasoup-worker
# Needs the Debian packages of the group "build" in debian-packages.json.
set -euo pipefail

source=$1
out=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -a "$source/." "$work/"
cd "$work"

# Replaces in a file and makes sure that the place was found: another version of mediasoup must not build half adjusted.
adjust() { # FILE PATTERN REPLACEMENT EVIDENCE
	sed -i "s@$2@$3@" "$1"
	[ "$(grep -cF "$4" "$1")" = 1 ] || { echo "the adjustment '$4' does not fit $1 of this mediasoup" >&2; exit 1; }
}

# mediasoup's BIO callback answers 1 to every BIO_ctrl(), so also to "does the kernel do TLS for this BIO?". Debian's
# OpenSSL knows kernel TLS: it then allocates no write buffer, and the worker dies in the first DTLS handshake. Answer
# that one question as OpenSSL does and leave the rest as it is.
dtls=src/RTC/DtlsTransport.cpp
adjust $dtls 'int /\*argi\*/,' 'int argi,' 'int argi,'
adjust $dtls '(operationType == BIO_CB_RETURN) ? static_cast<long>(ret) : 1;' \
	'(operationType == BIO_CB_RETURN || (operationType == (BIO_CB_CTRL | BIO_CB_RETURN) \&\& argi == BIO_CTRL_GET_KTLS_SEND)) ? static_cast<long>(ret) : 1;' \
	'BIO_CTRL_GET_KTLS_SEND'

# Debian 12 ships meson 1.0.1, and nothing in this build needs more.
adjust meson.build "meson_version: '>= 1.1.0'" "meson_version: '>= 1.0.0'" "meson_version: '>= 1.0.0'"
adjust meson.build "dependency('unordered_dense')" \
	"subproject('unordered_dense').get_variable('ankerl_unordered_dense_dep')" \
	"subproject('unordered_dense')"

# Where mediasoup downloads a dependency, ours name the system's library.
rm -rf subprojects
cp -a "$here/mediasoup-subprojects" subprojects

build=$work/out/build
meson setup --wrap-mode=nodownload --buildtype release -Db_ndebug=true "$build"
# The generated headers must exist before anything that includes them compiles.
meson compile -C "$build" flatbuffers-generator
nice -n 5 ninja -C "$build" mediasoup-worker
install -D -s "$build/mediasoup-worker" "$out/mediasoup-worker"
