/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef INFO_TEXTS_H
#define INFO_TEXTS_H

/*
 * A list of sentences or commands. What does not fit into memory ends the program: it has
 * nothing to put in order.
 *
 * Must not know: what the texts say.
 */

struct texts {
	char **items;
	unsigned int count;
};

void texts_add(struct texts *texts, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void texts_clear(struct texts *texts);

#endif /* INFO_TEXTS_H */
