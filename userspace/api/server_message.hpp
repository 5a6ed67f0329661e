// SPDX-License-Identifier: Apache-2.0
/// A Response as libmicrohttpd sends it, with what every answer tells a browser.
#pragma once

#include <microhttpd.h>

#include "api/routes.hpp"

namespace lb::api {

/// The answer to the request that `connection` is about.
MHD_Result send(MHD_Connection* connection, const Response& response);

}  // namespace lb::api
