/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lab port: how a program inside the guest talks to the VMM, before and without any network.
 * A mailbox in reserved memory and a doorbell on an I/O port. The VMM includes this header for the
 * layout; it writes magic and version, the guest writes the rest of the request and rings; when
 * the `out` instruction is done the reply is there. All fields are little endian.
 *
 *	offset	field		written by
 *	0	magic		VMM, 'LABP'
 *	4	version		VMM; grows only when a field changes its place or meaning
 *	8	op		guest, enum lab_port_op
 *	12	arg		guest, see the op
 *	16	length		guest, bytes of data in the request
 *	20	status		VMM, signed: 0 or more is the op's result, less is -errno
 *	24	reply_length	VMM, bytes of data in the reply
 *	28	reserved	0
 *	64	data		both
 */
#ifndef LAB_GUEST_PORT_H
#define LAB_GUEST_PORT_H

#include <stddef.h>
#include <stdint.h>

#define LAB_PORT_BASE     0xe0000000u /* guest-physical; reserved in the e820 map */
#define LAB_PORT_SIZE     0x10000u
#define LAB_PORT_DOORBELL 0x0cd0u     /* I/O port; a 32-bit out of any value */
#define LAB_PORT_MAGIC    0x5042414cu
#define LAB_PORT_VERSION  1u
#define LAB_PORT_LOCK     "/run/lab-port.lock" /* in the guest: taken around each call */

enum lab_port_offset {
	LAB_PORT_OFF_MAGIC = 0,
	LAB_PORT_OFF_VERSION = 4,
	LAB_PORT_OFF_OP = 8,
	LAB_PORT_OFF_ARG = 12,
	LAB_PORT_OFF_LENGTH = 16,
	LAB_PORT_OFF_STATUS = 20,
	LAB_PORT_OFF_REPLY_LENGTH = 24,
	LAB_PORT_OFF_DATA = 64,
};
#define LAB_PORT_DATA_MAX (LAB_PORT_SIZE - LAB_PORT_OFF_DATA)

enum lab_port_op {
	LAB_PORT_OUTPUT = 1,     /* arg = 1 stdout or 2 stderr; data = bytes of CMD's output */
	LAB_PORT_EXIT = 2,       /* arg = exit status of the run; does not return */
	/* arg = the caller's process id, data = the words of the command, a NUL between two of
	 * them; the reply's data is text, status the exit status of hostctl. LAB_PORT_AGAIN: not
	 * yet, ask the same again. */
	LAB_PORT_HOSTCTL = 3,
	LAB_PORT_PARAMETERS = 4, /* reply: KEY=VALUE strings, a NUL after each */
	LAB_PORT_PROGRESS = 5,   /* data = what the guest is about to do, one line of text */
};
#define LAB_PORT_AGAIN (-11) /* -EAGAIN */

/* ----------------------------------------------------------------------- the guest's side -- */

struct lab_port {
	volatile uint8_t *page;                /* the mailbox, LAB_PORT_SIZE bytes */
	void (*ring)(const struct lab_port *); /* the doorbell */
	void *ctx;                             /* of ring */
	int lock;                              /* file locked around each call, or -1 */
};

/*
 * Maps the port; lock_path keeps processes apart. 0, -ENODEV (this is no lab guest, or its VMM
 * speaks another version), or -errno of what failed.
 */
int lab_port_open(struct lab_port *port, const char *lock_path);
void lab_port_close(struct lab_port *port);

struct lab_port_call {
	enum lab_port_op op;
	uint32_t arg;
	const void *request;
	size_t length;      /* of request */
	void *reply;        /* may be NULL: the reply's data is not wanted */
	size_t reply_size;  /* room in reply */
	size_t reply_length; /* out: bytes stored in reply */
};

/*
 * Does one call. Returns the VMM's status, which is an op's result or -errno, or -EMSGSIZE
 * (request too long for the mailbox, or reply for its room).
 */
int lab_port_call(const struct lab_port *port, struct lab_port_call *call);

/* OUTPUT in as many calls as it takes. 0 or -errno. */
int lab_port_output(const struct lab_port *port, int fd, const void *data, size_t length);
int lab_port_progress(const struct lab_port *port, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
