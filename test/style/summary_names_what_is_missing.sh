#!/bin/sh
# The summary of meson setup says of each part whether it is built, and why it is not.
# summary_names_what_is_missing.sh MESON SOURCE
set -eu
meson=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "$*" >&2
	cat "$work/log" >&2
	exit 1
}

# A machine without libjansson and cmocka.
real=$(command -v pkg-config)
cat >"$work/pkg-config" <<END
#!/bin/sh
case " \$* " in *" jansson "* | *" cmocka "*) exit 1 ;; esac
exec "$real" "\$@"
END
chmod +x "$work/pkg-config"
cat >"$work/native.ini" <<END
[binaries]
pkg-config = '$work/pkg-config'
pkgconfig = '$work/pkg-config'
cmake = '$work/none'
END
"$meson" setup "$work/build" "$source" --prefix=/usr --native-file "$work/native.ini" >"$work/log" 2>&1 || fail "meson setup failed"

expect() { # NAME TEXT
	grep -qE "^ +$1 *: $2" "$work/log" || fail "the summary does not say of $1: $2"
}

expect librte_eal_iommufd YES
expect librte_bus_pci_iommufd 'YES, for DPDK [0-9]+'
expect 'link in the plugin folder' '(/.*/pmds-|NO: this DPDK)'
expect dpdk-iommufd-perf 'NO: missing libjansson'
expect librte_net_svanic 'NO: only with -Dsvanic=enabled'
expect 'unit tests' 'NO: missing cmocka'
expect 'programs of the VM tests' 'NO: only with -Dvm_programs=true'
