// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hold copies of structures that no header has against those of the running kernel:
 *
 *   layouts MODULE OURS=THEIRS...
 *
 * Each member of the MODULE's structure OURS must be in the kernel's structure THEIRS, at the
 * same place and of the same size. Prints TAP.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

static const struct btf_type *structure(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

	return id > 0 ? btf__type_by_id(btf, (unsigned int)id) : NULL;
}

static const struct btf_member *member(const struct btf *btf, const struct btf_type *type,
				       const char *name)
{
	const struct btf_member *members = btf_members(type);

	for (unsigned int i = 0; i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, members[i].name_off), name))
			return &members[i];
	return NULL;
}

/* What is wrong with a member of ours, or NULL. */
static const char *compare(const struct btf *btf, const struct btf_member *ours,
			   const struct btf *kernel, const struct btf_type *theirs)
{
	const struct btf_member *same =
		member(kernel, theirs, btf__name_by_offset(btf, ours->name_off));

	if (!same)
		return "the kernel has none";
	if (ours->offset != same->offset)
		return "in another place";
	if (btf__resolve_size(btf, ours->type) != btf__resolve_size(kernel, same->type))
		return "of another size";
	return NULL;
}

int main(int argc, char **argv)
{
	struct btf *kernel = btf__load_vmlinux_btf(), *btf;
	unsigned int failed = 0;

	if (argc < 3)
		errx(2, "Usage: layouts MODULE OURS=THEIRS...");
	if (!kernel)
		err(2, "the kernel's BTF");
	btf = btf__load_module_btf(argv[1], kernel);
	if (!btf)
		err(2, "the BTF of %s", argv[1]);
	for (int i = 2; i < argc; i++) {
		const char *name = strtok(argv[i], "="), *other = strtok(NULL, "=");
		const struct btf_type *ours = structure(btf, name), *theirs;
		const char *wrong = NULL;

		theirs = other ? structure(kernel, other) : NULL;
		if (!ours || !theirs)
			wrong = ours ? "the kernel has no such structure"
				     : "the module has no such structure";
		for (unsigned int nr = 0; !wrong && nr < btf_vlen(ours); nr++) {
			const struct btf_member *one = &btf_members(ours)[nr];

			wrong = compare(btf, one, kernel, theirs);
			if (wrong)
				printf("# %s\n", btf__name_by_offset(btf, one->name_off));
		}
		failed += wrong != NULL;
		printf("%sok %d - struct %s is struct %s\n", wrong ? "not " : "", i - 1, name,
		       other ? other : "?");
		if (wrong)
			printf("# %s\n", wrong);
	}
	printf("1..%d\n", argc - 2);
	return failed > 0;
}
