#!/bin/sh
# Builds the GStreamer plugin and the GPIO helper: native/build.sh OUT_DIR writes OUT_DIR/libgstincamera.so and
# OUT_DIR/incamera-gpio (GStreamer looks for *.so only).
# Needs a C compiler and these development packages; says which are missing.
set -eu

out=${1:?usage: native/build.sh OUT_DIR}
here=$(cd "$(dirname "$0")" && pwd)
modules='gstreamer-1.0 gstreamer-base-1.0 gstreamer-video-1.0 gstreamer-fft-1.0 vpx librsvg-2.0 cairo'
packages='gcc pkg-config libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev libvpx-dev librsvg2-dev libcairo2-dev'

missing=''
for tool in "${CC:-gcc}" pkg-config; do
  command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
done
if [ -z "$missing" ]; then
  for module in $modules; do
    pkg-config --exists "$module" || missing="$missing $module"
  done
fi
if [ -n "$missing" ]; then
  echo "native/build.sh: missing:$missing" >&2
  echo "on Debian: apt-get install $packages" >&2
  exit 1
fi

sh "$here/gpio/build.sh" "$out"
partial="$out/.libgstincamera.so.$$"
trap 'rm -f "$partial"' EXIT
# shellcheck disable=SC2046,SC2086 # lists of flags
"${CC:-gcc}" -std=c17 -O2 -Wall -Wextra -Werror -fstack-protector-strong -D_FORTIFY_SOURCE=2 \
  -fPIC -shared -fvisibility=hidden -Wl,-z,relro,-z,now ${CFLAGS:-} \
  $(pkg-config --cflags $modules) "$here"/*.c -o "$partial" $(pkg-config --libs $modules)
mv "$partial" "$out/libgstincamera.so"
trap - EXIT
echo "$out/libgstincamera.so"
