// SPDX-License-Identifier: Apache-2.0
#include "model/json_schema.hpp"

#include "model/json_describer.hpp"
#include "model/json_event_fields.hpp"
#include "model/json_fields.hpp"

namespace lb::json {

// clang-format off
template <> inline constexpr const char* kSchema<Accepted> = "Accepted";
template <> inline constexpr const char* kSchema<Actor> = "Actor";
template <> inline constexpr const char* kSchema<BackendView> = "Backend";
template <> inline constexpr const char* kSchema<CapturedPacket> = "CapturedPacket";
template <> inline constexpr const char* kSchema<CaptureView> = "Capture";
template <> inline constexpr const char* kSchema<ChangeView> = "Change";
template <> inline constexpr const char* kSchema<CheckerView> = "Checker";
template <> inline constexpr const char* kSchema<CheckResult> = "PastResult";  // with its time
template <> inline constexpr const char* kSchema<DiffView> = "Differences";
template <> inline constexpr const char* kSchema<Event> = "Event";
template <> inline constexpr const char* kSchema<EventObject> = "Object";
template <> inline constexpr const char* kSchema<Explanation> = "Explanation";
template <> inline constexpr const char* kSchema<Finding> = "Finding";
template <> inline constexpr const char* kSchema<FlowCounts> = "FlowCounts";
template <> inline constexpr const char* kSchema<FlowTableView> = "FlowTable";
template <> inline constexpr const char* kSchema<GenerationView> = "Generation";
template <> inline constexpr const char* kSchema<InterfaceView> = "Interface";
template <> inline constexpr const char* kSchema<Measure> = "Measure";
template <> inline constexpr const char* kSchema<PastResult> = "PastResult";
template <> inline constexpr const char* kSchema<PoolView> = "Pool";
template <> inline constexpr const char* kSchema<ProbeView> = "Probe";
template <> inline constexpr const char* kSchema<Readiness> = "Readiness";
template <> inline constexpr const char* kSchema<Refusal> = "Refusal";
template <> inline constexpr const char* kSchema<Status> = "Status";
template <> inline constexpr const char* kSchema<TargetDetail> = "TargetDetail";
template <> inline constexpr const char* kSchema<TargetView> = "Target";
template <> inline constexpr const char* kSchema<Term> = "Term";
template <> inline constexpr const char* kSchema<Testimony> = "Witness";
template <> inline constexpr const char* kSchema<VerdictView> = "Verdict";
template <> inline constexpr const char* kSchema<VerificationView> = "Verification";
template <> inline constexpr const char* kSchema<VipView> = "Vip";
// clang-format on

std::vector<Schema> schemas() {
    Schemas all;
    all.add<Status>();
    all.add<Explanation>();
    all.add<ProbeView>();
    all.add<ChangeView>();
    all.add<GenerationView>();
    all.add<DiffView>();
    all.add<CaptureView>();
    all.add<Event>();
    all.add<Refusal>();
    return all.take();
}

}  // namespace lb::json
