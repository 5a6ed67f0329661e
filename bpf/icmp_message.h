/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The header of ICMP and ICMPv6 messages, and the types that we know.
 *
 * RFC 792, RFC 1191, RFC 4443.  The kernel's <linux/icmp.h> wants
 * <sys/socket.h>.
 */
#ifndef LB_ICMP_MESSAGE_H
#define LB_ICMP_MESSAGE_H

#include "bpf/packet.h"

struct icmp_header {
	__u8 type;
	__u8 code;
	__u16 checksum;
	union {
		__be32 mtu6; /* of "packet too big" */
		struct {
			__be16 unused;
			__be16 mtu4; /* of "fragmentation needed" */
		};
	};
};

enum icmp_type {
	ICMP4_ECHO_REPLY = 0,
	ICMP4_UNREACHABLE = 3,
	ICMP4_ECHO = 8,
	ICMP4_TIME_EXCEEDED = 11,
	ICMP4_PARAMETER_PROBLEM = 12,

	ICMP6_UNREACHABLE = 1,
	ICMP6_TOO_BIG = 2,
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_PARAMETER_PROBLEM = 4,
	ICMP6_ECHO = 128,
	ICMP6_ECHO_REPLY = 129,
	ICMP6_ROUTER_SOLICITATION = 133, /* RFC 4861: these five keep */
	ICMP6_REDIRECT = 137, /* a link together */
};
#define ICMP4_FRAGMENTATION_NEEDED 4 /* code of ICMP4_UNREACHABLE */

/* The least that a link may carry (IPv6: RFC 8200, 5; IPv4: by common use). */
#define LEAST_MTU_IPV4 576
#define LEAST_MTU_IPV6 1280

#endif
