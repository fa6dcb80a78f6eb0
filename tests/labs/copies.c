// SPDX-License-Identifier: GPL-2.0-only
/* The task of the lab copies, as a student does it; WRONG: two messages with one write. */
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	char buffer[2 * 1024] = "";
	int fd[2], left, status;
	pid_t pid;

	if (pipe(fd) || (pid = fork()) < 0)
		return 1;
	if (!pid) {
		close(fd[1]);
		while (read(fd[0], buffer, 1024) > 0)
			;
		_exit(0);
	}
	for (left = 23; left > 0; left--) {
#ifdef WRONG
		if (left > 1) {
			if (write(fd[1], buffer, 2048) != 2048)
				return 1;
			left--;
			continue;
		}
#endif
		if (write(fd[1], buffer, 1024) != 1024)
			return 1;
	}
	close(fd[1]);
	return waitpid(pid, &status, 0) != pid || status;
}
