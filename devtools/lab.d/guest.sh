# Boots a guest that runs one command. What the command prints comes out on this lab's stdout, its files in $share, its exit status is
# returned; the kernel's messages are in $console.
# It must not know what the command does.
# shellcheck shell=bash

guest_died=125 # the exit status when there is none from the guest: no other meaning inside the lab

# use_guest NAME: this process's guest has its files in a folder of this name. Guests that run at the same time have different ones.
use_guest() {
	guest_dir=$run_dir/$1
	guest_at=/run/lab/$1 # the same, for QEMU
	share=$guest_dir/share
	console=$guest_dir/console.log
	mkdir -p "$share"
}
use_guest guest

# prepare_guest: everything that the machine in ${machine[@]} needs, built or in the cache. The release's own root first: when nothing
# is there yet, another process of this lab makes the tool root meanwhile.
prepare_guest() {
	if [ "${machine[arch]}" = arm64 ]; then
		ensure_arm64_guest
		kernel_file=$boot_files/vmlinuz
		return
	fi
	ensure_root "${machine[dpdk]}"
	ensure_tool_root
	qemu_root=$tool_root
	! has_nic_type svanic || check_qemu_release
	ensure_kernel "${machine[kernel]}"
	ensure_unpacked_kernel
	case ${machine[install]} in
	packages) ensure_packages "${machine[dpdk]}" ;;
	*) ensure_project "${machine[dpdk]}" ;;
	esac
}

# ensure_unpacked_kernel: the file that QEMU boots is in $kernel_file then. To unpack the kernel in each guest is a second of its boot under TCG.
ensure_unpacked_kernel() {
	ensure_thing "unpacked-$(basename "${boot_files%-*}")" "$({ basename "$boot_files"; cat "$lab_dir/lab.d/vmlinux.py"; } | key_of)" unpack_kernel
	kernel_file=$thing/vmlinux
	[ -f "$kernel_file" ] || kernel_file=$boot_files/vmlinuz
}

# One that cannot be unpacked, or cannot be booted so, is booted as it is.
unpack_kernel() { # DIRECTORY
	open_root "$tool_root"
	in_root "$tool_root" python3 /src/devtools/lab.d/vmlinux.py "$(inside "$boot_files")/vmlinuz" "$(inside "$1")/vmlinux" ||
		say "the guest unpacks its kernel itself, which takes a second of each boot"
}

