#!/bin/bash
# The model of svanic tells when its link goes and comes.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/svanic.sh"
. /src/devtools/guest/monitor.sh

log=$work/link.log
open_monitor
prepare_svanic 01:00.0 02:00.0
start_program "$log" "$checks_of_svanic" 0000:01:00.0 "$peer" link
wait_for_line "$log" 'the link may go'
ask_monitor '"set_link", "arguments": {"name": "net0", "up": false}'
wait_for_line "$log" 'the link may come'
ask_monitor '"set_link", "arguments": {"name": "net0", "up": true}'
wait_for_end "$log" 60 || fail "the link is not told right"
show_log "$log"
