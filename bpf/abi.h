/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The only header that the packet program and userspace share.
 *
 * Keys and values of every map, verdicts, limits.  Words that both sides touch
 * while packets flow are 64 bits wide and aligned: one store publishes them,
 * one load reads them.  Addresses are 16 bytes in network byte order, IPv4
 * mapped into IPv6 (::ffff:a.b.c.d, RFC 4291 2.5.5.2).  Everything else is in
 * host order unless its name ends in _be.
 */
#ifndef LB_ABI_H
#define LB_ABI_H

#include <linux/types.h>

#ifdef __cplusplus
#define LB_ASSERT(condition, why) static_assert(condition, why)
#else
#define LB_ASSERT(condition, why) _Static_assert(condition, why)
#endif

/* The layout of the pinned maps.  Another MAJOR does not adopt them; a larger
 * MINOR has more maps, of counters.
 */
#define LB_LAYOUT_MAGIC 0x6c62642d6d657461ull
#define LB_LAYOUT_MAJOR 1
#define LB_LAYOUT_MINOR 1

/* How a packet's journey ended.  One per packet, every one a counter:
 * packets in = sum of verdicts.  (name, what lbctl and metrics call it)
 */
#define LB_VERDICTS(V)                                                         \
	V(LB_PASS_NOT_IP, "pass_not_ip")                                       \
	V(LB_PASS_TRUNCATED, "pass_truncated")                                 \
	V(LB_PASS_NOT_OURS, "pass_not_ours")                                   \
	V(LB_PASS_UNMATCHED, "pass_unmatched")                                 \
	V(LB_FORWARD, "forward")                                               \
	V(LB_FORWARD_REDIRECT, "forward_redirect")                             \
	V(LB_REPLY_ECHO, "reply_echo")                                         \
	V(LB_REPLY_TOO_BIG, "reply_too_big")                                   \
	V(LB_DROP_MALFORMED, "malformed")                                      \
	V(LB_DROP_FRAGMENT, "fragment")                                        \
	V(LB_DROP_SOURCE_ROUTE, "source_route")                                \
	V(LB_DROP_EXTENSION_HEADER, "extension_header")                        \
	V(LB_DROP_TTL, "ttl")                                                  \
	V(LB_DROP_NO_BACKEND, "no_backend")                                    \
	V(LB_DROP_BACKEND_OFF, "backend_off")                                  \
	V(LB_DROP_BAD_REF, "bad_ref")                                          \
	V(LB_DROP_NO_NEIGHBOUR, "no_neighbour")                                \
	V(LB_DROP_NO_SOURCE, "no_source")                                      \
	V(LB_DROP_MTU, "mtu")                                                  \
	V(LB_DROP_ENCAP, "encap")                                              \
	V(LB_DROP_UNMATCHED, "unmatched")                                      \
	V(LB_DROP_SOURCE_DENIED, "source_denied")                              \
	V(LB_DROP_ICMP, "icmp")                                                \
	V(LB_DROP_RATE, "rate_limit")                                          \
	V(LB_DROP_TUNNEL, "tunnel")

enum lb_verdict {
	LB_NEXT = 0, /* none yet: the journey goes on */
#define LB_VERDICT_ENUM(name, text) name,
	LB_VERDICTS(LB_VERDICT_ENUM)
#undef LB_VERDICT_ENUM
		LB_VERDICT_COUNT
};

/* addresses[number]: the address of a vip, and what is served there, in one
 * word.
 *
 *   one service  protocol:8 | first port:16 | last port:16 | flags:8 | vip:16
 *   several      0:8        | begin:32 (of words)          | flags:8 | count:16
 *
 * The words services[begin ...] are of the first kind and sorted, so that a
 * larger word has a larger protocol or first port; port ranges do not overlap.
 * A list does not change while a word points to it, nor for a grace period
 * after: a packet sees the services of one generation.
 */
#define LB_SERVICE_PROTOCOL_SHIFT 56
#define LB_SERVICE_FIRST_SHIFT 40
#define LB_SERVICE_LAST_SHIFT 24
#define LB_SERVICE_FLAGS_SHIFT 16
#define LB_SERVICE_VIP_MASK 0xffffull
#define LB_SERVICES_BEGIN_SHIFT 24
#define LB_SERVICES_COUNT_MASK 0xffffull
#define LB_MAX_SERVICES 255 /* at one address */
/* Words for so many vips: lists old and new, and gaps. */
#define LB_SERVICES(vips) (4 * (vips))

