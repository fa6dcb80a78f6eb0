// SPDX-License-Identifier: GPL-2.0-only
/* 17 messages of 1 KiB for a queue of 16 KiB; the receiver comes 300 ms late. */
#include <err.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

#define MESSAGES 17

struct message {
	long type;
	char text[1024];
};

int main(void)
{
	struct message message = { .type = 1 };
	int queue = msgget(IPC_PRIVATE, 0600);

	if (queue < 0)
		err(1, "msgget");
	if (!fork()) {
		usleep(300000);
		for (int i = 0; i < MESSAGES; i++)
			if (msgrcv(queue, &message, sizeof(message.text), 0, 0) < 0)
				err(1, "msgrcv");
		return 0;
	}
	for (int i = 0; i < MESSAGES; i++)
		if (msgsnd(queue, &message, sizeof(message.text), 0))
			err(1, "msgsnd");
	wait(NULL);
	msgctl(queue, IPC_RMID, NULL);
	return 0;
}
