/* SPDX-License-Identifier: BSD-3-Clause */
/* The synthetic NIC's inside, shared by the files of this folder and by nobody else. */
#ifndef LAB_NETVSP_NIC_H
#define LAB_NETVSP_NIC_H

#include "../log.h"
#include "ndis.h"
#include "netvsp.h"
#include "nvsp.h"
#include "rndis.h"

#define NIC_ETHER_HEADER	14
#define NIC_MAC			6
#define NIC_VLAN_TAG		4
#define NIC_MULTICAST_MAX	32
#define NIC_RX_SECTIONS_MAX	32768
#define NIC_TX_MESSAGE_MAX	(96 * 1024) /* a 64 KiB super-frame behind a full section */
#define NIC_LSO_MAX		62768	    /* what Hyper-V says, headers included */
#define NIC_PACKETS_PER_MESSAGE 8
#define NIC_RNDIS_ALIGN_LOG2	3
#define NIC_ANSWERS_MAX		64
#define NIC_ANSWER_BYTES	512
#define NIC_WARNINGS_MAX	16 /* a session: a guest that lies must not fill the disk */
#define NIC_RETRY		LAB_MS

struct nic_channel {
	struct netvsp *nic;
	struct vmbus_channel *ch; /* NULL: not offered, or released */
	unsigned int index;	  /* 0: primary */
	bool open;
	bool stalled; /* packets may wait that no signal will announce: poll goes on */
	uint64_t linger_until; /* clock, ns: polled, with signals masked, until then; 0: not */
};

/* A buffer the guest shares. The GPADL is looked up for each use. */
struct nic_buffer {
	bool set;
	uint32_t gpadl;
	uint16_t id;
	uint32_t section_size, sections;
};

struct nic_rss {
	bool enabled;
	uint8_t key[NDIS_RSS_KEY];
	unsigned int entries;
	uint8_t table[NDIS_RSS_ENTRIES];
};

enum nic_rx_checksum { /* which verdicts the guest wants to hear */
	NIC_RX_IP4 = 1,
	NIC_RX_TCP4 = 2,
	NIC_RX_UDP4 = 4,
	NIC_RX_TCP6 = 8,
	NIC_RX_UDP6 = 16,
	NIC_RX_ALL = 31,
};

/* All that is forgotten when the guest closes the primary channel. */
struct nic_session {
	uint32_t version;
	bool configured; /* the capabilities are the guest's word */
	uint64_t capabilities;
	uint32_t frame_max; /* bytes of a frame without tag: MTU + 14 */
	struct nic_buffer recv, send;
	bool rndis_ready;
	uint32_t filter;
	unsigned int multicasts;
	uint8_t multicast[NIC_MULTICAST_MAX][NIC_MAC];
	unsigned int rx_checksum; /* enum nic_rx_checksum */
	struct nic_rss rss;
	unsigned int granted; /* subchannels */
	unsigned int warnings;
};

/* Who holds which section of the receive buffer. */
struct nic_sections {
	uint32_t count, free_count, reserved; /* reserved: for control answers */
	uint16_t free[NIC_RX_SECTIONS_MAX];
	bool busy[NIC_RX_SECTIONS_MAX];
};

enum nic_answer_kind { NIC_ANSWER_COMPLETION, NIC_ANSWER_INBAND, NIC_ANSWER_RNDIS };

struct nic_answer {
	enum nic_answer_kind kind;
	bool awaited; /* the guest waits for it: noted as pending while it is held back */
	unsigned int channel;
	uint64_t transaction, due; /* due: clock, ns */
	uint32_t pending;
	size_t len;
	char what[48];
	uint8_t data[NIC_ANSWER_BYTES];
};

enum nic_owed { /* what the host has to say of its own accord as soon as it can */
	NIC_OWES_VF = 1,
	NIC_OWES_LINK = 2,
	NIC_OWES_DATAPATH = 4,
	NIC_OWES_TABLE = 8,
	NIC_OWES_SUBCHANNELS = 16, /* offers of those that were granted */
};

struct netvsp {
	struct netvsp_config config;
	char name[32];
	struct nic_channel channel[NETVSP_QUEUES_MAX];
	struct nic_session session;
	struct netvsp_faults faults;
	uint8_t mac[NIC_MAC]; /* current; config.mac is the permanent one */
	bool link;
	bool offer_wanted; /* the primary, as soon as the old one is released */
	unsigned int owed; /* enum nic_owed */
	struct {
		bool allocated;
		bool told; /* the last the guest heard was "allocated" */
		uint32_t serial;
	} vf;
	uint64_t retry_at;

	unsigned int answers;
	struct nic_answer answer[NIC_ANSWERS_MAX];
	unsigned int lost; /* answers a fault swallowed: owed until the channel closes */
	uint32_t lost_pending[LAB_PENDING_MAX];

	struct nic_sections sections;
	uint8_t tx[NIC_TX_MESSAGE_MAX];
};

#define nic_warn(nic, ...)                                                                         \
	do {                                                                                       \
		if ((nic)->session.warnings++ < NIC_WARNINGS_MAX)                                  \
			lab_log(LAB_LOG_WARN, (nic)->name, __VA_ARGS__);                           \
	} while (0)

/* A frame went either way: the channel's ring is polled for a while. */
#define NIC_LINGER_NS 1000000ull
void nic_keep_polling(struct nic_channel *c);
/* Tells whose NIC it is that the guest has said what it can. */
void nic_say_negotiated(struct netvsp *nic);
/* Moves the data path and says so to whoever listens. */
void nic_set_datapath(struct netvsp *nic, enum fabric_path path, bool by_host);

#endif
