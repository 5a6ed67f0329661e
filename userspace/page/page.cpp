// SPDX-License-Identifier: Apache-2.0
#include "page/page.hpp"

#include "page/html.hpp"
#include "page/sections.hpp"

namespace lb::page {
namespace {

std::string head(const Moment& now) {
    const auto& problems = now.status.problems;
    const auto title = (problems.empty() ? "well" : counted(problems.size(), "problem")) +
                       ": lbd on " + text(now.host);
    return "<!DOCTYPE html>\n"
           "<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>" +
           title +
           "</title>\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
           "<meta name=\"color-scheme\" content=\"light dark\">\n"
           "<link rel=\"icon\" href=\"page.svg\" type=\"image/svg+xml\">\n"
           "<link rel=\"stylesheet\" href=\"page.css\">\n"
           "<script src=\"page.js\" defer></script>\n</head>\n";
}

std::string top(const Moment& now) {
    return "<body data-version=\"" + text(now.status.version) +
           "\">\n<a class=\"skip\" href=\"#main\">Skip to the problems</a>\n"
           "<header>\n<h1>lbd on " +
           text(now.host) + "</h1>\n<p>as of " + moment(now.at, now.at) +
           " UTC<noscript>; load the page again to see it anew</noscript></p>\n"
           "<p id=\"contact\" role=\"alert\"></p>\n"
           "<p id=\"news\" role=\"status\" aria-live=\"polite\"></p>\n</header>\n"
           "<main id=\"main\" tabindex=\"-1\">\n";
}

constexpr const char* kBottom = R"(</main>
<footer>
<nav aria-label="More">
<ul>
<li><a href="metrics">metrics</a></li>
<li><a href="readyz">ready for traffic?</a></li>
<li>on this host: <code>lbctl status</code>, <code>lbctl timeline</code>, <code>man lbctl</code></li>
<li>documents: <code>/usr/share/doc/lbd</code></li>
</ul>
</nav>
</footer>
</body>
</html>
)";

}  // namespace

std::string Page::whole() const {
    std::string html;
    for (const auto& piece : pieces_)
        html += piece.html;
    return html;
}

std::string Page::with(const Groups& unfolded) const {
    std::string html;
    for (const auto& piece : pieces_)
        if (piece.group.empty() || unfolded.contains(piece.group)) html += piece.html;
    return html;
}

Page print(const Moment& now, const Moment* before) {
    const Rates rates{now, before};
    std::vector<Page::Piece> pieces;
    pieces.push_back(
        {"", head(now) + top(now) + problems(now) + node(now) + vips(now, rates) + pools(now)});
    backends(now, rates, pieces);
    pieces.push_back({"", events(now) + kBottom});
    return Page{std::move(pieces)};
}

}  // namespace lb::page
