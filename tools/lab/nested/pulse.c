// SPDX-License-Identifier: BSD-3-Clause
/*
 * An interrupt for each CPU of the nested host, again and again, whether it needs one or not.
 *
 * QEMU's TCG can lose one. While it emulates VMRUN it adds CPU_INTERRUPT_VIRQ to the
 * CPU's pending interrupts (helper_vmrun, a plain read-modify-write) without the lock under which
 * other threads add to them (cpu_interrupt), so either may undo the other. The interrupt then
 * stands in the CPU's local APIC, unseen. If it was the CPU's timer, or what was to wake it, Linux
 * sends no other: a guest's CPU stands still for good. Any further interrupt makes QEMU look into
 * the APIC again.
 *
 * It must be one that the kernel does not merge with the one that was lost, as it does with a
 * wake-up: so it is written into the local APIC itself, which iomem=relaxed allows (nested.c). Two
 * threads on two CPUs do it, since either may be the one that stands still.
 */
#define _GNU_SOURCE
#include "pulse.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define APIC_BASE   0xfee00000 /* where the architecture has it after reset */
#define APIC_ICR    0x300      /* interrupt command, low half: a write sends */
#define ICR_ASSERT  (1u << 14)
#define ICR_OTHERS  (3u << 18) /* to all CPUs but this one */
#define RESCHEDULE  0xfd       /* Linux' vector for "look whether you should reschedule" */
#define PULSE_US    40000
#define PULSE_CPUS  2

static volatile uint32_t *icr;

static void *pulse(void *arg)
{
	(void)arg;
	for (;;) {
		usleep(PULSE_US);
		*icr = ICR_OTHERS | ICR_ASSERT | RESCHEDULE;
	}
	return NULL;
}

static int thread_on(int cpu)
{
	pthread_attr_t attr;
	pthread_t thread;
	cpu_set_t set;
	int ret;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	ret = pthread_attr_init(&attr);
	if (ret != 0)
		return -ret;
	ret = pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	if (ret == 0)
		ret = pthread_create(&thread, &attr, pulse, NULL);
	pthread_attr_destroy(&attr);
	return -ret;
}

int pulse_start(void)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC), ret = 0;
	void *apic;

	if (fd < 0)
		return -errno;
	apic = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    APIC_BASE);
	if (apic == MAP_FAILED)
		ret = -errno;
	close(fd);
	if (ret < 0)
		return ret;
	icr = (volatile uint32_t *)((char *)apic + APIC_ICR);
	for (int cpu = 0; cpu < PULSE_CPUS && ret == 0; cpu++)
		ret = thread_on(cpu);
	return ret;
}
