// SPDX-License-Identifier: Apache-2.0
#include "page/assets.hpp"

// The assembler copies a file in between two labels.  The Makefile says which files these are.
#define LABELLED_FILE(name, path)                                                     \
    asm(".pushsection .rodata\n" name ":\n.incbin \"userspace/page/" path "\"\n" name \
        "_end:\n"                                                                     \
        ".byte 0\n.popsection\n")

LABELLED_FILE("lb_page_css", "page.css");
LABELLED_FILE("lb_page_js", "page.js");
LABELLED_FILE("lb_page_svg", "page.svg");

extern "C" {
extern const char lb_page_css[], lb_page_css_end[];
extern const char lb_page_js[], lb_page_js_end[];
extern const char lb_page_svg[], lb_page_svg_end[];
}

namespace lb::page {

std::string_view style() {
    return {lb_page_css, lb_page_css_end};
}

std::string_view script() {
    return {lb_page_js, lb_page_js_end};
}

std::string_view icon() {
    return {lb_page_svg, lb_page_svg_end};
}

}  // namespace lb::page
