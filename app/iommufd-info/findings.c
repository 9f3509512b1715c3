/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Words for what was found; see findings.h. */

#include "findings.h"

const char *
findings_verdict(const struct outlook *start)
{
	switch (start->verdict) {
	case CHOICE_WOULD_TRY:
		return "would-try";
	case CHOICE_LEFT_TO_STOCK:
		return "left-to-stock";
	case CHOICE_NOT_OF_VFIO:
		return "not-of-vfio";
	case CHOICE_WOULD_FAIL:
		break;
	}
	return "would-fail";
}

const char *
findings_switch(enum kernel_switch value)
{
	switch (value) {
	case KERNEL_SWITCH_ON:
		return "on";
	case KERNEL_SWITCH_OFF:
		return "off";
	case KERNEL_SWITCH_UNKNOWN:
		break;
	}
	return "unknown";
}

const char *
findings_node_state(const struct node_access *node)
{
	switch (node->state) {
	case NODE_ACCESSIBLE:
		return "accessible";
	case NODE_DENIED:
		return "denied";
	case NODE_MISSING:
		break;
	}
	return "missing";
}

const char *
findings_plugin_state(enum plugin_state state)
{
	switch (state) {
	case PLUGIN_LOADS:
		return "loads";
	case PLUGIN_BROKEN:
		return "broken";
	case PLUGIN_UNTRIED:
		return "untried";
	case PLUGIN_MISSING:
		return "missing";
	case PLUGIN_NO_FOLDER:
		break;
	}
	return "no-folder";
}
