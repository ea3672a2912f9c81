// The same rows as a sparse and as a dense table.
#ifndef DESCENT_TESTS_CORE_TRAINING_SPARSE_TWINS_H_
#define DESCENT_TESTS_CORE_TRAINING_SPARSE_TWINS_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/random.h"
#include "tests/core/training/test_specs.h"

namespace descent::core {

// The same rows twice: as one sparse vector, and as a column a position. Every row has `stored` numbers or a few less;
// the target is a number, or one of `classes` classes.
struct Twins {
  TrainingData sparse;
  TrainingData dense;
};

inline Twins MakeTwins(int64_t rows, int64_t width, int64_t stored, int64_t classes) {
  auto sparse = std::make_shared<Table>();
  auto dense = std::make_shared<Table>();
  Column column;
  column.sparse.starts = {0};
  std::vector<std::vector<double>> cells(static_cast<size_t>(width), std::vector<double>(static_cast<size_t>(rows)));
  std::vector<double> targets;
  std::vector<std::string> labels;
  for (int64_t row = 0; row < rows; ++row) {
    const RandomStream random(11, "twins", static_cast<uint64_t>(row));
    std::map<int32_t, double> numbers;
    for (int64_t k = 0; k < stored; ++k) {
      const auto draw = static_cast<uint64_t>(k);
      numbers[static_cast<int32_t>(random.Below(draw, static_cast<uint64_t>(width)))] = random.Normal(100 + draw);
    }
    double score = 0.3 * random.Normal(1000);
    for (const auto& [position, value] : numbers) {
      column.sparse.indices.push_back(position);
      column.sparse.values.push_back(value);
      cells[static_cast<size_t>(position)][static_cast<size_t>(row)] = value;
      score += value * std::sin(position);
    }
    column.sparse.starts.push_back(static_cast<int64_t>(column.sparse.values.size()));
    targets.push_back(score);
    labels.push_back(absl::StrCat("class", static_cast<int64_t>(score + 100) % std::max<int64_t>(1, classes)));
  }
  sparse->row_count = rows;
  sparse->schema.columns.push_back({"x", ColumnType::kSparseVector, ColumnRole::kFeature, {}, "", /*width=*/width});
  sparse->columns.push_back(std::move(column));
  for (int64_t j = 0; j < width; ++j) {
    AddColumn(absl::StrCat("x", j), std::move(cells[static_cast<size_t>(j)]), ColumnRole::kFeature, dense.get());
  }
  for (Table* table : {sparse.get(), dense.get()}) {
    if (classes == 0) AddColumn("y", targets, ColumnRole::kTarget, table);
    if (classes > 0) AddTexts("y", labels, ColumnRole::kTarget, table);
  }
  return {{.table = sparse, .evaluation_table = nullptr}, {.table = dense, .evaluation_table = nullptr}};
}

}  // namespace descent::core

#endif  // DESCENT_TESTS_CORE_TRAINING_SPARSE_TWINS_H_
