// SPDX-License-Identifier: GPL-2.0-only
/* What is known of the machine, and whether it is one. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "private.h"

const char *const bench_machine_names[] = {
	[MACHINE_REAL] = "real",
	[MACHINE_VIRTUAL] = "virtual",
	[MACHINE_EMULATED] = "emulated",
	[MACHINE_UNKNOWN] = "unknown",
};

#ifdef __x86_64__
#define HYPERVISOR_BIT (1U << 31) /* of ecx, leaf 1 */
#define HYPERVISOR_LEAF 0x40000000

/* QEMU can hide that it emulates a processor, but hardly ever hides itself. */
static bool firmware_of_qemu(void)
{
	FILE *file = fopen("/sys/class/dmi/id/sys_vendor", "re");
	char vendor[16] = "";
	bool is;

	if (!file)
		return false;
	is = fgets(vendor, sizeof(vendor), file) && !strncmp(vendor, "QEMU", 4);
	fclose(file);
	return is;
}

static enum bench_machine look(struct bench_host *host)
{
	unsigned int eax, ebx, ecx, edx;

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx))
		return MACHINE_UNKNOWN;
	if (!(ecx & HYPERVISOR_BIT))
		return firmware_of_qemu() ? MACHINE_UNKNOWN : MACHINE_REAL;
	__cpuid(HYPERVISOR_LEAF, eax, ebx, ecx, edx);
	memcpy(host->hypervisor, &ebx, sizeof(ebx));
	memcpy(host->hypervisor + 4, &ecx, sizeof(ecx));
	memcpy(host->hypervisor + 8, &edx, sizeof(edx));
	for (char *c = host->hypervisor; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	if (!strcmp(host->hypervisor, "TCGTCGTCGTCG"))
		return MACHINE_EMULATED;
	return *host->hypervisor ? MACHINE_VIRTUAL : MACHINE_UNKNOWN;
}
#else
static enum bench_machine look(struct bench_host *host)
{
	(void)host;
	return MACHINE_UNKNOWN;
}
#endif

void bench_host(struct bench_host *host)
{
	struct utsname name;

	memset(host, 0, sizeof(*host));
	host->machine = look(host);
	if (!uname(&name))
		snprintf(host->kernel, sizeof(host->kernel), "%s %s", name.sysname, name.release);
	host->cpus = sysconf(_SC_NPROCESSORS_ONLN);
}
