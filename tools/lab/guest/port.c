// SPDX-License-Identifier: BSD-3-Clause
/*
 * The guest's side of the lab port (port.h). The mailbox is reached through /dev/mem, which
 * STRICT_DEVMEM allows for memory the e820 map calls reserved (kernel: e820.c do_mark_busy,
 * resource.c resource_is_exclusive). One file lock makes request, doorbell and reply one step
 * among processes: init forwards output while hostctl asks the host.
 */
#include "port.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <unistd.h>

static uint32_t get32(const struct lab_port *port, enum lab_port_offset offset)
{
	return le32toh(*(const volatile uint32_t *)(port->page + offset));
}

static void put32(const struct lab_port *port, enum lab_port_offset offset, uint32_t value)
{
	*(volatile uint32_t *)(port->page + offset) = htole32(value);
}

/* By words: the mapping is uncached, and each access may be emulated. */
static void put_data(const struct lab_port *port, const uint8_t *data, size_t length)
{
	volatile uint8_t *to = port->page + LAB_PORT_OFF_DATA;
	size_t i = 0;

	for (; i + sizeof(uint64_t) <= length; i += sizeof(uint64_t)) {
		uint64_t word;

		__builtin_memcpy(&word, data + i, sizeof(word));
		*(volatile uint64_t *)(to + i) = word;
	}
	for (; i < length; i++)
		to[i] = data[i];
}

static void get_data(const struct lab_port *port, uint8_t *data, size_t length)
{
	const volatile uint8_t *from = port->page + LAB_PORT_OFF_DATA;
	size_t i = 0;

	for (; i + sizeof(uint64_t) <= length; i += sizeof(uint64_t)) {
		uint64_t word = *(const volatile uint64_t *)(from + i);

		__builtin_memcpy(data + i, &word, sizeof(word));
	}
	for (; i < length; i++)
		data[i] = from[i];
}

/* The processor finishes earlier stores before an I/O instruction (Intel SDM vol. 1, 19.6), and
 * the VMM answers before it lets the guest go on; only the compiler has to be held. */
static void ring_doorbell(const struct lab_port *port)
{
	(void)port;
	__asm__ volatile("" ::: "memory");
	outl(1, LAB_PORT_DOORBELL);
	__asm__ volatile("" ::: "memory");
}

int lab_port_open(struct lab_port *port, const char *lock_path)
{
	void *page;
	int mem, err;

	*port = (struct lab_port){ .ring = ring_doorbell, .lock = -1 };
	if (ioperm(LAB_PORT_DOORBELL, sizeof(uint32_t), 1) < 0)
		return -errno;
	mem = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	if (mem < 0)
		return -errno;
	page = mmap(NULL, LAB_PORT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, mem, LAB_PORT_BASE);
	err = -errno;
	close(mem);
	if (page == MAP_FAILED)
		return err;
	port->page = page;
	if (get32(port, LAB_PORT_OFF_MAGIC) != LAB_PORT_MAGIC ||
	    get32(port, LAB_PORT_OFF_VERSION) != LAB_PORT_VERSION) {
		err = -ENODEV;
		goto err_unmap;
	}
	port->lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (port->lock < 0) {
		err = -errno;
		goto err_unmap;
	}
	return 0;

err_unmap:
	munmap(page, LAB_PORT_SIZE);
	port->page = NULL;
	return err;
}

void lab_port_close(struct lab_port *port)
{
	close(port->lock);
	munmap((void *)port->page, LAB_PORT_SIZE);
	*port = (struct lab_port){ .lock = -1 };
}

static int take_reply(const struct lab_port *port, struct lab_port_call *call)
{
	int status = (int32_t)get32(port, LAB_PORT_OFF_STATUS);
	size_t length = get32(port, LAB_PORT_OFF_REPLY_LENGTH);

	if (call->reply == NULL)
		return status;
	if (length > LAB_PORT_DATA_MAX || length > call->reply_size)
		return -EMSGSIZE;
	get_data(port, call->reply, length);
	call->reply_length = length;
	return status;
}

int lab_port_call(const struct lab_port *port, struct lab_port_call *call)
{
	int status;

	call->reply_length = 0;
	if (call->length > LAB_PORT_DATA_MAX)
		return -EMSGSIZE;
	while (port->lock >= 0 && flock(port->lock, LOCK_EX) < 0)
		if (errno != EINTR)
			return -errno;
	put32(port, LAB_PORT_OFF_OP, call->op);
	put32(port, LAB_PORT_OFF_ARG, call->arg);
	put32(port, LAB_PORT_OFF_LENGTH, call->length);
	put32(port, LAB_PORT_OFF_STATUS, (uint32_t)-ENOSYS); /* what silence of the VMM means */
	put32(port, LAB_PORT_OFF_REPLY_LENGTH, 0);
	put_data(port, call->request, call->length);
	port->ring(port);
	status = take_reply(port, call);
	if (port->lock >= 0)
		flock(port->lock, LOCK_UN);
	return status;
}

int lab_port_output(const struct lab_port *port, int fd, const void *data, size_t length)
{
	for (size_t done = 0; done < length;) {
		size_t n = length - done < LAB_PORT_DATA_MAX ? length - done : LAB_PORT_DATA_MAX;
		struct lab_port_call call = {
			.op = LAB_PORT_OUTPUT,
			.arg = (uint32_t)fd,
			.request = (const uint8_t *)data + done,
			.length = n,
		};
		int err = lab_port_call(port, &call);

		if (err < 0)
			return err;
		done += n;
	}
	return 0;
}

int lab_port_progress(const struct lab_port *port, const char *format, ...)
{
	struct lab_port_call call = { .op = LAB_PORT_PROGRESS };
	char line[256];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n < 0)
		return -EINVAL;
	call.request = line;
	call.length = (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1;
	return lab_port_call(port, &call);
}
