/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a TCP segment says by its flags (RFC 9293, 3.1). */
#ifndef LB_TCP_H
#define LB_TCP_H

#include <linux/types.h>
#include <stdbool.h>

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

/* A header as far as its flags. */
struct tcp_start {
	__u8 before[13]; /* ports, numbers, length of the header */
	__u8 flags;
};

/* A client's first segment (3.5), or that again. */
static __always_inline bool begins_flow(__u8 tcp_flags)
{
	return (tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

#endif
