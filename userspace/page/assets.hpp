// SPDX-License-Identifier: Apache-2.0
/// The files that the page needs, as they lie beside this one; they are part of the program.
#pragma once

#include <string_view>

namespace lb::page {

std::string_view style();   ///< page.css
std::string_view script();  ///< page.js
std::string_view icon();    ///< page.svg

}  // namespace lb::page
