/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stands in for libbpf's bpf_core_read.h where the packet program is compiled
 * natively: the world is as new as the program.
 */
#ifndef LB_SHIM_BPF_CORE_READ_H
#define LB_SHIM_BPF_CORE_READ_H

#define bpf_core_enum_value_exists(type, value) true

#endif
