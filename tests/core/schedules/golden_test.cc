// The schedules against PyTorch and 50-digit decimals, see tests/golden/schedules.py.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "core/schedules/schedule.h"

namespace descent::core {
namespace {

double Number(absl::string_view text) {
  double value = 0;
  EXPECT_TRUE(absl::SimpleAtod(text, &value)) << text;
  return value;
}

void SetField(absl::string_view name, const std::string& text, Config* config) {
  const FieldInfo* field = config->info()->FindField(name);
  ASSERT_NE(field, nullptr) << name;
  const std::vector<std::string> parts = absl::StrSplit(text, ',');
  switch (field->type) {
    case FieldType::kNumber:
      return config->SetNumber(name, Number(text));
    case FieldType::kChoice:
      return config->SetChoice(name, text);
    case FieldType::kIntegerList: {
      std::vector<int64_t> integers;
      for (const std::string& part : parts) integers.push_back(static_cast<int64_t>(Number(part)));
      return config->SetIntegers(name, std::move(integers));
    }
    case FieldType::kNumberList: {
      std::vector<double> numbers;
      for (const std::string& part : parts) numbers.push_back(Number(part));
      return config->SetNumbers(name, std::move(numbers));
    }
    default:
      return config->SetInteger(name, static_cast<int64_t>(Number(text)));
  }
}

// `case KIND FIELD=VALUE ...`.
Config ConfigOf(const std::string& line) {
  const std::vector<std::string> words = absl::StrSplit(line, ' ');
  for (const ScheduleInfo* info : Schedules()) {
    if (info->kind.name != words[1]) continue;
    Config config(&info->kind);
    for (size_t i = 2; i < words.size(); ++i) {
      const std::pair<std::string, std::string> field = absl::StrSplit(words[i], '=');
      SetField(field.first, field.second, &config);
    }
    return config;
  }
  ADD_FAILURE() << "no kind " << words[1];
  std::abort();
}

TEST(ScheduleGoldenTest, EveryFactor) {
  const char* root = std::getenv("DESCENT_SOURCE_DIR");
  std::ifstream file(std::string(root == nullptr ? "." : root) + "/tests/golden/schedules.txt");
  ASSERT_TRUE(file.good());
  std::set<std::string> kinds;
  std::unique_ptr<Schedule> schedule;
  std::string line;
  std::string header;
  while (std::getline(file, line)) {
    if (line.rfind("case ", 0) == 0) {
      header = line;
      const Config config = ConfigOf(line);
      Violations violations;
      config.Validate("schedule", &violations);
      ASSERT_TRUE(violations.empty()) << line << violations.ToStatus();
      kinds.emplace(config.name());
      schedule = MakeSchedule(config, Config());
      continue;
    }
    const std::pair<std::string, std::string> row = absl::StrSplit(line, ' ');
    const double expected = Number(row.second);
    EXPECT_NEAR(schedule->Factor(static_cast<int64_t>(Number(row.first))), expected, 1e-13 * std::abs(expected))
        << header << " at step " << row.first;
  }
  // All kinds but `constant`, and `inverse_time`, which is compared with its formula alone.
  EXPECT_EQ(kinds.size(), Schedules().size() - 2);
}

}  // namespace
}  // namespace descent::core
