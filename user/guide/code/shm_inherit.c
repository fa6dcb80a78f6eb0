// SPDX-License-Identifier: GPL-2.0-only
/* A process attaches a segment once, and has three children. How many attachments are there? */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	int segment = shmget(IPC_PRIVATE, 4096, 0600);
	struct shmid_ds state;
	pid_t child[3];

	if (segment < 0 || shmat(segment, NULL, 0) == (void *)-1)
		err(1, "shmat");
	for (int i = 0; i < 3; i++) {
		child[i] = fork();
		if (!child[i]) {
			pause();
			return 0;
		}
	}
	if (shmctl(segment, IPC_STAT, &state))
		err(1, "shmctl");
	printf("%lu attachments\n", (unsigned long)state.shm_nattch);
	for (int i = 0; i < 3; i++)
		kill(child[i], SIGTERM);
	while (wait(NULL) > 0)
		;
	shmctl(segment, IPC_RMID, NULL);
	return 0;
}
