// SPDX-License-Identifier: Apache-2.0
/// The bodies of POST requests: JSON text to structs.  Everything a client may send ends here as
/// a value or as a Refusal of kind invalid that says which key is wrong and what it should be.
#pragma once

#include <string>

#include "api/core.hpp"

namespace lb::api {

/// {"config": TEXT, "filename": TEXT, "comment": TEXT, "dry_run": BOOL, "accept": ["RULE:NAME"],
/// "reason": TEXT}; only config is required.  One accept needs no list.
Answer<ApplyRequest> parse_apply(const std::string& body);

/// {"generation": NUMBER, "comment": TEXT, "dry_run": BOOL, "accept": ["RULE:NAME"], "reason":
/// TEXT}, the number as a text; all may be missing.
Answer<RollbackRequest> parse_rollback(const std::string& body);

/// {"generation": NUMBER, "dry_run": BOOL}, the number as a text; both may be missing.
Answer<ConfirmRequest> parse_confirm(const std::string& body);

/// {"from": NUMBER, "from_config": TEXT, "to": NUMBER, "to_config": TEXT, "text": BOOL}, numbers as
/// texts; all may be missing or empty, but not both of a side given.
Answer<DiffRequest> parse_diff(const std::string& body);

/// {"state": "ready"|"drain"|"maint", "reason": TEXT, "for": DURATION, "dry_run": BOOL, "accept":
/// ["RULE:NAME"]}; the last three may be missing.
Answer<OverrideRequest> parse_override(const BackendId& id, const std::string& body);

/// {"weight": NUMBER, "reason": TEXT, ...}, the number as a text; the rest as above.
Answer<WeightRequest> parse_weight(const BackendId& id, const std::string& body);

/// {"vip": TEXT, "verdicts": "NAME,NAME", "all": BOOL, "packets": NUMBER, "snap": NUMBER,
/// "for": DURATION}, numbers and durations as texts; all may be missing.
Answer<CaptureRequest> parse_capture(const std::string& body);

/// {"vip": NAME}, which may be missing: then it is empty.
Answer<std::string> parse_probe(const std::string& body);

/// {"text": TEXT, "dry_run": BOOL}, one line that is not empty.
Answer<NoteRequest> parse_note(const std::string& body);

/// {"alerts": [NAME, ...]}, or {"alerts_trouble": TEXT}, one line; or nothing.
Answer<AuditRequest> parse_audit(const std::string& body);

/// Nothing, or an empty object.
Answer<bool> parse_nothing(const std::string& body);

}  // namespace lb::api
