#!/usr/bin/env bash
# Debian's own kernel as a virtual room boots it: unpacked, with the modules of a room, and with gpio-sim, which Debian does
# not build but whose source it ships.
# usage: build-kernel.sh OUT_DIR      -> OUT_DIR/vmlinux, OUT_DIR/initrd.img, OUT_DIR/modules/<version>/
# Needs the Debian packages of the groups "build" and "vm" in debian-packages.json. About a minute; downloads 220 MB.
set -euo pipefail
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin

out=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "$out/work-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir debs system headers gpio initramfs

version=$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: linux-image-//p' | sed -n 1p)
[ -n "$version" ] || { echo "apt knows no linux-image-amd64: run 'apt-get update' first" >&2; exit 1; }
series=$(cut -d. -f1-2 <<<"$version")

echo "downloading Linux $version"
# Without its sandbox apt writes into folders that only we may enter.
(cd debs && apt-get -q -o APT::Sandbox::User=root download busybox-static "linux-image-$version" \
	"linux-headers-$version" "linux-headers-${version%-amd64}-common" "linux-kbuild-$series" "linux-source-$series")

echo 'unpacking'
dpkg-deb -x debs/linux-image-*.deb system
dpkg-deb -x debs/busybox-static_*.deb system
for package in debs/linux-{headers,kbuild,source}-*.deb; do dpkg-deb -x "$package" headers; done
tree=$work/headers/usr/src/linux-headers-$version
sed -i "s#include /usr/src/#include $work/headers/usr/src/#" "$tree/Makefile"
tar -C headers -xJf "headers/usr/src/linux-source-$series.tar.xz" --wildcards \
	'*/drivers/gpio/gpio-sim.c' '*/drivers/gpio/gpiolib.h' '*/kernel/irq/irq_sim.c'

echo 'compiling gpio-sim'
source=headers/linux-source-$series
cp "$source"/drivers/gpio/{gpio-sim.c,gpiolib.h} "$source/kernel/irq/irq_sim.c" gpio/
# The kernel exports no irq_to_desc; for interrupts of software the generic handler does the same.
sed -i 's/handle_simple_irq(irq_to_desc(irqnum));/generic_handle_irq(irqnum);/' gpio/irq_sim.c
[ "$(grep -c 'generic_handle_irq(irqnum)' gpio/irq_sim.c)" = 1 ] ||
	{ echo "the adjustment of irq_sim.c does not fit Linux $version" >&2; exit 1; }
cat >gpio/irq_sim_module.c <<-'C'
	#include <linux/module.h>
	MODULE_LICENSE("GPL");
	MODULE_DESCRIPTION("kernel/irq/irq_sim.c as a module");
C
printf '%s\n' 'obj-m += irq-sim-room.o gpio-sim.o' 'irq-sim-room-y := irq_sim.o irq_sim_module.o' >gpio/Kbuild
make -s -C "$tree" M="$work/gpio" modules
strip --strip-debug gpio/*.ko

echo 'choosing modules'
all=system/lib/modules/$version
mkdir "$all/extra"
cp gpio/irq-sim-room.ko gpio/gpio-sim.ko "$all/extra/"
depmod -b system "$version"
# Files of a module and of all that it depends on, in the order of loading.
files_of() {
	for name in "$@"; do modprobe -d "$work/system" -S "$version" --show-depends "$name" || exit; done |
		sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++'
}
mapfile -t wanted < <(sed 's/#.*//' "$here/kernel-modules.txt" | awk 'NF { print $1 }')
kept=$out/modules/$version
mkdir -p "$kept"
files_of "${wanted[@]}" >wanted.txt
while read -r file; do
	install -D -m644 "$file" "$kept/${file##*/lib/modules/"$version"/}"
done <wanted.txt
cp "$all"/modules.{builtin,builtin.modinfo,order} "$kept/"
# depmod wants lib/modules/<version> below its base.
mkdir -p kept/lib && ln -s "$out/modules" kept/lib/modules
depmod -b kept "$version"

echo 'making the initramfs'
cp "$here/initramfs-init" initramfs/init
chmod 755 initramfs/init
(
	cd initramfs
	mkdir bin dev proc sys root modules
	cp "$work/system/bin/busybox" bin/
	files_of crc32c_generic virtio_pci virtio_blk ext4 | while read -r file; do
		cp "$file" modules/
		basename "$file"
	done >modules/order
	find . | bin/busybox cpio -o -H newc >"$out/initrd.img"
)

# The ELF inside is booted as it is: unpacking the compressed kernel costs seconds where the processor is emulated.
offset=$(grep -obUaP '\xfd7zXZ\x00' "system/boot/vmlinuz-$version" | sed -n '1s/:.*//p')
# xz complains of what follows the stream.
tail -c "+$((offset + 1))" "system/boot/vmlinuz-$version" | xz -dc --single-stream 2>/dev/null >"$out/vmlinux" || true
[ "$(head -c 4 "$out/vmlinux" | tail -c 3)" = ELF ] || { echo "no ELF inside vmlinuz-$version" >&2; exit 1; }
echo "Linux $version is ready"
