// Lists that come in pages.
#ifndef DESCENT_CLIENT_CLI_PAGES_H_
#define DESCENT_CLIENT_CLI_PAGES_H_

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "client/cli/json.h"
#include "client/cli/session.h"

namespace descent::cli {

inline constexpr int kDefaultLimit = 50;
inline constexpr int kLargestPage = 1000;

// Gets pages until there are `limit` entries (0: all of them) or no more pages. `list` gets a page, `entries` gives the
// repeated field of one; all entries end up in `all`, whose next_page_token is empty when nothing was left out.
template <typename Request, typename List, typename Entries, typename Response>
absl::Status CollectPages(int limit, List list, Entries entries, Response* all, Request request = {}) {
  do {
    const int missing = limit == 0 ? kLargestPage : limit - entries(all)->size();
    request.set_page_size(std::min(missing, kLargestPage));
    auto page = list(request);
    if (!page.ok()) return page.status();
    entries(all)->MergeFrom(*entries(&*page));
    all->set_next_page_token(page->next_page_token());
    request.set_page_token(page->next_page_token());
  } while (!all->next_page_token().empty() && (limit == 0 || entries(all)->size() < limit));
  return absl::OkStatus();
}

// Prints a list: JSON as one message, JSON lines an entry a line, or `table`. Says on stderr when it is empty, and how
// to make one, or when there are more.
template <typename Response, typename Entries>
void PrintList(Session& session, Response all, const Entries& entries, const std::string& table,
               const std::string& how_to_make_one) {
  const bool has_more = !all.next_page_token().empty();
  if (session.output() == OutputFormat::kJson) {
    all.clear_next_page_token();
    session.out() << PrettyJson(all);
  } else if (session.output() == OutputFormat::kJsonLines) {
    for (const auto& entry : entries) session.out() << JsonLine(entry);
  } else if (!entries.empty()) {
    session.out() << table;
  }
  if (entries.empty()) session.err() << "nothing yet; make one with: " << how_to_make_one << "\n";
  if (has_more) session.err() << "there are more; --limit 0 shows all\n";
}

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_PAGES_H_
