// SPDX-License-Identifier: GPL-2.0-only
/* Two processes, two pipes. Each writes all it has to say before it listens: a deadlock. */
#include <err.h>
#include <sys/wait.h>
#include <unistd.h>

#define BYTES 100000

static void talk(int to, int from)
{
	static char buffer[BYTES];
	ssize_t n;

	if (write(to, buffer, BYTES) != BYTES)
		err(1, "write");
	for (long got = 0; got < BYTES; got += n) {
		n = read(from, buffer, BYTES);
		if (n <= 0)
			err(1, "read");
	}
}

int main(void)
{
	int there[2], back[2];

	if (pipe(there) || pipe(back))
		err(1, "pipe");
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		close(there[1]);
		close(back[0]);
		talk(back[1], there[0]);
		return 0;
	}
	close(there[0]);
	close(back[1]);
	talk(there[1], back[0]);
	wait(NULL);
	return 0;
}
