/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Contexts: their settings, their beginning and end. Which backend a context has is
 * decided in choice.c.
 *
 * Must not know: how a backend is chosen and does its work, EAL memory, the bus plugin.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"
#include "core/inventory.h"
#include "kernel/kernel.h"
#include "util/log.h"

static struct {
	pthread_mutex_t lock;
	struct rte_iommufd_context *context;
	char *settings; /* by rte_iommufd_configure(), else NULL */
} process = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int
context_read_settings(const char *text, struct settings *settings)
{
	char problem[256];
	int ret = settings_parse(text, settings, problem, sizeof(problem));

	if (ret != 0)
		IOMMUFD_LOG(ERR, SETTINGS_VARIABLE ": %s", problem);
	return ret;
}

static int
context_create(const struct settings *settings, bool is_default,
	struct rte_iommufd_context **context)
{
	struct rte_iommufd_context *made = calloc(1, sizeof(*made));

	if (made == NULL) {
		IOMMUFD_LOG(ERR, "no memory for a context");
		return -ENOMEM;
	}
	pthread_mutex_init(&made->lock, NULL);
	made->settings = *settings;
	made->iommu_fd = -1;
	TAILQ_INIT(&made->devices);
	TAILQ_INIT(&made->groups);
	inventory_add_context(made, is_default);
	*context = made;
	return 0;
}

/*
 * process.lock is held. A program with more rights than its user (AT_SECURE) takes no
 * settings from that user's environment.
 */
static const char *
process_settings(void)
{
	return process.settings != NULL ? process.settings
					: secure_getenv(SETTINGS_VARIABLE);
}

static int
context_configure_locked(const char *text)
{
	struct settings settings;
	char *copy;
	int ret;

	ret = context_read_settings(text, &settings);
	if (ret != 0)
		return ret;
	if (process.context != NULL && process.context->backend != NULL) {
		IOMMUFD_LOG(ERR,
			"settings come too late, backend %s is in use: call rte_iommufd_configure() before rte_eal_init()",
			process.context->backend->name);
		return -EBUSY;
	}
	copy = strdup(text == NULL ? "" : text);
	if (copy == NULL) {
		IOMMUFD_LOG(ERR, "no memory for settings");
		return -ENOMEM;
	}
	free(process.settings);
	process.settings = copy;
	if (process.context != NULL)
		process.context->settings = settings;
	return 0;
}

int
rte_iommufd_configure(const char *settings)
{
	int ret;

	pthread_mutex_lock(&process.lock);
	ret = context_configure_locked(settings);
	pthread_mutex_unlock(&process.lock);
	return ret;
}

int
rte_iommufd_context_default(struct rte_iommufd_context **context)
{
	struct settings settings;
	int ret = 0;

	pthread_mutex_lock(&process.lock);
	if (process.context == NULL) {
		ret = context_read_settings(process_settings(), &settings);
		if (ret == 0)
			ret = context_create(&settings, true, &process.context);
	}
	*context = process.context;
	pthread_mutex_unlock(&process.lock);
	return ret;
}

/* The process's settings; what its context has chosen already is chosen here. */
static int
read_process_settings(struct settings *settings)
{
	const struct backend *chosen = NULL;
	int ret = context_read_settings(process_settings(), settings);

	if (process.context != NULL)
		chosen = process.context->backend;
	if (ret != 0 || chosen == NULL)
		return ret;
	if (chosen == &backend_stock)
		settings->backend = SETTINGS_BACKEND_STOCK;
	else if (chosen == &backend_iommufd)
		settings->backend = SETTINGS_BACKEND_IOMMUFD;
	else if (chosen->unsafe)
		settings->backend = SETTINGS_BACKEND_AUTO;
	else
		settings->backend = SETTINGS_BACKEND_TYPE1;
	return 0;
}

int
rte_iommufd_context_create(
	const char *settings, struct rte_iommufd_context **context)
{
	struct settings parsed;
	int ret;

	pthread_mutex_lock(&process.lock);
	ret = settings == NULL ? read_process_settings(&parsed)
			       : context_read_settings(settings, &parsed);
	pthread_mutex_unlock(&process.lock);
	return ret != 0 ? ret : context_create(&parsed, false, context);
}

int
rte_iommufd_context_destroy(struct rte_iommufd_context *context)
{
	if (context == NULL)
		return 0;
	if (context->spaces != 0 || !TAILQ_EMPTY(&context->devices)) {
		IOMMUFD_LOG(ERR,
			"a context cannot end with devices or spaces in it");
		return -EBUSY;
	}
	inventory_remove_context(context);
	if (context->iommu_fd >= 0)
		kernel_close(context->iommu_fd);
	pthread_mutex_destroy(&context->lock);
	free(context);
	return 0;
}

const char *
rte_iommufd_context_backend(const struct rte_iommufd_context *context)
{
	if (context->backend != NULL)
		return context->backend->name;
	if (context->settings.backend == SETTINGS_BACKEND_STOCK)
		return backend_stock.name;
	return "none";
}

bool
rte_iommufd_context_is_per_device(const struct rte_iommufd_context *context)
{
	return context->settings.ioas == SETTINGS_IOAS_PER_DEVICE;
}

const char *
rte_iommufd_context_reason(const struct rte_iommufd_context *context)
{
	return context->reason.text;
}
