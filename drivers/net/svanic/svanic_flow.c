/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Flow rules: frames to one destination address go to one queue. The device has filters
 * for that, of which these rules have some of their own.
 *
 * Must not know: queues, other filters.
 */

#include <errno.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_flow.h>

#include "svanic_device.h"

#define FIRST_FILTER (SVANIC_UNICAST_FILTERS + SVANIC_MULTICAST_FILTERS)

static int
refuse(struct rte_flow_error *error, enum rte_flow_error_type type,
	const void *cause, const char *why)
{
	return rte_flow_error_set(error, ENOTSUP, type, cause, why);
}

static const struct rte_flow_item *
next_item(const struct rte_flow_item *item)
{
	while (item->type == RTE_FLOW_ITEM_TYPE_VOID)
		item++;
	return item;
}

static const struct rte_flow_action *
next_action(const struct rte_flow_action *action)
{
	while (action->type == RTE_FLOW_ACTION_TYPE_VOID)
		action++;
	return action;
}

static int
check_attributes(
	const struct rte_flow_attr *attributes, struct rte_flow_error *error)
{
	if (!attributes->ingress || attributes->egress || attributes->transfer)
		return refuse(error, RTE_FLOW_ERROR_TYPE_ATTR, attributes,
			"only rules for received frames");
	if (attributes->group != 0)
		return refuse(error, RTE_FLOW_ERROR_TYPE_ATTR_GROUP, attributes,
			"only group 0");
	if (attributes->priority != 0)
		return refuse(error, RTE_FLOW_ERROR_TYPE_ATTR_PRIORITY,
			attributes, "only priority 0");
	return 0;
}

/* The whole destination address, and nothing else of the header. */
static bool
is_mask_served(const struct rte_flow_item_eth *mask)
{
	static const struct rte_flow_item_eth whole = {
		.hdr.dst_addr.addr_bytes = { 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff },
	};

	return memcmp(mask, &whole, sizeof(whole)) == 0;
}

static int
read_pattern(const struct rte_flow_item *item, struct rte_flow *flow,
	struct rte_flow_error *error)
{
	const struct rte_flow_item_eth *ether;

	item = next_item(item);
	if (item->type != RTE_FLOW_ITEM_TYPE_ETH || item->spec == NULL ||
		item->last != NULL)
		return refuse(error, RTE_FLOW_ERROR_TYPE_ITEM, item,
			"a pattern is: eth with a destination address");
	if (item->mask == NULL || !is_mask_served(item->mask))
		return refuse(error, RTE_FLOW_ERROR_TYPE_ITEM_MASK, item,
			"the mask has to be the whole destination address, and nothing else");
	ether = item->spec;
	flow->address = ether->hdr.dst_addr;
	item = next_item(item + 1);
	if (item->type != RTE_FLOW_ITEM_TYPE_END)
		return refuse(error, RTE_FLOW_ERROR_TYPE_ITEM, item,
			"nothing but the Ethernet header is looked at");
	return 0;
}

static int
read_actions(const struct rte_eth_dev *dev,
	const struct rte_flow_action *action, struct rte_flow *flow,
	struct rte_flow_error *error)
{
	const struct rte_flow_action_queue *queue;

	action = next_action(action);
	if (action->type != RTE_FLOW_ACTION_TYPE_QUEUE || action->conf == NULL)
		return refuse(error, RTE_FLOW_ERROR_TYPE_ACTION, action,
			"the action is: queue");
	queue = action->conf;
	if (queue->index >= dev->data->nb_rx_queues)
		return rte_flow_error_set(error, EINVAL,
			RTE_FLOW_ERROR_TYPE_ACTION_CONF, action,
			"there is no such receive queue");
	flow->queue = queue->index;
	action = next_action(action + 1);
	if (action->type != RTE_FLOW_ACTION_TYPE_END)
		return refuse(error, RTE_FLOW_ERROR_TYPE_ACTION, action,
			"one action is all that a rule can have");
	return 0;
}

