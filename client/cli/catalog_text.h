// The catalog in words: what a server can do.
#ifndef DESCENT_CLIENT_CLI_CATALOG_TEXT_H_
#define DESCENT_CLIENT_CLI_CATALOG_TEXT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "descent/v1/catalog_service.pb.h"

namespace descent::cli {

// `optimizer` and so on; UsageError with a suggestion for other words.
absl::StatusOr<v1::CatalogKind> ParseCatalogKind(absl::string_view word);
// Kind, name and summary, a line each.
std::string CatalogListText(const v1::Catalog& catalog);
// All of one entry: formula, reference, fields, minima.
std::string CatalogEntryText(const v1::CatalogEntry& entry);
// The entry of that name; NOT_FOUND with a suggestion.
absl::StatusOr<v1::CatalogEntry> FindEntry(const v1::Catalog& catalog, absl::string_view name);

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_CATALOG_TEXT_H_
