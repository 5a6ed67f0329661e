// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor.hpp"

#include <gtest/gtest.h>

#include "model/json_host.hpp"

namespace lb::cli {
namespace {

DoctorView doctor() {
    DoctorView view;
    view.config = "lbd.yaml";
    view.facts.kernel = "6.1.0";
    view.facts.cpus = 2;
    view.facts.descriptors = {1024, 4096, "lbd (pid 7)"};
    view.facts.interfaces["eth0"].mtu = 1500;
    view.verdicts = {{"LB601", Severity::error, "kernel lacks a feature", {}, {}}};
    return view;
}

HostVerdict foreign() {
    return {"LB602",
            Severity::error,
            "foreign XDP program",
            {},
            {{"LB602", Severity::error, {}, "interface \"eth0\"", "runs another", "ip link"}}};
}

TEST(Doctor, SaysWhatWasFoundAndWhatToType) {
    auto view = doctor();
    view.verdicts.push_back(foreign());
    EXPECT_EQ(told(view, {}),
              "host of lbd.yaml: Linux 6.1.0, 2 CPUs, eth0 (XDP none, mtu 1500), routes to 0 "
              "backends, lbd (pid 7) may open 4096 files\n\n"
              "ok       LB601  kernel lacks a feature: no\n"
              "error    LB602  foreign XDP program: yes\n"
              "         interface \"eth0\": runs another\n"
              "         fix: ip link\n");
}

TEST(Doctor, SaysWhatItDoesNotKnow) {
    auto view = doctor();
    view.verdicts[0].unknown = "needs root";
    EXPECT_NE(
        told(view, {}).find("unknown  LB601  kernel lacks a feature: not known, needs root\n"),
        std::string::npos);
}

TEST(Doctor, ExitsByTheWorst) {
    auto view = doctor();
    EXPECT_EQ(exit_of(view), Exit::ok);
    view.verdicts[0].unknown = "needs root";
    EXPECT_EQ(exit_of(view), Exit::negative);
    view.verdicts.push_back(foreign());
    EXPECT_EQ(exit_of(view), Exit::invalid);
    view.verdicts = {foreign()};
    view.verdicts[0].severity = Severity::warning;
    EXPECT_EQ(exit_of(view), Exit::negative);
}

TEST(Doctor, IsADocument) {
    auto view = doctor();
    view.verdicts.push_back(foreign());
    const auto text = json::print(view);
    for (const auto* part :
         {"\"schema_version\": 1", "\"config\": \"lbd.yaml\"", "\"result\": \"error\"",
          "\"result\": \"ok\"", "\"fix\": \"ip link\"", "\"xdp_mode\": \"none\""})
        EXPECT_NE(text.find(part), std::string::npos) << part << text;
}

}  // namespace
}  // namespace lb::cli