# The model of svanic uses QEMU's functions and layouts without its headers, so it is for one release of QEMU.
check_qemu_release() {
	local wanted installed
	wanted=$(qemu_release_of_model)
	installed=$(package_versions "$tool_root" qemu-system-x86)
	installed=${installed#* }
	[[ $installed == *:$wanted.* ]] ||
		die "the model of svanic is made for QEMU $wanted, and the tool root has ${installed:-none}: adapt test/svanic/qemu_abi.h to it, or do without svanic"
}

qemu_release_of_model() { awk '$2 == "QEMU_MAJOR" { major = $3 } $2 == "QEMU_MINOR" { print major "." $3 }' "$checkout/test/svanic/qemu_abi.h"; }

# run_guest COMMAND: a line for the guest's bash. Its input is empty; run_guest_on_terminal has the lab's own.
run_guest() {
	local input
	write_share "$1" plain
	[ -p "$guest_dir/no-input" ] || mkfifo "$guest_dir/no-input"
	exec {input}<>"$guest_dir/no-input"
	boot_guest <&"$input"
}

run_guest_on_terminal() {
	write_share "$1" terminal
	boot_guest
}

write_share() {
	rm -f "$share/.status" "$share/.booted" "$console"
	: >"$console"
	printf '%s\n' "$1" >"$share/.command"
	{
		printf 'output=%s\nterm=%q\n' "$2" "${TERM:-dumb}"
		[ "$2" = plain ] || stty size | awk '{ print "rows=" $1; print "columns=" $2 }'
	} >"$share/.settings"
	printf '%s\n' "${nic_table[@]}" | sed '/^$/d' >"$share/.nics"
	printf '%s\n' "${plug_table[@]}" | sed '/^$/d' >"$share/.plugs"
}

# A guest under TCG can panic while it boots, or wait for ever for its second processor, when the machine is busy. One that had not come as
# far as its first program is booted once more; one whose command had begun is not.
boot_guest() {
	local status=0 limit=${DPDK_IOMMUFD_BOOT_LIMIT:-900}
	open_root "$qemu_root"
	run_watched "$limit" || status=$?
	if has_died_at_boot; then
		explain_death "$status" "$limit"
		say "the guest had not started its first program; booting it once more"
		status=0
		run_watched "$limit" || status=$?
	fi
	cp "$console" "$cache/logs/console.log.$BASHPID" && mv "$cache/logs/console.log.$BASHPID" "$cache/logs/console.log"
	if [ -f "$share/.status" ]; then return "$(cat "$share/.status")"; fi
	explain_death "$status" "$limit"
	return "$guest_died"
}

# The seconds of processor time that the guest that runs has taken; nothing where it has just ended. Its process has its number in the lab's
# namespace, and the host's /proc is another one's: that of the root is the lab's.
guest_processor_time() {
	local pid processes
	processes=$(root_with_sources "$checkout" "$qemu_root")/proc
	read -r pid <"$guest_dir/qemu.pid" || return 0
	awk -v ticks="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); printf "%.1f\n", ($12 + $13) / ticks }' "$processes/$pid/stat" # proc_pid_stat(5)
} 2>/dev/null

has_died_at_boot() { [ ! -f "$share/.booted" ] && [ ! -f "$share/.status" ]; }

# run_watched LIMIT: run_qemu, which is ended where the guest's first program has not begun after $boot_patience seconds.
boot_patience=240 # a boot takes 5 to 10 on a quiet machine, a minute on a busy one
run_watched() {
	local status=0 watcher
	rm -f "$guest_dir/hung" "$guest_dir/qemu.pid"
	end_hung_boot >/dev/null 2>&1 & # nor may its `sleep` keep what reads this lab's output
	watcher=$!
	run_qemu "$1" || status=$?
	kill "$watcher" 2>/dev/null || true
	wait "$watcher" 2>/dev/null || true
	return "$status"
}

end_hung_boot() {
	local until=$((SECONDS + boot_patience))
	while [ "$SECONDS" -lt "$until" ]; do
		[ ! -f "$share/.booted" ] || return 0
		sleep 1
	done
	: >"$guest_dir/hung"
	kill -KILL "$(<"$guest_dir/qemu.pid")"
}

was_given_up() { [ "$1" = 124 ] || [ "$1" = 137 ]; } # QEMU'S-STATUS: timeout's

explain_death() {
	if [ -f "$guest_dir/hung" ]; then
		say "the guest did not come as far as its first program within $boot_patience s and was given up; the end of its console:"
	elif was_given_up "$1"; then
		say "the guest did not end within $2 s and was given up; the end of its console:"
	else
		say "the guest died (QEMU's exit status: $1); the end of its console:"
	fi
	tail -n 40 "$console" | tr -d '\r' >&2
	[ ! -s "$guest_dir/qemu.log" ] || { say "QEMU said:"; tail -n 20 "$guest_dir/qemu.log" >&2; }
}

run_qemu() {
	local limit=$1 at=$guest_at
	local -a arguments exports objects preload=()
	local initramfs
	mapfile -t arguments < <(machine_arguments)
	rm -f "$guest_dir/monitor"
	mapfile -t exports < <(
		export_folder root "$(inside "$root")"
		export_folder modules "$(inside "$modules")/lib/modules"
		export_folder stage "/run/lab/$(basename "$stage")"
		export_folder src /src
		[ "${machine[arch]}" != arm64 ] || export_folder build "$(inside "$build_dir")/meson" # its unit tests run in the guest
		[ -z "$other_stage" ] || export_folder against "$(inside "$other_stage")"
	)
	choose_initramfs
	mapfile -t objects < <(preloaded_objects)
	[ ${#objects[@]} = 0 ] || preload=(env LD_PRELOAD="${objects[*]}")
	in_root "$qemu_root" timeout --foreground --kill-after=5 "$limit" \
		python3 /src/devtools/lab.d/wires.py "$first_wire" "${#pair_wire[@]}" "${preload[@]}" "$(qemu_program)" \
		-nodefaults -no-user-config -display none -no-reboot -pidfile "$at/qemu.pid" "${arguments[@]}" \
		-kernel "$(inside "$kernel_file")" -initrd "$initramfs" -append "$(kernel_parameters)" \
		-chardev "file,id=console,path=$at/console.log" -serial chardev:console \
		-device virtio-serial-pci -chardev stdio,id=output,signal=off -device virtconsole,chardev=output \
		-chardev "socket,id=monitor,path=$at/monitor,server=on,wait=off" -mon chardev=monitor,mode=control \
		-chardev "socket,id=commands,path=$at/monitor" -device virtserialport,chardev=commands,name=lab.monitor \
		"${exports[@]}" -fsdev "local,id=share,path=$at/share,security_model=none" -device virtio-9p-pci,fsdev=share,mount_tag=share \
		2>"$guest_dir/qemu.log"
}

# Sets $initramfs. What replaces a table of the firmware stands before the rest, in an archive of its own.
choose_initramfs() {
	initramfs=$(inside "$boot_files")/initramfs
	[ "${machine[reserve]}" ] || return 0
	in_root "$tool_root" python3 /src/devtools/lab.d/dmar.py "${machine[reserve]}" "$guest_at/tables"
	cat "$guest_dir/tables" "$boot_files/initramfs" >"$guest_dir/initramfs"
	initramfs=$guest_at/initramfs
}

# What is preloaded into QEMU, and into nothing else: the model of svanic where there is one, and what the machine says.
preloaded_objects() {
	! has_nic_type svanic || echo "/run/lab/$(basename "$stage")/usr/libexec/dpdk-iommufd-test/svanic.so"
	[ -z "${machine[qemu-preload]}" ] || echo "${machine[qemu-preload]}"
}

export_folder() { # TAG FOLDER
	printf '%s\n' -fsdev "local,id=$1,path=$2,security_model=passthrough,readonly=on,multidevs=remap" \
		-device "virtio-9p-pci,fsdev=$1,mount_tag=$1"
}
