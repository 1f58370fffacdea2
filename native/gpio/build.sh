#!/bin/sh
# Builds the GPIO helper: native/gpio/build.sh OUT_DIR writes OUT_DIR/incamera-gpio. Needs a C compiler and the kernel's headers
# for programs (linux-libc-dev, which comes with it), of Linux 5.10 or later.
set -eu

out=${1:?usage: native/gpio/build.sh OUT_DIR}
here=$(cd "$(dirname "$0")" && pwd)

mkdir -p "$out"
partial="$out/.incamera-gpio.$$"
trap 'rm -f "$partial"' EXIT
# shellcheck disable=SC2086 # a list of flags
"${CC:-gcc}" -std=c17 -O2 -Wall -Wextra -Werror -fstack-protector-strong -D_FORTIFY_SOURCE=2 \
  -fPIE -pie -Wl,-z,relro,-z,now ${CFLAGS:-} "$here/incamera-gpio.c" -o "$partial"
mv "$partial" "$out/incamera-gpio"
trap - EXIT
echo "$out/incamera-gpio"
