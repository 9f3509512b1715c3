# Which of the distribution's drivers a DPDK program finds in the guest. EAL loads every file of its plugin folder at each start, and Debian has
# 150 there: under TCG that is most of a start's time. So a script sees the few that the lab's NICs need, as where only their packages are
# installed, or all of them where its header says `# drivers: all`. That is also for a script in which the distribution's dpdk-proc-info reads
# a small program: a secondary process may have no library with lists of its own that the primary has not, and with all drivers come all.
# It must not know what the scripts do.
# shellcheck shell=bash

needed_drivers=(bus_pci bus_pci_iommufd bus_vdev mempool_ring mempool_stack net_e1000 net_null net_pcap net_ring net_svanic net_virtio)
# Folders that are made once in a boot. Not in /run, which a container or a service manager has of its own.
all_drivers=/usr/lib/lab-drivers/all few_drivers=/usr/lib/lab-drivers/few

shown_drivers=all

# show_drivers few|all: from now on. There is one plugin folder in each root; where there is another number, nothing is hidden.
show_drivers() {
	local folder
	[ "$1" != "$shown_drivers" ] || return 0
	folder=$(echo /usr/lib/*/dpdk/pmds-*)
	[ -d "$folder" ] || return 0
	if [ "$1" = all ]; then
		umount "$folder" || return
	else
		[ -d "$few_drivers" ] || collect_few_drivers "$folder"
		mount --bind "$few_drivers" "$folder" || return
	fi
	shown_drivers=$1
}

# By the name with the first number of the version alone the dynamic linker finds what a program is linked with, and EAL no driver.
collect_few_drivers() { # FOLDER
	local path name links=()
	mkdir -p "$all_drivers" "$few_drivers.new"
	mount --bind "$1" "$all_drivers"
	for path in "$all_drivers"/*; do
		name=${path##*/librte_}
		if [[ $name =~ \.so\.[0-9]+$ || " ${needed_drivers[*]} " == *" ${name%%.so*} "* ]]; then links+=("$path"); fi
	done
	ln -s "${links[@]}" "$few_drivers.new/"
	mv "$few_drivers.new" "$few_drivers"
}
