/* SPDX-License-Identifier: GPL-2.0-only */
/* What the exporter's page asks for, as JSON: its members are told in ipcstat-exporter(8). */
#ifndef IPCSTAT_DASHBOARD_H
#define IPCSTAT_DASHBOARD_H

#include <stdbool.h>
#include <stddef.h>

#define DASHBOARD_MAX_EDGES 300

/* The page, and the Content-Security-Policy that lets it do what it does and no more. */
extern const char dashboard_page[], dashboard_policy[];

enum dashboard {
	DASHBOARD_REPORT, /* all counters and histograms */
	DASHBOARD_FLOWS,  /* who talks to whom, as far as we may see it */
};

/*
 * Reads the module, and makes a document of it. *text is to be freed. Without the module that is
 * one that says so. flows: whether the other document is to be had, as the report tells the page.
 * Returns 0; or a negative errno, and *text is the sentence that says why.
 */
int dashboard_get(enum dashboard which, bool flows, char **text, size_t *len);

#endif
