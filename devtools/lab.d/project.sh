# Builds the project in a root, incrementally, and installs it into a tree that is laid over the root in the guest.
# It must not know what the project consists of.
# shellcheck shell=bash

meson_options=(--prefix=/usr --libdir=lib/x86_64-linux-gnu --buildtype=debugoptimized -Dwerror=true -Dvm_programs=true -Dsvanic=enabled)

# ensure_project R: the installed tree's path is in $stage then, the build directory's in $build_dir.
ensure_project() {
	local key
	ensure_root "$1"
	setup_options=("${meson_options[@]}")
	# A tree that nobody knows may have other structures for drivers than net_svanic's, and than the unit test that compares them.
	[ "$1" != source ] || setup_options+=(-Dsvanic=auto -Dtests=disabled)
	key=$({ root_id "$root"; echo "$sources" "${setup_options[@]}"; } | key_of)
	build_dir=$cache/build-$1-$key
	stage=$run_dir/stage-$1
	[ ! -d "$stage" ] || return 0 # one build for all that a lab does in one call
	if [ ! -f "$checkout/meson.build" ]; then
		say "the checkout has no meson.build yet: nothing of the project is installed in the guest"
		mkdir -p "$stage"
		return
	fi
	open_root "$root" "$sources/tree"
	with_lock "build-$1-$key" build_project "$1"
}

build_project() {
	local release=$1 started=$SECONDS
	[ ! -d "$stage" ] || return 0 # another process of this lab has done it
	remove_stale_builds "$release"
	mkdir -p "$build_dir"
	echo "$sources" >"$build_dir/source"
	with_progress "building the project for ${release/#[0-9]/DPDK &}" "$cache/logs/build-$release.log" run_meson "$(inside "$build_dir")/meson"
	grep -E 'warning:' "$cache/logs/build-$release.log" >&2 || true
	cp -a "$build_dir/stage" "$stage.tmp"
	mv "$stage.tmp" "$stage"
	say "project built for ${release/#[0-9]/DPDK &} ($((SECONDS - started)) s)"
}

run_meson() {
	local at=$1
	if [ ! -f "$build_dir/meson/build.ninja" ]; then
		rm -rf "$build_dir/meson"
		in_build_root "$root" meson setup "${setup_options[@]}" "$at" /src
	fi
	in_build_root "$root" ninja -C "$at"
	! cmp -s "$sources/list" "$build_dir/installed" || return 0
	rm -rf "$build_dir/stage" "$build_dir/installed"
	mkdir "$build_dir/stage"
	in_build_root "$root" env DESTDIR="$(dirname "$at")/stage" meson install -C "$at" --no-rebuild --quiet
	cp "$sources/list" "$build_dir/installed"
}

# Builds of copies of the checkout that are gone, and of this one in a root that is gone or with other options.
remove_stale_builds() {
	local dir source
	for dir in "$cache/build-$1"-????????????????/; do
		dir=${dir%/}
		if [ ! -d "$dir" ] || [ "$dir" = "$build_dir" ]; then continue; fi
		source=$(cat "$dir/source" 2>/dev/null || true)
		if [ -d "$source" ] && [ "$source" != "$sources" ]; then continue; fi
		# Not one that is being built at this moment and does not say yet of what.
		( flock --nonblock 9 && remove_tree "$dir" ) 9>>"$cache/locks/${dir##*/}.build" || true
	done
}