/* address_chains[hash] = link to the first address with that hash, `next` to
 * the next one.  A link is a number + 1, or 0: the end.  An element is complete
 * before a link leads to it and does not change, but for its word, until a
 * grace period after the last did.
 */
struct lb_address {
	__u8 address[16];
	__u64 services;
	__u64 next;
};
LB_ASSERT(sizeof(struct lb_address) == 32, "address layout");
#define LB_ADDRESS_CHAIN_BITS 14
#define LB_ADDRESS_CHAINS (1 << LB_ADDRESS_CHAIN_BITS)
/* The longest that lbd makes, and packets follow. */
#define LB_ADDRESS_CHAIN_LENGTH 16

enum lb_address_flag {
	LB_ADDRESS_ECHO = 1, /* answers pings */
	LB_ADDRESS_DROP = 2, /* unmatched: drop */
};

#define LB_VIP_NONE 0xffffffffu /* no single vip */

/* The keys of the slot hash (bpf/hash.h): of this node, or its fleet, and the
 * same for all that hash.
 */
#define LB_HASH_KEYS 10

struct lb_hash_keys {
	__u64 last;
	__u32 word[LB_HASH_KEYS];
};
LB_ASSERT(sizeof(struct lb_hash_keys) == 48, "hash keys have no padding");

/* vips: word = base:32 | size:24 | half:1 | flags:7
 * base is the first slot of half 0, size the slots of one half (a prime).
 */
struct lb_vip {
	__u64 word;
	__u64 moving_since; /* CLOCK_MONOTONIC ns: a slot began to move */
	struct lb_hash_keys keys; /* here, too: saves every packet a lookup */
};
LB_ASSERT(sizeof(struct lb_vip) == 64, "vip is one cache line");

#define LB_VIP_SIZE_SHIFT 32
#define LB_VIP_SIZE_MASK 0xffffffull
#define LB_VIP_HALF_SHIFT 56
#define LB_VIP_FLAGS_SHIFT 57
enum lb_vip_flag {
	LB_VIP_TRACK = 1, /* tracking: always */
	LB_VIP_AFFINITY_SOURCE = 2, /* ports do not count */
	LB_VIP_AFFINITY_NONE = 4, /* each datagram for itself */
	LB_VIP_QUIC = 8, /* a QUIC Initial begins a flow */
	LB_VIP_LISTED = 16, /* source lists decide who may come */
	LB_VIP_LIST = 32, /* which of its two lists is the one */
};

/* sources: may packets from this network come?
 *
 * The longest prefix of a list decides; every list has one of length 0.  A vip
 * has two, 2 * number + {0, 1}, one of them idle: its word says which counts,
 * so a packet is judged by the list of one generation.
 */
struct lb_source_key {
	__u32 prefix; /* bits of what follows that count: LB_SOURCE_PREFIX + */
	__u32 list;
	__u8 address[16];
};
LB_ASSERT(sizeof(struct lb_source_key) == 24, "source key has no padding");
#define LB_SOURCE_PREFIX 32 /* the list always counts */
enum lb_source_verdict { LB_SOURCE_DENY = 0, LB_SOURCE_ALLOW = 1 };

/* slots: u64 = cur:20 | prev:20 | prev2:20 | state:1 | zero:3 */
#define LB_SLOT_INDEX_MASK 0xfffffull
#define LB_SLOT_NONE 0xfffffu
#define LB_SLOT_PREV_SHIFT 20
#define LB_SLOT_PREV2_SHIFT 40
#define LB_SLOT_STATE_SHIFT 60
enum lb_slot_state { LB_SLOT_STABLE = 0, LB_SLOT_MOVING = 1 };

/* backends: word = state:2 | forward:6 | birth:24 | zero:32 */
enum lb_backend_state {
	LB_BACKEND_OFF =
		0, /* no packet at all; also what an unused entry says */
	LB_BACKEND_DRAIN = 1, /* known flows only */
	LB_BACKEND_READY = 2,
};
enum lb_forward_mode {
	LB_FORWARD_IPIP = 0,
	LB_FORWARD_L2 = 1,
	LB_FORWARD_GUE = 2,
};

