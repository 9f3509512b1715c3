# Another revision of the project beside the checkout: its build, and the comparison of what the two have measured in turns.
# It must not know what is measured, nor how a guest is booted.
# shellcheck shell=bash

other_stage=  # the other revision's installed tree, where there is one
other_commit=
# Without what dpdk-iommufd-perf does not use: most of a build is tests.
other_options=("${meson_options[@]/-Dvm_programs=true/-Dvm_programs=false}" -Dtests=disabled)

check_against() { # REVISION, or nothing; TURNS TOLERANCE
	[ "$1" ] || return 0
	contains_number "$2" && [ "$2" -gt 0 ] || die "--turns wants a number above 0, not '$2'"
	contains_number "$3" || die "--tolerance wants a percentage, not '$3'"
	command -v git >/dev/null || die "--against takes the revision from git, which is not here: apt install git"
	other_commit=$(git_here rev-parse --verify --quiet "$1^{commit}") || die "no revision '$1' in this checkout"
}

# The checkout may belong to another user: it is only read.
git_here() { git -c safe.directory="$checkout" -C "$checkout" "$@"; }

# Of the checkout, where it is one: a plus sign says that it has changes besides.
commit_here() {
	local commit
	commit=$(git_here rev-parse --short=12 HEAD 2>/dev/null) || { echo unknown; return; }
	[ -z "$(git_here status --porcelain --untracked-files=no 2>/dev/null)" ] || commit+=+
	echo "$commit"
}

# ensure_other_build R: the path of the other revision's installed tree is in $other_stage then. It is built once.
ensure_other_build() {
	local key
	ensure_root "$1"
	key=$({ root_id "$root"; echo "$other_commit ${other_options[*]}"; } | key_of)
	ensure_thing "against-$1" "$key" make_other_build "$1"
	other_stage=$thing/stage
}

make_other_build() { # R DIRECTORY
	mkdir "$2/source"
	git_here archive "$other_commit" | tar -x -C "$2/source"
	with_progress "building ${other_commit:0:12} for DPDK $1" "$cache/logs/against-$1.log" run_other_meson "$2"
	rm -rf "$2/source" "$2/meson"
}

run_other_meson() {
	local at options=() option
	at=$(inside "$1")
	# A revision of before an option does what the option asks for, or has nothing of it.
	for option in "${other_options[@]}"; do
		[[ $option != -D* || $option = -Dwerror=* ]] || grep -qs "^option('$(option_name "$option")'" "$1/source/meson_options.txt" || continue
		options+=("$option")
	done
	in_root "$root" meson setup "${options[@]}" "$at/meson" "$at/source"
	in_root "$root" ninja -C "$at/meson"
	mkdir "$1/stage"
	in_root "$root" env DESTDIR="$at/stage" meson install -C "$at/meson" --no-rebuild --quiet
}

option_name() { # -DNAME=VALUE
	local name=${1#-D}
	echo "${name%%=*}"
}

against_command() { # TURNS TOLERANCE SUITE|OPTION...
	local turns=$1 tolerance=$2
	shift 2
	[ $# -gt 0 ] || set -- all
	printf '%q ' /src/devtools/guest/run-against "$turns" "$tolerance" "$@"
}

# The turns' files are in the share. What was measured is kept whatever the verdict is.
judge_turns() { # REVISION TOLERANCE FILE, or nothing
	local kept=${3:-$cache/results/against.json} status=0 facts fact words=()
	mkdir -p "$cache/results"
	mapfile -t facts < <(perf_facts)
	for fact in "${facts[@]}" "against=$other_commit"; do words+=(--fact "$fact"); done
	in_root "$tool_root" python3 /src/devtools/lab.d/against.py --old "$1" --tolerance "$2" --json "$guest_at/share/against.json" \
		"${words[@]}" "$guest_at/share" || status=$?
	[ ! -s "$share/against.json" ] || { cp "$share/against.json" "$kept"; say "figures: $kept"; }
	return "$status"
}
