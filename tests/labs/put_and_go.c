// SPDX-License-Identifier: GPL-2.0-only
/* The task of the lab put_and_go, as a student does it; WRONG: the queue is left behind. */
#include <stddef.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	struct {
		long type;
		char text[100];
	} message = { .type = 1 };
	int queue = msgget(IPC_PRIVATE, 0600), status;
	pid_t pid = fork();

	if (queue < 0 || pid < 0)
		return 1;
	if (!pid) {
		for (int i = 0; i < 23; i++)
			if (msgsnd(queue, &message, 100, 0))
				_exit(1);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		return 1;
#ifdef WRONG
	return 0;
#else
	for (int i = 0; i < 23; i++)
		if (msgrcv(queue, &message, 100, 0, 0) != 100)
			return 1;
	return msgctl(queue, IPC_RMID, NULL) != 0;
#endif
}
