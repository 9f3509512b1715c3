# The README's commands of the lab as a test: in their order, each in a lab of its own, which is what a new user starts.
# It must not know what the README says.
# shellcheck shell=bash

readme_test=readme-lab
readme_seconds=400 # about

queue_readme() { add_item "$readme_seconds" readme; }

run_readme_tests() { # WORKER
	doing "$1" "the README's commands of the lab"
	run_as_test readme "$readme_test" "last line" run_lab_commands
}

# Those labs must not take this one's run directory for theirs.
run_lab_commands() {
	env -u LAB_INSIDE -u LAB_RUN_DIR DPDK_IOMMUFD_TCG_THREADS="$tcg_threads" "$checkout/test/readme/run-lab" 2>&1
}

report_left_readme() { report_without_result readme "$readme_test"; }
