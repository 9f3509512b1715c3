#!/bin/bash
# Four threads map and unmap: after each call the page tables of mock devices have what they should, and nothing stays pinned. In the suite
# for a while; with CHURN_CALLS=1000000 in the environment of the guest as often as that.
# machine: --kernel mock
# deadline: 1800
. "$(dirname "$0")/lib.sh"

run mock_churn backend=iommufd,threads=1 "${CHURN_CALLS:-20000}"
