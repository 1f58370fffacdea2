#!/usr/bin/env bash
# Debian's programs of the virtual room as an archive. Owners and devices live inside the archive only: nothing
# that only root can remove is left on this machine.
# usage: build-system.sh OUT_DIR SUITE PACKAGES      -> OUT_DIR/system.tar       PACKAGES: names with commas between
# Needs the Debian packages of the group "vm" in debian-packages.json. About a minute.
set -euo pipefail
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin

out=$1 suite=$2 packages=$3
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# Where this machine gets Debian from, a mirror of its own included.
apt-get indextargets --format "\$(ORIGIN) deb [signed-by=$keyring] \$(REPO_URI) \$(RELEASE) \$(COMPONENT)" \
	'Created-By: Packages' | sed -n 's/^Debian //p' | sort -u >"$out/sources.list"
[ -s "$out/sources.list" ] || { echo "apt has no list of Debian's packages: run 'apt-get update' first" >&2; exit 1; }

excluded=()
for folder in doc man locale info; do excluded+=(--dpkgopt="path-exclude=/usr/share/$folder/*"); done
echo "installing $(tr ',' '\n' <<<"$packages" | wc -l) packages and what they need"
# GStreamer looks at every plugin when it has no registry, which takes half a minute where the processor is emulated.
mmdebstrap --variant=essential --include="$packages" --aptopt='APT::Install-Recommends "0"' "${excluded[@]}" \
	--customize-hook='HOME=/root chroot "$1" gst-inspect-1.0 >/dev/null || echo "no registry of GStreamer plugins"' \
	"$suite" "$out/system.tar" - <"$out/sources.list"
