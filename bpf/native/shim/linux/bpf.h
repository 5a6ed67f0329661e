/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* linux/bpf.h, but for struct xdp_md: the kernel's has 32-bit fields, which the
 * loader rewrites into loads of pointers.  Here they are pointers' width.
 */
#ifndef LB_SHIM_LINUX_BPF_H
#define LB_SHIM_LINUX_BPF_H

#define xdp_md kernel_xdp_md
#include_next <linux/bpf.h>
#undef xdp_md

struct xdp_md {
	__u64 data;
	__u64 data_end;
	__u64 room_start; /* of the buffer, which the packet may grow into */
	__u64 room_end;
	__u32 ingress_ifindex;
};

#endif
