// SPDX-License-Identifier: Apache-2.0
#include "cli/size.hpp"

#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace lb::cli {

Size terminal_size() {
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
        return {};
    return {size.ws_col, size.ws_row};
}

bool can_draw() {
    const char* name = std::getenv("TERM");
    return name && *name && std::string_view{name} != "dumb";
}

}  // namespace lb::cli