#define LB_BACKEND_STATE_MASK 0x3ull
#define LB_BACKEND_FORWARD_SHIFT 2
#define LB_BACKEND_FORWARD_MASK 0x3full
#define LB_BACKEND_BIRTH_SHIFT 8
#define LB_BACKEND_BIRTH_MASK 0xffffffull

/* nexthop = mac:48 | egress:16, the six MAC bytes first in memory.
 * 0: not resolved.  Egress 0 is never used.
 */
#define LB_NEXTHOP_EGRESS_SHIFT 48

struct lb_backend {
	__u64 word;
	__u64 nexthop;
	__u8 address[16]; /* never changes while birth is not 0 */
	__u64 identity; /* hash of pool, backend, address: lbd finds it again */
	__u64 health; /* verdict of its checks, for the next lbd; no packet
		       * reads it */
	__u64 drain_until; /* CLOCK_MONOTONIC ns, 0: it does not drain */
	__u64 witness; /* how many of its handshakes are timed */
};
LB_ASSERT(sizeof(struct lb_backend) == 64, "backend is one cache line");

/* witness = looks:32 | begins:32.  A flow whose hash has a low half below
 * `looks` is looked at; if it is below `begins`, too, its SYN is timed.  lbd
 * lowers `begins` first, and `looks` when the handshakes of before are over.
 */
#define LB_WITNESS_BEGIN_SHIFT 32

/* handshakes: the SYNs that wait for an answer, by bits of the flow's hash. */
struct lb_handshake {
	__u64 tag; /* which flow */
	__u64 owner; /* index:20 | birth:24 of the backend that had the SYN */
	__u64 began; /* CLOCK_MONOTONIC ns, 0: answered, or never used */
};
LB_ASSERT(sizeof(struct lb_handshake) == 24, "handshake layout");
#define LB_HANDSHAKES 8192
#define LB_HANDSHAKE_SECONDS 3 /* unanswered after them */
#define LB_HANDSHAKE_REPEATS_SECONDS 60 /* a SYN may be sent again */

/* backend_witness: the timed handshakes of a backend, per CPU. */
struct lb_witness_counts {
	__u64 samples;
	__u64 completed; /* of those, in time */
	__u64 latency; /* ns, of the completed, in all */
};

/* egresses: where and how a frame leaves.  An entry is complete before a next
 * hop names it and does not change while one does.
 */
struct lb_egress {
	__u32 ifindex;
	__u32 mtu; /* of the IP packet, outer header included */
	__u8 mac[6]; /* ours, the Ethernet source */
	__u16 zero;
	__u8 source4[4]; /* outer IPv4 source; all zero: none */
	__u8 source6[16]; /* outer IPv6 source; all zero: none */
	__u8 tag[4]; /* 802.1Q or 802.1ad, as in the frame; all zero: none */
	__u8 reserved[24];
};
LB_ASSERT(sizeof(struct lb_egress) == 64, "egress is one cache line");

/* flows: who had this connection while its slot moved?
 *
 * The key is the flow itself (struct lb_flow, bpf/hash.h); for vips with
 * LB_VIP_AFFINITY_SOURCE the ports are 0 and 1 + number of the vip stands in
 * for them.  The value's word = index:20 | birth:24 | tag:16 | kind:4.  A
 * preallocated element may get another owner while a packet looks at it: the
 * tag (upper bits of the flow's hash) tells.
 */
enum lb_flow_kind {
	LB_FLOW_HALF_OPEN = 1, /* SYN seen */
	LB_FLOW_SEEN = 2, /* one packet from the middle of a connection */
	LB_FLOW_ESTABLISHED = 3,
	LB_FLOW_CLOSING = 4, /* FIN or RST seen */
	LB_FLOW_DATAGRAM = 5,
};
#define LB_FLOW_BIRTH_SHIFT 20
#define LB_FLOW_TAG_SHIFT 44
#define LB_FLOW_KIND_SHIFT 60

