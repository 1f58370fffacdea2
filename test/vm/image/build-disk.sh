#!/usr/bin/env bash
# The disk of the virtual room: Debian's programs, the kernel's modules and our own files as an ext4 image.
# usage: build-disk.sh OUT_DIR SYSTEM_TAR MODULES_DIR GUEST_FILES      -> OUT_DIR/disk.ext4
set -euo pipefail
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin

# Under fakeroot everything seems to belong to root, and files made here still belong to who called.
[ -n "${FAKEROOTKEY:-}" ] || exec fakeroot -- bash "$0" "$@"

out=$1 system=$2 modules=$3 guest=$4
root=$(mktemp -d "$out/root-XXXXXX")
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

echo 'unpacking the system'
tar -xf "$system" -C "$root" --exclude='./dev/*' --exclude='./var/cache/apt/*' --exclude='./var/lib/apt/lists/*'
mkdir -p "$root/lib/modules"
cp -R "$modules/." "$root/lib/modules/"
cp -R --preserve=mode,links "$guest/." "$root/"

units=$root/etc/systemd/system
mkdir -p "$units/multi-user.target.wants"
for unit in room-devices room-shell; do ln -sf "../$unit.service" "$units/multi-user.target.wants/"; done
ln -sf /lib/systemd/system/multi-user.target "$units/default.target"
# What a room of one boot does not need.
for unit in systemd-timesyncd.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer \
	e2scrub_all.timer e2scrub_reap.service systemd-pstore.service getty@tty1.service serial-getty@ttyS0.service \
	remote-fs.target; do
	ln -sf /dev/null "$units/$unit"
done

echo 'making the image'
size=$(($(du -sm --apparent-size "$root" | cut -f1) * 12 / 10 + 300))
mke2fs -q -t ext4 -O '^has_journal,^metadata_csum' -m 0 -L room -d "$root" "$out/disk.ext4" "${size}M"
