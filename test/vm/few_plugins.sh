# What scripts share that start many DPDK programs: the plugin folder has links to hundreds of drivers, which each program would load. For now it
# has those that these need. Sourced after lib.sh.
# It must not know of any one behaviour.
# shellcheck shell=bash

plugin_folder=$(echo "$libraries"/dpdk/pmds-*)

# use_few_plugins DRIVER...: besides the two buses, ours included, and the rings. The script's restore() calls give_back_plugins.
use_few_plugins() {
	local name
	mkdir "$work/plugins"
	for name in bus_pci bus_vdev mempool_ring "$@"; do
		cp -a "$plugin_folder/librte_$name"* "$work/plugins/"
	done
	mount --bind "$work/plugins" "$plugin_folder"
}

give_back_plugins() { ! mountpoint -q "$plugin_folder" || umount "$plugin_folder"; }