struct lb_flow_entry {
	__u64 word;
	__u32 seen; /* CLOCK_MONOTONIC, seconds */
	__u32 slot; /* base of the vip + position, whichever half */
};
LB_ASSERT(sizeof(struct lb_flow_entry) == 16, "flow entry layout");

/* vip_flows: what became of flows while slots of this vip moved, per CPU. */
struct lb_flow_counts {
	__u64 inserted;
	__u64 refused; /* no token, no room: it went to the backend before */
	__u64 rerouted; /* its backend was gone */
	__u64 zero;
};

/* budgets: how many of a kind this CPU may do in the current second. */
enum lb_budget_kind {
	LB_BUDGET_HANDSHAKE, /* flow entries for SYNs */
	LB_BUDGET_MIDFLOW, /* flow entries for others */
	LB_BUDGET_ECHO, /* echo replies */
	LB_BUDGET_TOO_BIG, /* "packet too big" that we send */
	LB_BUDGET_ICMP, /* ICMP errors routed to backends */
	LB_BUDGET_FRAGMENT, /* datagrams whose fragments are remembered */
	LB_BUDGETS
};

struct lb_budget {
	__u64 second; /* CLOCK_MONOTONIC */
	__u64 used;
};

/* The mark of a check's socket: what of it, and the index of the backend. */
#define LB_PROBE_MARK 0x1bd00000u
#define LB_PROBE_MARK_MASK 0xfff00000u
LB_ASSERT((LB_PROBE_MARK_MASK | LB_SLOT_INDEX_MASK) == 0xffffffff,
	  "a mark has room for every index");

/* probe_counts: the packets of checks to a backend. */
struct lb_probe_counts {
	__u64 sent;
	__u64 why; /* enum lb_verdict of the last that was not */
};

/* settings[0]: written before the first attach; budgets (per CPU and second)
 * may change at any time.
 */
struct lb_settings {
	struct lb_hash_keys keys;
	__u32 budget[LB_BUDGETS];
	__u8 reserved[56];
};
LB_ASSERT(sizeof(struct lb_settings) == 128, "settings are two cache lines");

/* Per-CPU counters. */
struct lb_count {
	__u64 packets;
	__u64 bytes;
};

struct lb_verdict_counts {
	__u64 packets[LB_VERDICT_COUNT]; /* [LB_NEXT] stays 0 */
};

/* meta[0]: what these maps are, for the lbd that adopts them. */
struct lb_meta {
	__u64 magic;
	__u32 major;
	__u32 minor;
	__u64 generation; /* last one published */
	__u64 applying; /* 0, or the generation being written */
	__u64 heartbeat; /* CLOCK_BOOTTIME ns of the last sign of life of lbd */
	__u8 reserved[88];
};
LB_ASSERT(sizeof(struct lb_meta) == 128, "meta layout");

#define LB_MAX_EGRESSES 256
/* Sizes that the loader replaces by node.limits. */
#define LB_DEFAULT_VIPS 512
#define LB_DEFAULT_BACKENDS 16384
#define LB_DEFAULT_SLOTS 4194304
#define LB_DEFAULT_FLOWS 262144
#define LB_DEFAULT_SOURCES 16384

/* lbd-decap: what it counts and what it is told. */
#define LB_DECAP_RESULTS(V)                                                    \
	V(LB_DECAP_DONE, "decapsulated")                                       \
	V(LB_DECAP_NOT_TUNNEL, "not_a_tunnel")                                 \
	V(LB_DECAP_UNKNOWN_SOURCE, "unknown_balancer")                         \
	V(LB_DECAP_UNKNOWN_VIP, "unknown_vip")                                 \
	V(LB_DECAP_MALFORMED, "malformed")                                     \
	V(LB_DECAP_ECN, "ecn")                                                 \
	V(LB_DECAP_BAD_GUE, "bad_gue")

enum lb_decap_result {
#define LB_DECAP_ENUM(name, text) name,
	LB_DECAP_RESULTS(LB_DECAP_ENUM)
#undef LB_DECAP_ENUM
		LB_DECAP_RESULT_COUNT
};

struct lb_decap_counts {
	__u64 packets[LB_DECAP_RESULT_COUNT];
};

#define LB_DECAP_MAX_ADDRESSES 1024

#endif
