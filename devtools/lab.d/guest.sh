# Boots a guest that runs one command. What the command prints comes out on this lab's stdout, its files in $share, its exit status is
# returned; the kernel's messages are in $console.
# It must not know what the command does.
# shellcheck shell=bash

share=$run_dir/share
console=$run_dir/console.log
guest_died=125 # the exit status when there is none from the guest: no other meaning inside the lab

# prepare_guest: everything that the machine in ${machine[@]} needs, built or in the cache.
prepare_guest() {
	ensure_tool_root
	ensure_modules "${machine[kernel]}"
	ensure_initramfs
	ensure_project "${machine[dpdk]}"
}

# run_guest COMMAND: a line for the guest's bash. Its input is empty; run_guest_on_terminal has the lab's own.
run_guest() {
	local input
	write_share "$1" plain
	[ -p "$run_dir/no-input" ] || mkfifo "$run_dir/no-input"
	exec {input}<>"$run_dir/no-input"
	boot_guest <&"$input"
}

run_guest_on_terminal() {
	write_share "$1" terminal
	boot_guest
}

write_share() {
	mkdir -p "$share"
	rm -f "$share/.status" "$console"
	: >"$console"
	printf '%s\n' "$1" >"$share/.command"
	{
		printf 'output=%s\nterm=%q\n' "$2" "${TERM:-dumb}"
		[ "$2" = plain ] || stty size | awk '{ print "rows=" $1; print "columns=" $2 }'
	} >"$share/.settings"
	printf '%s\n' "${nic_table[@]}" | sed '/^$/d' >"$share/.nics"
	printf '%s\n' "${plug_table[@]}" | sed '/^$/d' >"$share/.plugs"
}

boot_guest() {
	local status=0 limit=${DPDK_IOMMUFD_BOOT_LIMIT:-900}
	open_root "$tool_root"
	run_qemu "$limit" || status=$?
	cp "$console" "$cache/logs/console.log"
	if [ -f "$share/.status" ]; then return "$(cat "$share/.status")"; fi
	explain_death "$status" "$limit"
	return "$guest_died"
}

explain_death() {
	if [ "$1" = 124 ] || [ "$1" = 137 ]; then
		say "the guest did not end within $2 s and was given up; the end of its console:"
	else
		say "the guest died (QEMU's exit status: $1); the end of its console:"
	fi
	tail -n 40 "$console" | tr -d '\r' >&2
	[ ! -s "$run_dir/qemu.log" ] || { say "QEMU said:"; tail -n 20 "$run_dir/qemu.log" >&2; }
}

run_qemu() {
	local limit=$1 at=/run/lab
	local -a arguments exports objects preload=()
	mapfile -t arguments < <(machine_arguments)
	rm -f "$run_dir/monitor"
	mapfile -t exports < <(
		export_folder root "$(inside "$root")"
		export_folder modules "$(inside "$modules")/lib/modules"
		export_folder stage "$at/$(basename "$stage")"
		export_folder src /src
	)
	mapfile -t objects < <(preloaded_objects "$at")
	[ ${#objects[@]} = 0 ] || preload=(env LD_PRELOAD="${objects[*]}")
	in_root "$tool_root" timeout --foreground --kill-after=5 "$limit" "${preload[@]}" qemu-system-x86_64 \
		-nodefaults -no-user-config -display none -no-reboot "${arguments[@]}" \
		-kernel "$(inside "$boot_files")/vmlinuz" -initrd "$(inside "$boot_files")/initramfs" -append "$(kernel_parameters)" \
		-chardev "file,id=console,path=$at/console.log" -serial chardev:console \
		-device virtio-serial-pci -chardev stdio,id=output,signal=off -device virtconsole,chardev=output \
		-chardev "socket,id=monitor,path=$at/monitor,server=on,wait=off" -mon chardev=monitor,mode=control \
		-chardev "socket,id=commands,path=$at/monitor" -device virtserialport,chardev=commands,name=lab.monitor \
		"${exports[@]}" -fsdev "local,id=share,path=$at/share,security_model=none" -device virtio-9p-pci,fsdev=share,mount_tag=share \
		2>"$run_dir/qemu.log"
}

# What is preloaded into QEMU, and into nothing else: the model of svanic where there is one, and what the machine says.
preloaded_objects() { # WHERE THE RUN DIRECTORY IS
	! has_nic_type svanic || echo "$1/$(basename "$stage")/usr/libexec/dpdk-iommufd-test/svanic.so"
	[ -z "${machine[qemu-preload]}" ] || echo "${machine[qemu-preload]}"
}

export_folder() { # TAG FOLDER
	printf '%s\n' -fsdev "local,id=$1,path=$2,security_model=passthrough,readonly=on,multidevs=remap" \
		-device "virtio-9p-pci,fsdev=$1,mount_tag=$1"
}
