// SPDX-License-Identifier: GPL-2.0-only
/* How pipes and sockets carry a message. See carrier.h. */
#include <sys/socket.h>
#include <unistd.h>

#include "carrier.h"
#include "ipclab/exercise.h"

int bench_write(struct peer *p)
{
	ssize_t n;

	for (size_t done = 0; done < p->size; done += n) {
		n = write(p->out_fd, p->out_buf + done, p->size - done);
		p->calls++;
		if (n <= 0)
			return lab_error(p->out, "write");
	}
	return 0;
}

int bench_read(struct peer *p)
{
	ssize_t n;

	for (size_t done = 0; done < p->size; done += n) {
		n = read(p->in_fd, p->in_buf + done, p->size - done);
		p->calls++;
		if (n <= 0)
			return lab_error(p->in, "read");
	}
	return 0;
}

int bench_send_socket(struct peer *p)
{
	p->calls++;
	return lab_whole(p->out, "send", send(p->out_fd, p->out_buf, p->size, 0), p->size);
}

int bench_receive_socket(struct peer *p)
{
	p->calls++;
	return lab_whole(p->in, "recv", recv(p->in_fd, p->in_buf, p->size, MSG_WAITALL), p->size);
}
