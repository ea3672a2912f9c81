// The catalog: core's tables as messages.
#ifndef DESCENT_SERVER_CONVERT_CATALOG_H_
#define DESCENT_SERVER_CONVERT_CATALOG_H_

#include "descent/v1/catalog_service.pb.h"

namespace descent::convert {

// All entries of a kind, or of all kinds when it is unspecified.
v1::Catalog MakeCatalog(v1::CatalogKind kind);

}  // namespace descent::convert

#endif  // DESCENT_SERVER_CONVERT_CATALOG_H_
