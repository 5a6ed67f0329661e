// SPDX-License-Identifier: Apache-2.0
#include "page/assets.hpp"

// The assembler copies a file in between two labels.  The Makefile says which files these are.
#define FILE_BETWEEN(begin, end, path)                                                  \
    asm(".pushsection .rodata\n" #begin ":\n.incbin \"userspace/page/" path "\"\n" #end \
        ":\n.byte 0\n.popsection\n");                                                   \
    extern "C" const char begin[], end[]

FILE_BETWEEN(lb_page_css, lb_page_css_end, "page.css");
FILE_BETWEEN(lb_page_js, lb_page_js_end, "page.js");
FILE_BETWEEN(lb_page_svg, lb_page_svg_end, "page.svg");

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
