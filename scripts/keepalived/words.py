# SPDX-License-Identifier: Apache-2.0
"""keepalived's words: which the converter reads, which say nothing to lbd, and what is said about the others."""

SPREAD = {"rr", "wrr", "lc", "wlc", "sed", "nq", "twos", "lblc", "lblcr"}  # whose only promise is a share
HASHED = {"sh": "sh-port", "mh": "mh-port"}
CHECKED = {"delay_loop", "connect_timeout", "retry", "delay_before_retry", "virtualhost", "warmup"}
SILENT = {"smtp_alert", "snmp_name", "alpha", "omega", "ha_suspend", "persistence_engine", "sh-fallback", "mh-fallback",
          "flag-1", "flag-2", "flag-3", "sh-port", "mh-port", "ops", "ip_family", "hysteresis", "inhibit_on_failure",
          "sorry_server_inhibit", "sorry_server_lvs_method", "nat_mask"}
READ = {"lb_algo", "lvs_sched", "lb_kind", "lvs_method", "persistence_timeout", "protocol", "quorum", "sorry_server",
        "real_server", "weight"}
KNOWN = CHECKED | SILENT | READ
SCRIPTS = {"quorum_up", "quorum_down", "notify_up", "notify_down"}
REMARKS = {
    "inhibit_on_failure": "a DOWN backend gets nothing, its connections move at once",
    "omega": "stopping lbd stops no forwarding and runs no scripts",
    "ha_suspend": "lbd checks always; whether this host gets traffic is lbd-attract's business",
    "smtp_alert": "lbd sends no mail: load its alert rules into Prometheus",
    "hysteresis": "lbd has flap_threshold and fail_open_exit for that",
}
ELSEWHERE = {"global_defs", "vrrp_instance", "vrrp_sync_group", "vrrp_script", "vrrp_track_process", "vrrp_track_file",
             "track_file", "track_group", "static_ipaddress", "static_routes", "static_rules", "garp_group",
             "bfd_instance", "interface_up_down_delays", "linkbeat_interfaces", "virtual_server_group"}


def leftover(statement):
    """What to think of before a statement is taken away that lbd has nothing like."""
    text = " ".join(statement.words)
    if statement.name in SCRIPTS:
        return text + ": lbd runs no scripts; an alert, or lbd-attract, may do it"
    if statement.name in ("uthreshold", "lthreshold"):
        return text + ": lbd counts no connections; let the backend's own limit fail its check"
    return text + ": lbd has nothing like it"
