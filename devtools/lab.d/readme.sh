# The README's commands of the lab as a test: in their order, each in a lab of its own, which is what a new user starts.
# It must not know what the README says.
# shellcheck shell=bash

readme_test=readme-lab
readme_seconds=400 # about

queue_readme_tests() { ! is_wanted "$readme_test" -- "$@" || add_item "$readme_seconds" readme; } # NAME...

run_readme_item() { # WORKER
	doing "$1" "the README's commands of the lab"
	run_as_test readme "$readme_test" "last line" run_lab_commands
}

# Those labs must not take this one's run directory for theirs.
run_lab_commands() {
	env -u LAB_INSIDE -u LAB_RUN_DIR DPDK_IOMMUFD_TCG_THREADS="$tcg_threads" "$checkout/test/readme/run-lab" 2>&1
}

end_readme_item() { report_without_result readme "$readme_test"; }
