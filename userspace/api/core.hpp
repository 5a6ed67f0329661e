// SPDX-License-Identifier: Apache-2.0
/// Core: what the API asks of the daemon.  daemon/ implements it, server calls it on the loop.
///
/// The server has already checked who asks: a call with a Caller comes only from one who may
/// change things.  Names may be anything a client sent; the Core looks them up and answers
/// Refusal{unknown} for what it does not have.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "model/capture.hpp"
#include "model/event.hpp"
#include "model/view.hpp"

namespace lb::api {

/// What was asked for, or why it was not done.  Both convert: `return view;`,
/// `return Refusal{Refusal::Kind::unknown, "no backend \"web/x\"", {}};`
template <class T>
class [[nodiscard]] Answer : public tl::expected<T, Refusal> {
public:
    Answer(T value) : tl::expected<T, Refusal>(std::move(value)) {}
    Answer(Refusal refusal) : tl::expected<T, Refusal>(tl::unexpect, std::move(refusal)) {}
};

/// Called once, on the loop: at once or later.  Calling it after the client or the server is gone
/// does nothing.
template <class T>
using Reply = std::function<void(Answer<T>)>;

/// A long text, shared by the answers that carry it: who reads slowly costs no copy.
using SharedText = std::shared_ptr<const std::string>;

/// Who is at the other end of the socket, as the kernel says.
struct Caller {
    unsigned uid = 0;
    int pid = 0;
    std::optional<unsigned> login_uid;  ///< who logged in, whatever sudo made of them since
    bool may_change = false;            ///< root, or in group lbd-admin
    std::string via{};                  ///< the program that asks: "lbctl", "curl"
};

/// What goes with every change of the configuration.
struct ChangeTerms {
    std::string comment;
    bool dry_run = false;
    std::vector<std::string> accepts;         ///< "LB701:web": rules that may be broken
    std::string reason;                       ///< why; needed for them
    std::string change_id{};                  ///< of the change elsewhere: a commit, a ticket
    std::optional<std::uint64_t> expected{};  ///< the generation that it was planned with
};

struct ApplyRequest : ChangeTerms {
    std::string config;                            ///< canonical text
    std::string filename;                          ///< only for messages; never opened
    std::optional<milliseconds> confirm_within{};  ///< else it is undone; nothing: it stays
};

struct RollbackRequest : ChangeTerms {
    std::uint64_t generation = 0;  ///< 0: the one before
};

struct ConfirmRequest {
    std::uint64_t generation = 0;  ///< 0: the running one
    bool dry_run = false;
};

struct NoteRequest {
    std::string text;  ///< one line, not empty
    bool dry_run = false;
};

/// A generation, or a configuration; neither: the running one.
struct DiffSide {
    std::optional<std::uint64_t> generation;
    std::string config;
};

struct DiffRequest {
    DiffSide from, to;
    bool with_text = false;  ///< the lines, too
};

struct OverrideRequest {
    BackendId id;
    AdminState state = AdminState::ready;
    std::string reason;  ///< never empty
    bool dry_run = false;
    std::optional<milliseconds> length{};  ///< then it is over; nothing: until it is set again
    std::vector<std::string> accepts{};    ///< "LB703:shop": rules that may be broken
};

struct WeightRequest {
    BackendId id;
    int weight = 0;
    std::string reason;
    bool dry_run = false;
    std::optional<milliseconds> length{};  ///< then it is over; nothing: it stays
    std::vector<std::string> accepts{};    ///< "LB703:shop": rules that may be broken
};

struct CaptureRequest {
    std::string vip;                    ///< a name, or ADDRESS:PORT[/tcp|udp]; empty: any
    std::vector<std::string> verdicts;  ///< empty: all of packets of ours
    bool all = false;                   ///< those of others, too
    CaptureOrder order;                 ///< its bounds; the rest follows from the above
};

/// What Prometheus has said to lbctl; lbd asks nobody.
struct AuditRequest {
    std::optional<std::set<std::string>> alerts{};  ///< that it has loaded, if somebody asked it
    std::string trouble{};                          ///< why it did not say; empty: it did
};

class Core {
public:
    virtual ~Core() = default;

    virtual Status status() = 0;
    /// With the details of each of its targets.
    virtual Answer<BackendView> backend(const BackendId& id) = 0;
    /// The running configuration as canonical text, secrets masked.
    virtual std::string config() = 0;
    virtual void history(Reply<std::vector<GenerationView>> reply) = 0;
    virtual void generation(std::uint64_t number, Reply<GenerationView> reply) = 0;
    /// As config(), of a generation that is kept.
    virtual void stored_config(std::uint64_t number, Reply<std::string> reply) = 0;
    /// The document that plan() would have answered just before it was published.
    virtual void stored_plan(std::uint64_t number, Reply<std::string> reply) = 0;
    virtual void diff(DiffRequest request, Reply<DiffView> reply) = 0;
    /// Everything that is counted, as Prometheus reads it.
    virtual void metrics(Reply<SharedText> reply) = 0;
    /// The status page as HTML, which several answers may share; with `unfolded`: without the rows
    /// of groups of backends that are not in it.
    virtual void page(std::optional<std::set<std::string>> unfolded, Reply<SharedText> reply) = 0;
    /// Why packets should not be brought to this host now; empty: they may come.
    virtual std::string why_not_ready() = 0;
    /// What happened in this time, oldest first: the answer's text, which may be long.
    virtual void events(std::chrono::seconds last, Reply<SharedText> reply) = 0;
    virtual Answer<Explanation> explain(const std::string& vip, const Endpoint& source) = 0;
    /// At every address of its vips, or only at that of `vip`.
    virtual void probe(const BackendId& id, const std::string& vip,
                       Reply<std::vector<ProbeView>> reply) = 0;

    /// What apply() would do.  Checks are tried only for a caller who may change things.
    virtual void plan(const Caller& caller, ApplyRequest request, Reply<PlanView> reply) = 0;
    virtual void apply(const Caller& caller, ApplyRequest request, Reply<ChangeView> reply) = 0;
    virtual void rollback(const Caller& caller, RollbackRequest request,
                          Reply<ChangeView> reply) = 0;
    /// That a generation is to stay.
    virtual void confirm(const Caller& caller, const ConfirmRequest& request,
                         Reply<ChangeView> reply) = 0;
    virtual Answer<ChangeView> override_state(const Caller& caller, OverrideRequest request) = 0;
    virtual Answer<ChangeView> override_weight(const Caller& caller, WeightRequest request) = 0;
    /// Answers when the packets are there, or the time is over.
    virtual void capture(const Caller& caller, CaptureRequest request,
                         Reply<CaptureView> reply) = 0;
    /// What is no trouble yet, and will be one if nobody looks.
    virtual void audit(const Caller& caller, AuditRequest request, Reply<Findings> reply) = 0;
    /// Into the event log.
    virtual Answer<ChangeView> add_note(const Caller& caller, const NoteRequest& request) = 0;
    virtual void detach(const Caller& caller, Reply<ChangeView> reply) = 0;
};

}  // namespace lb::api
