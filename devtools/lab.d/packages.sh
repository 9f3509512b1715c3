# Builds the project's Debian packages in a root. In a guest that wants packages they lie in /packages, and nothing of the project is
# installed beside them.
# It must not know what the packages are.
# shellcheck shell=bash

# ensure_packages R: a folder to be laid over the root, with packages/*.deb, is in $stage then. What is built is kept as long as no
# file that goes into it changes.
ensure_packages() {
	local key
	ensure_root "$1"
	key=$({ root_id "$root"; package_files | (cd "$checkout" && xargs -0 sha256sum); } | key_of)
	ensure_thing "packages-$1" "$key" build_packages "$1"
	stage=$run_dir/stage-$1-packages
	[ -d "$stage" ] || { mkdir "$stage.$BASHPID" && cp -a "$thing" "$stage.$BASHPID/packages" && mv -T "$stage.$BASHPID" "$stage"; }
}

package_files() {
	(cd "$checkout" && find . -type f -not -path './.*' -not -path './build*/*' -not -path './devtools/*' -not -path './test/vm/*.sh' -print0 | sort -z)
}

build_packages() { # RELEASE DIRECTORY
	local dir=$2
	mkdir -p "$dir/build/source"
	package_files | tar -C "$checkout" --null -T - -cf - | tar -C "$dir/build/source" -xf -
	open_root "$root"
	with_progress "building the Debian packages for DPDK $1" "$cache/logs/packages-$1.log" make_packages "$(inside "$dir")/build/source"
	mv "$dir"/build/*.deb "$dir/"
	rm -r "$dir/build"
}

# By the commands of the README.
make_packages() { in_root "$root" /src/test/readme/test-root "$1"; } # SOURCE
