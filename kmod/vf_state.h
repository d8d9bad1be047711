/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * The state of a NIC's virtual function: a pure function of what is known about it. Facts arrive
 * in any order (the function may come before the association, a VF may be found already up), so
 * an_vf_state_of() says where the facts belong and an_vf_state_step() gets there by legal moves.
 *
 *	absent     nothing is known of a VF
 *	offered    the host has associated one; its function is not on PCI yet
 *	present    the function is there, without a driver
 *	bound      it has a driver; it is not, or no longer, this NIC's lower device
 *	paired     it is the NIC's lower device, by serial and by MAC; packets go synthetic
 *	switching  the host has been asked to move the data path and has not answered
 *	active     packets go through the VF
 *
 * Legal moves (row: from, column: to). The others are listed with their reasons in vf_state.c.
 *
 *	            absent offered present bound paired switching active
 *	absent        -       x       x      x      .       .       .
 *	offered       x       -       x      x      .       .       .
 *	present       x       x       -      x      .       .       .
 *	bound         x       x       x      -      x       x       .
 *	paired        x       x       x      x      -       x       .
 *	switching     x       x       x      x      x       -       x
 *	active        .       .       .      .      x       x       -
 *
 * Also compiled into tools/pair/ (tool and PMD) and the unit tests: types only, no kernel.
 */
#ifndef AN_VF_STATE_H
#define AN_VF_STATE_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#endif

enum an_vf_state {
	AN_VF_ABSENT,
	AN_VF_OFFERED,
	AN_VF_PRESENT,
	AN_VF_BOUND,
	AN_VF_PAIRED,
	AN_VF_SWITCHING,
	AN_VF_ACTIVE,
	AN_VF_STATES,
};

/* Why the state changed, or why it is not `active`. */
enum an_vf_reason {
	AN_VF_OK,
	AN_VF_NO_ASSOCIATION,	/* a function is there that the host has not announced */
	AN_VF_NO_FUNCTION,	/* announced, and nothing on PCI */
	AN_VF_NO_DRIVER,
	AN_VF_NO_NETDEV,	/* a driver, but no network interface of this NIC's MAC */
	AN_VF_NOT_JOINED,	/* could not be made the lower device */
	AN_VF_DOWN,		/* the VF's interface is down */
	AN_VF_NO_CARRIER,
	AN_VF_USER,		/* devlink: datapath synthetic */
	AN_VF_HELD,		/* flapping: held off for a while */
	AN_VF_HOST_MOVED,	/* the host moved the path to the synthetic side */
	AN_VF_HOST_SILENT,	/* the host did not answer the switch in time */
	AN_VF_SEND_FAILED,	/* the switch could not be sent */
	AN_VF_NIC_GONE,		/* the synthetic NIC's own channel is gone */
	AN_VF_WAITING,		/* the host's answer is under way */
	AN_VF_NIC_DOWN,		/* the NIC itself is down */
	AN_VF_SETTING_UP,	/* joined; it is given the NIC's settings in a moment */
	AN_VF_UNFIT,		/* it does not take the NIC's settings, or does not open */
	AN_VF_REASONS,
};

struct an_vf_facts {
	bool associated;	/* the host named a serial */
	bool function;		/* on PCI, or seen through its netdev */
	bool driver;		/* bound to it */
	bool netdev;		/* of this NIC's MAC */
	bool joined;		/* is our lower device */
	bool running;
	bool carrier;
	bool pending;		/* a switch of the data path is under way */
	bool path_vf;		/* where the host's data path is */
	bool path_unknown;	/* the host did not say where it is: path_vf is false then */
	bool nic_down;		/* the NIC itself */
	bool fresh;		/* joined, and not yet set up */
	bool unfit;		/* setting it up has failed, and is tried again */
};

enum an_vf_state an_vf_state_of(const struct an_vf_facts *facts);
/* Why facts are not AN_VF_ACTIVE; AN_VF_OK if nothing is missing or nothing is expected. */
enum an_vf_reason an_vf_reason_of(const struct an_vf_facts *facts);
/* Does the VF fulfil all that is needed to carry the NIC's traffic? */
bool an_vf_is_ready(const struct an_vf_facts *facts);

/* NULL: the move is legal; else why it is not. */
const char *an_vf_move_refused(enum an_vf_state from, enum an_vf_state to);
/* The next state on the way from one to another, every step legal. */
enum an_vf_state an_vf_state_step(enum an_vf_state from, enum an_vf_state to);

const char *an_vf_state_name(enum an_vf_state state);
const char *an_vf_reason_text(enum an_vf_reason reason);
/* The same as one word for programs: "no-carrier". It stays when the sentence is written anew. */
const char *an_vf_reason_code(enum an_vf_reason reason);

#endif
