# How programs and scripts in the guest command the machine they run on: QEMU's monitor (QMP) is behind the virtio port `lab.monitor`.
# One of them at a time can have it. It must not know of tests.
# shellcheck shell=bash

monitor=""          # the port's file descriptor
monitor_command=0   # counts commands: an answer has its command's number
monitor_patience=90 # seconds: it only ends what will never end, and a guest among others on a busy machine takes long for a device to go

open_monitor() {
	local name
	[ -z "$monitor" ] || return 0
	for name in /sys/class/virtio-ports/*/name; do
		[ "$(<"$name")" = lab.monitor ] || continue
		name=${name%/name}
		exec {monitor}<>"/dev/${name##*/}"
		ask_monitor '"qmp_capabilities"' 2>/dev/null || true # an error when an earlier script has said it already
		return
	done
	echo "this machine has no port lab.monitor" >&2
	return 1
}

# ask_monitor COMMAND: a QMP command's name in quotes and what follows it, JSON. False when the answer is an error, which is shown.
ask_monitor() {
	local answer
	monitor_command=$((monitor_command + 1))
	printf '{"id": "%s", "execute": %s}\n' "$$.$monitor_command" "$1" >&"$monitor"
	answer=$(await_monitor "\"id\": \"$$.$monitor_command\"") || return
	[[ $answer == *'"error": {'* || $answer == *'"return": "Error'* ]] || return 0
	echo "the monitor answers to $1: $answer" >&2
	return 1
}

# await_monitor TEXT: reads on until a line from the monitor, an answer or an event, has TEXT in it; prints that line.
await_monitor() {
	local line
	while IFS= read -r -t "$monitor_patience" -u "$monitor" line; do
		[[ $line != *"$1"* ]] || { echo "$line"; return; }
	done
	echo "the monitor does not say $1 within $monitor_patience s" >&2
	return 1
}

# unplug NIC: returns when the device is gone for the guest and for QEMU. NIC: nic0, nic1, ... in the order of --nic.
unplug() {
	open_monitor || return
	ask_monitor "\"device_del\", \"arguments\": {\"id\": \"$1\"}" || return
	await_monitor "\"DEVICE_DELETED\", \"data\": {\"device\": \"$1\"" >/dev/null
}

# plug NIC: the same device at the same place. Returns when the guest's kernel has it.
plug() {
	local id device bdf tries
	while read -r id device; do [ "$id" != "$1" ] || break; done </lab/.plugs
	[ "$id" = "$1" ] || { echo "the machine has had no $1" >&2; return 1; }
	open_monitor && ask_monitor "\"human-monitor-command\", \"arguments\": {\"command-line\": \"device_add $device\"}" || return
	bdf=$(sed -n "$((${1#nic} + 1))s/ .*//p" /lab/.nics)
	for ((tries = 0; tries < monitor_patience * 10; tries++)); do
		[ ! -e "/sys/bus/pci/devices/0000:$bdf/vendor" ] || return 0
		pause
	done
	echo "$1 does not appear at $bdf within $monitor_patience s" >&2
	return 1
}
