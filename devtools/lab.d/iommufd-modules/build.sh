#!/bin/bash
# Builds iommufd.ko, vfio.ko, vfio_iommu_type1.ko, vfio-pci-core.ko and vfio-pci.ko for the distribution's kernel from the
# distribution's kernel source. Runs inside the tool root (with /proc mounted: objtool reads its limits).
# Usage: build.sh KERNEL-RELEASE WORK-DIR OUTPUT-DIR. It must not know of the lab's cache or of the guest.
set -euo pipefail

release=$1 work=$2 output=$3
here=$(dirname "$(realpath "$0")")

unpack_sources() {
	local version tarball
	version=$(cut -d. -f1,2 <<<"$release")
	tarball=/usr/src/linux-source-$version.tar.xz
	[ -f "$tarball" ] || { echo "no source for kernel $release: $tarball is missing" >&2; return 1; }
	echo "unpacking $tarball"
	# drivers/iommu/*.h is every header below that folder, too: not every release has the same ones.
	tar -xJf "$tarball" -C "$work" --strip-components=1 --wildcards \
		'*/drivers/iommu/*.h' '*/drivers/iommu/iommufd/*' '*/drivers/vfio/*' '*/virt/lib/*' '*/lib/interval_tree.c'
}

# The kernel has the interval tree but not its span iterator: the part of the file between the #ifdef and the #endif.
make_span_iter() {
	local tree=$work/lib/interval_tree.c
	{
		printf '#include <linux/%s.h>\n' interval_tree interval_tree_generic compiler export
		sed -n '/^#ifdef CONFIG_INTERVAL_TREE_SPAN_ITER/,/^#endif/p' "$tree"
	} >"$work/drivers/iommu/iommufd/span_iter.c"
	grep -q interval_tree_span_iter_next "$work/drivers/iommu/iommufd/span_iter.c" ||
		{ echo "lib/interval_tree.c has changed: no span iterator found in it" >&2; return 1; }
}

# The kernel's own Makefile of a folder goes on to say which objects there are; ours includes it and says what becomes of them.
lay_makefile() { # FOLDER OURS
	mv "$work/$1/Makefile" "$work/$1/kernel.mk"
	cp "$here/$2" "$work/$1/Makefile"
}

lay_makefiles() {
	cp "$here/Kbuild" "$work/Kbuild"
	cp "$here/config.h" "$work/lab_config.h"
	lay_makefile drivers/iommu/iommufd iommufd.Kbuild
	lay_makefile drivers/vfio vfio.Kbuild
	lay_makefile drivers/vfio/pci vfio-pci.Kbuild
}

unpack_sources
make_span_iter
lay_makefiles
make -C "/usr/src/linux-headers-$release" M="$work" -j"$(nproc)" modules
mkdir -p "$output"
find "$work" -name '*.ko' -exec cp -t "$output" {} +
strip --strip-debug "$output"/*.ko
ls -l "$output"
