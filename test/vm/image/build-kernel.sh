#!/usr/bin/env bash
# Debian's own kernel as a virtual room boots it: unpacked, with the modules of a room, and with simulators compiled from
# Debian's kernel source: gpio-sim, which Debian leaves out, and the USB camera with more controls than it has by itself.
# usage: build-kernel.sh OUT_DIR      -> OUT_DIR/vmlinux, OUT_DIR/initrd.img, OUT_DIR/modules/<version>/
# Needs the Debian packages of the groups "build" and "vm" in debian-packages.json. About a minute; downloads 220 MB.
set -euo pipefail
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin

out=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "$out/work-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir debs system headers simulators initramfs

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
	'*/drivers/gpio/gpio-sim.c' '*/drivers/gpio/gpiolib.h' '*/kernel/irq/irq_sim.c' \
	'*/drivers/usb/gadget/function/*uvc*.[ch]'

echo 'compiling simulators'
source=headers/linux-source-$series
cp "$source"/drivers/gpio/{gpio-sim.c,gpiolib.h} "$source/kernel/irq/irq_sim.c" \
	"$source"/drivers/usb/gadget/function/*uvc*.[ch] simulators/
# Replaces in a file and makes sure that the place was found.
adjust() { # FILE EXPRESSION EVIDENCE
	sed -i "$2" "simulators/$1"
	[ "$(grep -cF "$3" "simulators/$1")" = 1 ] || { echo "'$3' does not fit $1 of Linux $version" >&2; exit 1; }
}
# The kernel exports no irq_to_desc; for interrupts of software the generic handler does the same.
adjust irq_sim.c 's/handle_simple_irq(irq_to_desc(irqnum));/generic_handle_irq(irqnum);/' 'generic_handle_irq(irqnum);'
# The camera of software announces motors, focus and white balance; before Linux 6.3 configfs cannot say so.
adjust f_uvc.c 's/\(cd->bmControls\[0\]\s*=\) 2;/\1 0x22;/' '= 0x22;'
adjust f_uvc.c 's/\(cd->bmControls\[1\]\s*=\) 0;/\1 0x1e;/' '= 0x1e;'
adjust f_uvc.c 's/\(cd->bmControls\[2\]\s*=\) 0;/\1 0x02;/' '= 0x02;'
adjust f_uvc.c 's/\(pd->bmControls\[0\]\s*=\) 1;/\1 0x41;/' '= 0x41;'
adjust f_uvc.c 's/\(pd->bmControls\[1\]\s*=\) 0;/\1 0x14;/' '= 0x14;'
# dummy_hcd has no isochronous endpoints: the one for pictures, which nobody uses, is a bulk one.
sed -i 's/USB_ENDPOINT_SYNC_ASYNC$/0/; s/| USB_ENDPOINT_XFER_ISOC/| USB_ENDPOINT_XFER_BULK/' simulators/f_uvc.c
[ "$(grep -c '| USB_ENDPOINT_XFER_BULK' simulators/f_uvc.c)" = 3 ] ||
	{ echo "the endpoints of f_uvc.c do not fit Linux $version" >&2; exit 1; }
cat >simulators/irq_sim_module.c <<-'C'
	#include <linux/module.h>
	MODULE_LICENSE("GPL");
	MODULE_DESCRIPTION("kernel/irq/irq_sim.c as a module");
C
printf '%s\n' 'obj-m += irq-sim-room.o gpio-sim.o usb_f_uvc.o' 'irq-sim-room-y := irq_sim.o irq_sim_module.o' \
	'usb_f_uvc-y := f_uvc.o uvc_queue.o uvc_v4l2.o uvc_video.o uvc_configfs.o' >simulators/Kbuild
make -s -C "$tree" M="$work/simulators" modules
strip --strip-debug simulators/*.ko

echo 'choosing modules'
all=system/lib/modules/$version
mkdir "$all/extra"
rm "$all/kernel/drivers/usb/gadget/function/usb_f_uvc.ko"
cp simulators/*.ko "$all/extra/"
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
