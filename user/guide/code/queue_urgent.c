// SPDX-License-Identifier: GPL-2.0-only
/* The type of a message is its urgency: with a type below 0 msgrcv() takes the lowest first. */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>

struct message {
	long type;
	char text[16];
};

int main(void)
{
	static const struct message put[] = {
		{ 3, "tea" }, { 1, "fire" }, { 2, "phone" }, { 1, "smoke" }
	};
	int queue = msgget(IPC_PRIVATE, 0600);
	struct message got;

	if (queue < 0)
		err(1, "msgget");
	for (int i = 0; i < 4; i++)
		if (msgsnd(queue, &put[i], strlen(put[i].text) + 1, 0))
			err(1, "msgsnd");
	while (msgrcv(queue, &got, sizeof(got.text), -3, IPC_NOWAIT) >= 0)
		printf("%ld %s\n", got.type, got.text);
	msgctl(queue, IPC_RMID, NULL);
	return 0;
}
