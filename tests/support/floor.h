/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the minimal balancer of floor.bpf.c shares with its loader. */
#ifndef LB_TESTS_FLOOR_H
#define LB_TESTS_FLOOR_H

#include <linux/types.h>

#define FLOOR_SLOTS 65537
#define FLOOR_BACKENDS 128

struct floor_vip {
    __be32 address;
    __be16 port_be;
    __u8 protocol;
    __u8 zero;
};

struct floor_backend {
    __be32 from, to;
    __u8 from_mac[6], to_mac[6];
    __u32 zero[3];
};

#endif
