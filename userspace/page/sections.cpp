// SPDX-License-Identifier: Apache-2.0
#include "page/sections.hpp"

#include "page/html.hpp"

namespace lb::page {
namespace {

std::string begin(const std::string& id, const std::string& title) {
    return "<section aria-labelledby=\"" + id + "\">\n<h2 id=\"" + id + "\">" + title + "</h2>\n";
}

constexpr const char* kEnd = "</section>\n";

std::string entry(const std::string& term, const std::string& html) {
    return "<div><dt>" + term + "</dt><dd>" + html + "</dd></div>\n";
}

/// "verifying until 03:12:05, then to be confirmed until 03:20:00, or it is undone"
std::string outlook(const VerificationView& its, WallTime now) {
    const auto at = [&](std::uint64_t left) {
        return moment(now + std::chrono::seconds{left}, now);
    };
    const bool is_pending = its.state == GenerationState::pending;
    std::string words = is_pending ? "pending" : "verifying until " + at(its.window_left);
    if (!its.confirm_left) return words + ", undone if the service gets worse";
    return words + ", to be confirmed until " + at(*its.confirm_left) +
           ", or it is undone: <code>lbctl confirm</code>";
}

std::string object_of(const Event& event) {
    std::string object = event.pool;
    if (!event.backend.empty()) object += "/" + event.backend;
    if (!event.vip.empty()) object += (object.empty() ? "vip " : " at vip ") + event.vip;
    return object;
}

std::string actor_of(const Event& event) {
    if (!event.actor) return event.cause;
    return "uid " + std::to_string(event.actor->login_uid.value_or(event.actor->uid)) +
           (event.actor->via.empty() ? "" : " by " + event.actor->via);
}

std::string why(const Event& event) {
    std::string words = sentence(event.reason);
    for (const auto& said : {event.comment, event.change_id})
        if (!said.empty()) words += (words.empty() ? "" : ", ") + sentence(said);
    return words;
}

std::string row(const Event& event, WallTime now) {
    return "<tr id=\"e-" + std::to_string(event.seq) + "\">" + heading_cell(moment(event.at, now)) +
           cell(text(event.kind)) + cell(text(object_of(event))) + cell(why(event)) +
           cell(text(actor_of(event))) + cell(std::to_string(event.generation)) + "</tr>\n";
}

}  // namespace

std::string problems(const Moment& now) {
    const auto& all = now.status.problems;
    auto html = begin("problems", "Problems");
    if (all.empty()) return html + "<p class=\"good\">None.</p>\n" + kEnd;
    html += "<ol>\n";
    for (std::size_t i = 0; i < std::min(all.size(), kMostProblems); ++i)
        html += "<li>" + sentence(all[i]) + "</li>\n";
    html += "</ol>\n";
    if (all.size() > kMostProblems)
        html += "<p>and " + std::to_string(all.size() - kMostProblems) +
                " more: <code>lbctl status</code></p>\n";
    return html + kEnd;
}

std::string node(const Moment& now) {
    const auto& status = now.status;
    auto html = begin("node", "Node") + "<dl>\n";
    html += entry("lbd", text(status.version));
    html += entry("generation",
                  std::to_string(status.generation) + ", " +
                      (status.verification ? outlook(*status.verification, now.at) : "confirmed"));
    html += entry("configuration", "<code>" + text(status.config_hash) + "</code>");
    html += entry("checks",
                  text(status.checker.state) +
                      (status.checker.why.empty() ? "" : ": " + sentence(status.checker.why)));
    for (const auto& its : status.interfaces)
        html += entry("interface " + text(its.name), its.xdp_mode == "none"
                                                         ? "no program: it balances nothing"
                                                         : text(its.xdp_mode) + " XDP");
    html += entry("flow table", std::to_string(status.flow_table.entries) + " of " +
                                    std::to_string(status.flow_table.capacity) + " entries");
    if (status.leaving > 0) html += entry("leaving", counted(status.leaving, "backend"));
    return html + "</dl>\n" + kEnd;
}

std::string vips(const Moment& now, const Rates& rates) {
    auto html = begin("vips", "Vips");
    if (now.status.vips.empty()) return html + "<p>None is configured.</p>\n" + kEnd;
    html += "<table>\n" +
            table_head("Vips, and who serves them", {"vip", "address", "pool", "mode", "healthy",
                                                     "packets/s", "slots that move"});
    html += "<tbody>\n";
    for (std::size_t i = 0; i < now.status.vips.size(); ++i) {
        const auto& vip = now.status.vips[i];
        const bool is_well = vip.mode == "normal" && vip.healthy >= vip.ready && vip.ready > 0;
        html += "<tr id=\"v-" + text(vip.name) + "\"" + (is_well ? "" : " class=\"bad\"") + ">" +
                heading_cell(text(vip.name)) +
                cell(text(service_text(vip.address, vip.ports, vip.protocol))) +
                cell(text(vip.pool)) + cell(text(vip.mode)) +
                cell(std::to_string(vip.healthy) + " of " + std::to_string(vip.ready)) +
                cell(rates.of(vip, i)) + cell(std::to_string(vip.moving + vip.settling)) +
                "</tr>\n";
    }
    return html + "</tbody>\n</table>\n" + kEnd;
}

std::string pools(const Moment& now) {
    auto html = begin("pools", "Pools");
    if (now.status.pools.empty()) return html + "<p>None is configured.</p>\n" + kEnd;
    html += "<table>\n" + table_head("Pools, and how they are checked",
                                     {"pool", "mode", "backends", "forward", "check", "all down"});
    html += "<tbody>\n";
    for (const auto& pool : now.status.pools)
        html += "<tr id=\"p-" + text(pool.name) + "\"" +
                (pool.mode == "normal" ? "" : " class=\"bad\"") + ">" +
                heading_cell(text(pool.name)) + cell(text(pool.mode)) +
                cell(std::to_string(pool.backends.size())) + cell(text(pool.forward)) +
                cell(text(pool.check)) + cell(text(pool.all_down)) + "</tr>\n";
    return html + "</tbody>\n</table>\n" + kEnd;
}

std::string events(const Moment& now) {
    auto html = begin("events", "Last events");
    if (now.events.empty()) return html + "<p>None.</p>\n" + kEnd;
    html += "<table>\n" + table_head("The last " + counted(now.events.size(), "event") +
                                         ", the newest first; all of them: <code>lbctl "
                                         "timeline</code>",
                                     {"time", "event", "of", "why", "by", "generation"});
    html += "<tbody>\n";
    for (auto event = now.events.rbegin(); event != now.events.rend(); ++event)
        html += row(*event, now.at);
    return html + "</tbody>\n</table>\n" + kEnd;
}

}  // namespace lb::page
