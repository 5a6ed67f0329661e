// SPDX-License-Identifier: Apache-2.0
/// What the Core says, as the response that a client gets: views become JSON documents.
#pragma once

#include <string>
#include <utility>

#include "api/core.hpp"
#include "api/routes.hpp"
#include "model/json.hpp"
#include "model/json_capture.hpp"

namespace lb::api {

template <class View>
Response document(const View& view) {
    return {200, json::print(view), "application/json", ""};
}

template <class View>
Response document(const Answer<View>& answer) {
    return answer ? document(*answer) : refused(answer.error());
}

template <class View>
Reply<View> reply(Respond respond) {
    return
        [respond = std::move(respond)](const Answer<View>& answer) { respond(document(answer)); };
}

}  // namespace lb::api
