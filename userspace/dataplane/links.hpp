// SPDX-License-Identifier: Apache-2.0
/// Links: the program on interfaces, held by pins.
///
/// Native XDP where the driver has it, generic otherwise.  A link that is pinned already is ours:
/// it is told to run our program (BPF_LINK_UPDATE), without a gap.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "dataplane/pins.hpp"
#include "model/view.hpp"

namespace lb::dataplane {

class Links {
public:
    Links(const Pins& pins, int program) : pins_{pins}, program_{program} {}

    /// Exactly these afterwards.  If one cannot be attached, the list stays as it was.
    Result<> attach(const std::vector<std::string>& interfaces);
    /// Nothing is attached afterwards, and nothing will be by follow().
    Result<> detach_all();
    /// Attaches again what came back under another ifindex, or lost its link.
    void follow();
    /// Another program in the place of the one that runs, here and in what is attached later.  On
    /// an error some may run it: the caller puts the other one back.
    Result<> run(int program);

    std::vector<InterfaceView> interfaces() const;
    bool has(unsigned ifindex) const;
    std::vector<std::string> problems() const;

private:
    struct Link {
        unsigned ifindex = 0;
        Fd fd;
        std::string trouble;  ///< empty: attached
    };
    Result<Link> attach_one(const std::string& interface) const;
    Result<> drop_others();
    static std::string trouble_of(const Link& link);

    const Pins& pins_;
    int program_;
    std::map<std::string, Link> links_;  // by name
};

}  // namespace lb::dataplane