/* The rule in the driver's words; 0 or -errno. */
static int
read_rule(const struct rte_eth_dev *dev, const struct rte_flow_attr *attributes,
	const struct rte_flow_item pattern[],
	const struct rte_flow_action actions[], struct rte_flow *flow,
	struct rte_flow_error *error)
{
	int ret = check_attributes(attributes, error);

	memset(flow, 0, sizeof(*flow));
	flow->is_used = true;
	if (ret == 0)
		ret = read_pattern(pattern, flow, error);
	if (ret == 0)
		ret = read_actions(dev, actions, flow, error);
	return ret;
}

/* A free place; NULL, with the error set, when there is none or the address has a rule. */
static struct rte_flow *
find_place(struct svanic_device *device, const struct rte_flow *rule,
	struct rte_flow_error *error)
{
	struct rte_flow *place = NULL, *flow;

	for (flow = device->flows; flow < device->flows + SVANIC_FLOW_FILTERS;
		flow++) {
		if (!flow->is_used) {
			place = flow;
		} else if (rte_is_same_ether_addr(
				   &flow->address, &rule->address)) {
			rte_flow_error_set(error, EEXIST,
				RTE_FLOW_ERROR_TYPE_ITEM, NULL,
				"there is a rule for this address");
			return NULL;
		}
	}
	if (place == NULL)
		rte_flow_error_set(error, ENOSPC,
			RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL,
			"the device has no filter left for a rule");
	return place;
}

static void
write_flow(const struct svanic_device *device, const struct rte_flow *flow)
{
	unsigned int n = FIRST_FILTER + (unsigned int)(flow - device->flows);

	if (flow->is_used)
		svanic_hardware_steer(
			&device->hardware, n, &flow->address, flow->queue);
	else
		svanic_hardware_set_filter(&device->hardware, n, NULL);
}

/* --- operations --------------------------------------------------------------- */

static int
validate_flow(struct rte_eth_dev *dev, const struct rte_flow_attr *attributes,
	const struct rte_flow_item pattern[],
	const struct rte_flow_action actions[], struct rte_flow_error *error)
{
	struct rte_flow rule;
	int ret = read_rule(dev, attributes, pattern, actions, &rule, error);

	if (ret == 0 && find_place(svanic_device_of(dev), &rule, error) == NULL)
		ret = -rte_errno;
	return ret;
}

static struct rte_flow *
create_flow(struct rte_eth_dev *dev, const struct rte_flow_attr *attributes,
	const struct rte_flow_item pattern[],
	const struct rte_flow_action actions[], struct rte_flow_error *error)
{
	struct svanic_device *device = svanic_device_of(dev);
	struct rte_flow rule, *place;

	if (read_rule(dev, attributes, pattern, actions, &rule, error) != 0)
		return NULL;
	place = find_place(device, &rule, error);
	if (place == NULL)
		return NULL;
	*place = rule;
	write_flow(device, place);
	return place;
}

static int
destroy_flow(struct rte_eth_dev *dev, struct rte_flow *flow,
	struct rte_flow_error *error)
{
	RTE_SET_USED(error);
	flow->is_used = false;
	write_flow(svanic_device_of(dev), flow);
	return 0;
}

static int
flush_flows(struct rte_eth_dev *dev, struct rte_flow_error *error)
{
	struct svanic_device *device = svanic_device_of(dev);
	unsigned int i;

	for (i = 0; i < SVANIC_FLOW_FILTERS; i++)
		destroy_flow(dev, &device->flows[i], error);
	return 0;
}

static const struct rte_flow_ops flow_operations = {
	.validate = validate_flow,
	.create = create_flow,
	.destroy = destroy_flow,
	.flush = flush_flows,
};

int
svanic_flow_operations(
	struct rte_eth_dev *dev, const struct rte_flow_ops **operations)
{
	RTE_SET_USED(dev);
	*operations = &flow_operations;
	return 0;
}

/* After a reset of the device. A queue that is not there any more has no frames. */
void
svanic_flows_restore(struct rte_eth_dev *dev)
{
	const struct svanic_device *device = svanic_device_of(dev);
	unsigned int i;

	for (i = 0; i < SVANIC_FLOW_FILTERS; i++)
		write_flow(device, &device->flows[i]);
}
