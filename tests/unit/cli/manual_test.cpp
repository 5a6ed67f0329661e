// SPDX-License-Identifier: Apache-2.0
#include "cli/manual.hpp"

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

#include "cli/command_line.hpp"
#include "daemon/options.hpp"
#include "decap/options.hpp"
#include "unit/generated.hpp"

namespace lb::cli {
namespace {

TEST(GeneratedManual, ListsEveryVerbAndOptionOfLbctl) {
    CommandLine line;
    CLI::App app{"lbctl", "lbctl"};
    declare(app, line);
    test::held_between("docs/man/lbctl.1.scd", "options", manual_of_options(app));
    test::held_between("docs/man/lbctl.1.scd", "verbs", manual_of_verbs(app));
}

TEST(GeneratedManual, ListsEveryOptionOfLbd) {
    daemon::Options options;
    CLI::App app{"lbd", "lbd"};
    daemon::declare(app, options);
    test::held_between("docs/man/lbd.8.scd", "options", manual_of_options(app));
}

TEST(GeneratedManual, ListsEveryVerbAndOptionOfLbdDecap) {
    decap::Options options;
    CLI::App app{"lbd-decap", "lbd-decap"};
    decap::declare(app, options);
    test::held_between("docs/man/lbd-decap.8.scd", "options", manual_of_options(app));
    test::held_between("docs/man/lbd-decap.8.scd", "verbs", manual_of_verbs(app));
}

TEST(GeneratedManual, ListsEveryKeyOfTheConfiguration) {
    test::held_between("docs/man/lbd.yaml.5.scd", "keys", manual_of_keys());
}

}  // namespace
}  // namespace lb::cli
