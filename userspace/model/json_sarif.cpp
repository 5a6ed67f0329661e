// SPDX-License-Identifier: Apache-2.0
#include "model/json_sarif.hpp"

#include "model/json_io.hpp"

namespace lb::json {
namespace {

Json rule_of(const SarifRule& rule) {
    return {{"id", rule.id},
            {"shortDescription", {{"text", rule.title}}},
            {"defaultConfiguration", {{"level", text(rule.severity)}}}};
}

Json result_of(const Finding& finding, const std::string& filename) {
    const auto said = (finding.object.empty() ? "" : finding.object + ": ") + finding.message +
                      ". fix: " + finding.fix;
    const Json region{{"startLine", finding.where.line}, {"startColumn", finding.where.column}};
    Json location;
    location["physicalLocation"] = {{"artifactLocation", {{"uri", filename}}}, {"region", region}};
    return {{"ruleId", finding.rule},
            {"level", text(finding.severity)},
            {"message", {{"text", said}}},
            {"locations", Json::array({location})}};
}

Json result_of(const Allowed& allowed, const std::string& filename) {
    auto result = result_of(allowed.finding, filename);
    const auto why = allowed.reason + " (until " + print_date(allowed.until) + ")";
    result["suppressions"] = Json::array({Json{{"kind", "inSource"}, {"justification", why}}});
    return result;
}

}  // namespace

std::string print_sarif(const Review& review, const std::string& filename,
                        const std::vector<SarifRule>& rules) {
    Json driver{{"name", "lbctl check"}, {"version", LBD_VERSION}, {"rules", Json::array()}};
    for (const auto& rule : rules)
        driver["rules"].push_back(rule_of(rule));
    auto results = Json::array();
    for (const auto& finding : review.findings)
        results.push_back(result_of(finding, filename));
    for (const auto& allowed : review.allowed)
        results.push_back(result_of(allowed, filename));
    Json run;
    run["tool"]["driver"] = std::move(driver);
    run["results"] = std::move(results);
    Json document;
    document["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json";
    document["version"] = "2.1.0";
    document["runs"] = Json::array({std::move(run)});
    return dump(document);
}

}  // namespace lb::json
