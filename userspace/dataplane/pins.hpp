// SPDX-License-Identifier: Apache-2.0
/// Pins: the folder that keeps maps and links alive while no lbd runs.
///
///     <folder>/v1/{meta,vip_index,...}   the maps; meta comes last: without it they are debris
///     <folder>/links/<ifindex>           one link per interface
///     <folder>/links/probe-<ifindex>     where checks leave
///
/// Invariant: the folder is ours (owner, 0700) and locked, so that there is one writer.
#pragma once

#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace lb::dataplane {

class Pins {
public:
    /// Creates the folders that are missing.  Errors: no BPF file system there, owner or mode
    /// differ, another lbd holds them.
    static Result<Pins> open(const std::string& folder);

    std::string map(const std::string& name) const;
    std::string link(unsigned ifindex) const;
    /// The interfaces that have a pinned link.
    std::vector<unsigned> linked() const;
    /// The same of the program for checks (probes.hpp).
    std::string probe_link(unsigned ifindex) const;
    std::vector<unsigned> probe_links() const;
    bool has_maps() const;

    Result<> remove_maps() const;
    /// Maps, links and the folder itself.
    Result<> remove_all() const;

private:
    std::string folder_;
    Fd lock_;
};

/// The pinned object, with ENOENT as an Fd that is empty.
Result<Fd> open_pin(const std::string& path);
Result<> pin(int fd, const std::string& path);
Result<> unpin(const std::string& path);

/// A folder of ours on a BPF file system, made if it is missing.
Result<> make_pin_folder(const std::string& path);

}  // namespace lb::dataplane
