// Files open for reading: a bounded number, the most recently used.
#ifndef DESCENT_SERVER_STORE_READ_HANDLES_H_
#define DESCENT_SERVER_STORE_READ_HANDLES_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "core/base/env.h"
#include "core/base/mutex.h"

namespace descent::store {

// Thread-safety: all methods, any thread. A file stays open as long as somebody holds it, whatever is forgotten here.
class ReadHandles {
 public:
  ReadHandles(core::Env* env, size_t limit) : env_(env), limit_(limit) {}

  absl::StatusOr<std::shared_ptr<core::RandomAccessFile>> Get(int64_t id, const std::string& path);
  void Forget(int64_t id);

 private:
  struct Handle {
    std::shared_ptr<core::RandomAccessFile> file;
    int64_t last_use = 0;
  };

  core::Env* const env_;
  const size_t limit_;

  core::Mutex mu_;
  absl::flat_hash_map<int64_t, Handle> handles_ ABSL_GUARDED_BY(mu_);
  int64_t uses_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace descent::store

#endif  // DESCENT_SERVER_STORE_READ_HANDLES_H_
