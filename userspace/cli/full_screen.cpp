// SPDX-License-Identifier: Apache-2.0
#include "cli/full_screen.hpp"

#include <csignal>

#include <unistd.h>

namespace lb::cli {
namespace {

// Another screen, no cursor, no line goes on in the next.
constexpr auto kTake = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
constexpr auto kGiveBack = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

}  // namespace

FullScreen::FullScreen(Live& live) : live_{live}, taken_{live.out(), kGiveBack} {
    taken_.has_keys = tcgetattr(STDIN_FILENO, &taken_.before) == 0;
    take();
}

FullScreen::~FullScreen() {
    give_back();
}

void FullScreen::take() {
    last_words_.emplace(taken_);
    if (taken_.has_keys) {
        auto ours = taken_.before;
        ours.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        ours.c_iflag &= ~static_cast<tcflag_t>(IXON);  // Ctrl-S is a key that does nothing
        ours.c_cc[VMIN] = 1;
        ours.c_cc[VTIME] = 0;
        tcsetattr(STDIN_FILENO, TCSANOW, &ours);
    }
    (void)live_.say(kTake);
}

void FullScreen::give_back() {
    lb::cli::give_back(taken_);
    last_words_.reset();
}

bool FullScreen::draw(const std::vector<std::string>& lines) {
    std::string drawn = "\x1b[H";
    for (const auto& line :
         lines)  // cleared first: behind a full line the cursor stands on its end
        drawn += std::string{&line == &lines.front() ? "" : "\r\n"} + "\x1b[K" + line;
    return live_.say(drawn);
}

void FullScreen::pause() {
    give_back();
    raise(SIGSTOP);  // until somebody says fg
    take();
}

}  // namespace lb::cli
