# What the builds of the lab's own kernels have in common: the smallest configuration of the kernel with what a file asks for, and no modules.
# Runs inside the root with the compiler. It must not know what a kernel is for.
# shellcheck shell=bash

# configure_small_kernel TREE FILE
configure_small_kernel() {
	make -C "$1" -s tinyconfig
	"$1/scripts/kconfig/merge_config.sh" -m -O "$1" "$1/.config" "$2" >/dev/null
	make -C "$1" -s olddefconfig
	check_configuration "$1/.config" "$2"
}

# An option that Kconfig does not take is left out in silence. One that is off is a line "is not set", or has none.
check_configuration() { # CONFIGURATION FILE
	local line wrong=0
	while IFS= read -r line; do
		case $line in
		"" | "#"*) continue ;;
		*=n) ! grep -q "^${line%=n}=" "$1" || { echo "cannot be switched off: $line"; wrong=1; } ;;
		*) grep -qxF "$line" "$1" || { echo "cannot be had: $line"; wrong=1; } ;;
		esac
	done <"$2"
	return $wrong
}

# install_module_lists TREE FOLDER: into lib/modules/RELEASE of the folder. There are no modules: by these lists modprobe knows that what a script
# wants is in the kernel.
install_module_lists() {
	local at
	at=$2/lib/modules/$(make -C "$1" -s kernelrelease)
	mkdir -p "$at"
	: >"$at/modules.order"
	cp "$1"/modules.builtin "$1"/modules.builtin.modinfo "$at/"
}
